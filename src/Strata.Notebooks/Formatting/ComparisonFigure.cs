using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The heat map of a comparison of hook points with hook points.</summary>
internal static class ComparisonFigure
{
    public static Figure Of(ComparisonMatrix matrix)
    {
        bool same = matrix.Provenance2 is null;
        (string what, string[] rows) = Labels(matrix.Points);
        (string what2, string[] columns) = Labels(matrix.Points2);
        HeatmapStyle style = new()
        {
            X = same ? what2 : $"{what2} ({Describe(matrix.Provenance2!, matrix.Provenance, "second capture")})",
            Y = same ? what : $"{what} ({Describe(matrix.Provenance, matrix.Provenance2!, "first capture")})",
            Value = $"{matrix.Comparison.Name} ({(matrix.Comparison.IsSimilarity ? "similarity" : "distance")})",
            RowLabels = rows,
            ColumnLabels = columns,
            RowsUpward = true,
        };
        return Figure.Heatmap($"{matrix.Comparison.Name} of hook points", matrix.Values, style).WithNotes(matrix.Notes).WithProvenance(matrix.Provenance);
    }

    /// <summary>What the points are and their labels: numbers where all are the same place of different blocks, or the stream between blocks; else their names.</summary>
    private static (string What, string[] Labels) Labels(IReadOnlyList<string> points)
    {
        BlockPoint?[] parts = [.. points.Select(BlockPoint.Of)];
        string[] places = [.. parts.Select(p => p?.Place ?? "").Distinct()];
        if (parts.Contains(null) || points.Any(p => p.Contains('#'))) return ("hook point", [.. points]);
        if (places.Length == 1) return ($"block ({places[0]})", [.. parts.Select(p => $"{p!.Value.Block}")]);
        return places is ["resid_pre", "resid_post"] && parts.Count(p => p!.Value.Place == "resid_pre") == 1
            ? ($"after block (in: before block {parts[0]!.Value.Block})", [.. parts.Select((p, i) => i == 0 ? "in" : $"{p!.Value.Block}")])
            : ("hook point", [.. points]);
    }

    /// <summary>A line over the blocks with its controls dashed (bars where the points are no blocks), then the table.</summary>
    public static IReadOnlyList<object> Parts(ComparisonProfile profile)
    {
        Table table = profile.Table;
        string name = profile.Comparison.Name, title = $"{name} of each hook point in two captures";
        Axis value = profile.Comparison.IsSimilarity ? "similarity" : "distance";
        int[] rows = Enumerable.Range(0, table.Rows).Where(i => BlockPoint.Of(profile.Points[i]) is not null).ToArray();
        if (rows.Length < 2)
            return [Figure.Bars(title, "hook point", value, profile.Points, new BarSeries(name, table[name].Numbers)).WithNotes(table.Notes).WithProvenance(table.Provenance), table];
        List<LineSeries> lines = [];
        string[] controls = table.Columns.Select(c => c.Name).Where(c => c is "shuffled pairing" or "random weights").ToArray();
        var places = rows.GroupBy(i => BlockPoint.Of(profile.Points[i])!.Value.Place).ToArray();
        foreach (var place in places)
        {
            string suffix = places.Length > 1 ? $" ({place.Key})" : "";
            LineSeries Line(string column) => new(column + suffix, place.Select(i => table["block"].Numbers[i]).ToArray(), place.Select(i => table[column].Numbers[i]).ToArray());
            LineSeries main = Line(name);
            lines.Add(table.Columns.All(c => c.Name != "low") ? main : main with { Lower = place.Select(i => table["low"].Numbers[i]).ToArray(), Upper = place.Select(i => table["high"].Numbers[i]).ToArray() });
            lines.AddRange(controls.Select(c => Line(c) with { Dashed = true }));
        }

        return [Figure.Lines(title, "block", value, lines).WithNotes(table.Notes).WithProvenance(table.Provenance), table];
    }

    /// <summary>Loss of the stitched networks by pair of blocks.</summary>
    public static Figure Of(Stitching stitching)
    {
        HeatmapStyle style = new() { X = "block of the second network that is written", Y = "block of the first network that is read", Value = new Axis("loss", "nats/token"), RowsUpward = true };
        return Figure.Heatmap("Loss of stitched networks", stitching.Loss, style).WithNotes(stitching.ToTable().Notes).WithProvenance(stitching.Provenance);
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
