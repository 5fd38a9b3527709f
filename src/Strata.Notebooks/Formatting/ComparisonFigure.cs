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
            X = same ? "hook point" : $"hook point ({Describe(matrix.Provenance2!, matrix.Provenance, "second capture")})",
            Y = same ? "hook point" : $"hook point ({Describe(matrix.Provenance, matrix.Provenance2!, "first capture")})",
            Value = $"{matrix.Comparison.Name} ({(matrix.Comparison.IsSimilarity ? "similarity" : "distance")})",
            RowLabels = matrix.Points,
            ColumnLabels = matrix.Points2,
            RowsUpward = true,
        };
        return Figure.Heatmap($"{matrix.Comparison.Name} of hook points", matrix.Values, style).WithNotes(matrix.Notes).WithProvenance(matrix.Provenance);
    }

    /// <summary>What tells one capture from the other.</summary>
    private static string Describe(Provenance one, Provenance other, string usual)
    {
        string?[] parts =
        [
            one.Model == other.Model ? null : one.Model, one.ModelHash == other.ModelHash || one.Model != other.Model ? null : one.ModelHash?[..8],
            one.Plan == other.Plan ? null : $"plan {one.Plan}", one.DataHash == other.DataHash ? null : one.Data, .. one.Interventions.Except(other.Interventions),
        ];
        string text = string.Join(", ", parts.OfType<string>());
        return text.Length == 0 ? usual : Escape.Clip(text, 80);
    }
}
