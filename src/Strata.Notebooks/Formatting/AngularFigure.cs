using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The map of angular distances: windows of blocks by start and length.</summary>
internal static class AngularFigure
{
    /// <summary>The map; where a length is given, a note says which window of it would be dropped.</summary>
    public static Figure Of(AngularDistance distance, int? length)
    {
        int blocks = distance.Plans.Blocks;
        double[,] values = new double[blocks, blocks];
        for (int n = 1; n <= blocks; n++)
        {
            for (int start = 0; start < blocks; start++) values[n - 1, start] = start + n <= blocks ? distance[start, n] : double.NaN;
        }

        HeatmapStyle style = new()
        {
            X = "first block of the window",
            Y = "blocks in the window",
            Value = new Axis("angular distance", "π rad"),
            RowsUpward = true,
            RowLabels = Enumerable.Range(1, blocks).Select(n => $"{n}").ToArray(),
        };
        Figure figure = Figure.Heatmap("How far each window of blocks turns the residual stream", values, style).WithProvenance(distance.Provenance);
        return length is not int count ? figure : figure.WithNotes($"Of the windows of {count}, blocks {distance.Best(count)}..{distance.Best(count) + count} (end excluded) turn it least: {NumberText.Significant(distance[distance.Best(count), count])}.");
    }
}
