using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The heat map of a patching grid: blocks upward, positions to the right.</summary>
internal static class PatchingFigure
{
    private const int MaxToken = 12;

    public static Figure Of(PatchingGrid grid)
    {
        bool shares = grid.Clean != grid.Corrupted;
        HeatmapStyle style = new()
        {
            X = "position: token (clean / corrupted, where they differ)",
            Y = "patched point",
            Value = shares ? $"{grid.Metric.Name}: share of the clean prompt's that comes back" : new Axis(grid.Metric.Name, grid.Metric.Unit),
            RowLabels = grid.Points,
            ColumnLabels = [.. grid.CleanTokens.Select((token, i) => token == grid.CorruptedTokens[i] ? $"{i}: {Label(token)}" : $"{i}: {Label(token)} / {Label(grid.CorruptedTokens[i])}")],
            Scale = ColorScaleKind.Diverging,
            RowsUpward = true,
        };
        return Figure.Heatmap("Corrupted prompt with one value of the clean one", shares ? grid.Restored() : grid.Values, style).WithNotes(grid.ToTable().Notes).WithProvenance(grid.Provenance);
    }

    private static string Label(string token) => Escape.Clip(TokenText.Visible(token), MaxToken);
}
