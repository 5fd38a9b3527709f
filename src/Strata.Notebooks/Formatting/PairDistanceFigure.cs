using Strata.Research;

namespace Strata.Notebooks;

/// <summary>How far apart the last tokens of nearly equal sequences are: over the length at the last point, a line per number format; over length and layer as a map.</summary>
internal static class PairDistanceFigure
{
    /// <summary>The figures, then the table of <see cref="PairDistance.Run"/>.</summary>
    public static IReadOnlyList<object> Parts(Table table)
    {
        string[] points = table["point"].Texts.Distinct().ToArray();
        int[] At(string point, string format) => Enumerable.Range(0, table.Rows).Where(r => table["point"].Texts[r] == point && table["format"].Texts[r] == format).ToArray();
        string last = points[^1];
        LineSeries[] lines = table["format"].Texts.Distinct().Select(format =>
        {
            int[] rows = At(last, format);
            return new LineSeries(format, rows.Select(r => table["length"].Numbers[r]).ToArray(), rows.Select(r => table["largest"].Numbers[r]).ToArray());
        }).ToArray();
        int[] exact = At(last, PairDistance.FormatNames[0]);
        Figure byLength = Figure.Lines($"Distance of the last tokens at {last}", new Axis("tokens") { Log = true }, new Axis("largest difference of a coordinate") { Log = true }, lines)
            .WithNotes([.. table.Notes, "Where a line ends, the two states are the same number in that format."]).WithProvenance(table.Provenance);
        double[,] map = new double[points.Length, exact.Length];
        for (int p = 0; p < points.Length; p++)
        {
            int[] rows = At(points[p], PairDistance.FormatNames[0]);
            for (int n = 0; n < rows.Length; n++) map[p, n] = table["largest"].Numbers[rows[n]] is > 0 and var d ? Math.Log10(d) : double.NaN;
        }

        Figure byLayer = Figure.Heatmap($"Distance of the last tokens by length and layer, {PairDistance.FormatNames[0]}", map, new HeatmapStyle
        {
            X = "tokens",
            Value = "log10 of the largest difference",
            RowLabels = points,
            ColumnLabels = exact.Select(r => FormattableString.Invariant($"{table["length"].Numbers[r]}")).ToArray(),
            RowsUpward = true,
        }).WithProvenance(table.Provenance);
        return [byLength, byLayer, table];
    }
}
