using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The heat map of a comparison of hook points with hook points.</summary>
internal static class ComparisonFigure
{
    public static Figure Of(ComparisonMatrix matrix)
    {
        bool same = matrix.Provenance2 is null;
        HeatmapStyle style = new()
        {
            X = same ? "hook point" : $"hook point ({Describe(matrix.Provenance2!)})",
            Y = same ? "hook point" : $"hook point ({Describe(matrix.Provenance)})",
            Value = $"{matrix.Comparison.Name} ({(matrix.Comparison.IsSimilarity ? "similarity" : "distance")})",
            RowLabels = matrix.Points, ColumnLabels = matrix.Points2, RowsUpward = true,
        };
        return Figure.Heatmap($"{matrix.Comparison.Name} of hook points", matrix.Values, style).WithNotes(matrix.Notes).WithProvenance(matrix.Provenance);
    }

    private static string Describe(Provenance provenance) => Escape.Clip($"{provenance.Model ?? provenance.Data ?? "unknown"}{(provenance.Plan is null ? "" : $", plan {provenance.Plan}")}", 60);
}
