using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The three plots of the decomposition by position and context (Song and Zhong 2024): the path of positions, the cloud of contexts, the cosines of both; then the shares of the variance.</summary>
internal static class PositionContextFigure
{
    public static IReadOnlyList<object> Parts(PositionContextParts parts)
    {
        List<object> figures = [];
        string point = parts.Shares.Provenance.Settings["point"];
        if (parts.PositionPath.Columns.Any(c => c.Name == "pc2"))
        {
            Table path = parts.PositionPath;
            LineSeries line = new("positions", path["pc1"].Numbers, path["pc2"].Numbers);
            figures.Add(Figure.Lines($"Path of the positions at {point}", Component(1), Component(2), line with { Shade = 0.3, Ringed = 0 })
                .WithNotes("The ring is position 0; the line joins neighbouring positions.").WithProvenance(path.Provenance));
        }

        if (parts.ContextCloud.Columns.Any(c => c.Name == "pc2"))
        {
            Table cloud = parts.ContextCloud;
            figures.Add(Figure.Scatter($"Cloud of the contexts at {point}", Component(1), Component(2), new PointSeries("prompts", cloud["pc1"].Numbers, cloud["pc2"].Numbers)
            {
                PointNames = cloud["prompt"].Numbers.Select(p => FormattableString.Invariant($"prompt {p}")).ToArray(),
            }).WithProvenance(cloud.Provenance));
        }

        int positions = parts.Positions.Rows;
        string[] labels = [.. Enumerable.Range(0, positions).Select(t => $"position {t}"), .. Enumerable.Range(0, parts.Contexts.Rows).Select(c => $"prompt {c}")];
        figures.Add(Figure.Heatmap($"Cosines of position and context vectors at {point}", parts.Cosines(), new HeatmapStyle { Scale = ColorScaleKind.Diverging, Min = -1, Max = 1, Value = "cosine", RowLabels = labels, ColumnLabels = labels })
            .WithNotes($"The first {positions} rows and columns are positions, the other {parts.Contexts.Rows} prompts; where the two kinds meet, white means that position and context live in orthogonal directions.").WithProvenance(parts.Shares.Provenance));
        return [.. figures, parts.Shares];
    }

    private static Axis Component(int number) => $"principal component {number}";
}
