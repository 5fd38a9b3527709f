using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The figures and the table that probes are shown as.</summary>
internal static class ProbeParts
{
    private const int MaxFigures = 4;

    /// <summary>Accuracy by block with the controls dashed, one figure per label set (their mean, where there are many), then the table.</summary>
    public static IReadOnlyList<object> Of(ProbeSweep probes)
    {
        string[] labels = probes.Results.Values.First().Select(r => r.Labels).ToArray();
        IEnumerable<Figure> figures = labels.Length <= MaxFigures
            ? labels.Select((name, i) => Figure(probes, $"Reading \"{Escape.Clip(name, 60)}\" by block", [i]))
            : [Figure(probes, $"Reading labels by block, mean of {labels.Length} label sets", Enumerable.Range(0, labels.Length).ToArray())];
        return [.. figures, probes.Table];
    }

    /// <summary>The parts of any result of probes.</summary>
    public static IReadOnlyList<object> Of(object result) => result switch
    {
        ProbeSweep probes => Of(probes),
        ErasureSweep erased => OfTable(erased.Table, "accuracy", ["before", "after"], ["random subspace", "majority"], "method"),
        ShiftSweep shifted => OfTable(shifted.Table, "accuracy", ["test accuracy", "shifted test", "worst group"], ["control"], null),
        RegressionSweep regressed => OfTable(regressed.Table, "R2", ["test R2"], ["control", "random weights"], "target"),
        Table table => OfTable(table, new Axis("length", "bits"), ["bits"], ["control", "uniform"], "labels"),
        _ => throw new ArgumentException($"{result.GetType().Name} is no result of probes."),
    };

    /// <summary>Columns over the blocks, one figure for each value of another column (the first few), controls dashed; then the table.</summary>
    private static IReadOnlyList<object> OfTable(Table table, Axis value, string[] names, string[] controls, string? by)
    {
        int[] rows = Enumerable.Range(0, table.Rows).Where(i => table["block"].Numbers[i] >= 0).ToArray();
        var parts = rows.GroupBy(i => by is null ? "" : table[by].Texts[i]).Take(MaxFigures).Where(g => g.Select(i => table["block"].Numbers[i]).Distinct().Count() > 1);
        string[] points = table["point"].Texts.ToArray();
        IEnumerable<Figure> figures = parts.Select(part =>
        {
            List<LineSeries> lines = [];
            var places = part.GroupBy(i => BlockPoint.Of(points[i])!.Value.Place).ToArray();
            foreach (var place in places)
            {
                // A dashed line through one point would not be seen; the table has its numbers.
                foreach (string column in names.Concat(place.Count() > 1 ? controls : []).Where(c => table.Columns.Any(t => t.Name == c)))
                {
                    string name = places.Length > 1 ? $"{column} ({place.Key})" : column;
                    lines.Add(new LineSeries(name, place.Select(i => table["block"].Numbers[i]).ToArray(), place.Select(i => table[column].Numbers[i]).ToArray()) { Dashed = controls.Contains(column) });
                }
            }

            string title = part.Key.Length == 0 ? table.Title : $"{table.Title}: {Escape.Clip(part.Key, 60)}";
            return Notebooks.Figure.Lines(title, "block", value, lines).WithNotes(table.Notes).WithProvenance(table.Provenance);
        });
        return [.. figures, table];
    }

    private static Figure Figure(ProbeSweep probes, string title, int[] sets)
    {
        var places = probes.Results.Keys.Where(p => BlockPoint.Of(p) is not null).GroupBy(p => BlockPoint.Of(p)!.Value.Place).ToArray();
        List<LineSeries> lines = [];
        foreach (IGrouping<string, string> place in places)
        {
            string suffix = places.Length > 1 ? $" ({place.Key})" : "";
            LineSeries Line(string name, IReadOnlyDictionary<string, IReadOnlyList<ProbeResult>> results, Func<ProbeResult, double> value, bool dashed) =>
                new(name + suffix, place.Select(p => (double)BlockPoint.Of(p)!.Value.Block).ToArray(), place.Select(p => sets.Average(i => value(results[p][i]))).ToArray()) { Dashed = dashed };
            lines.Add(Line("test accuracy", probes.Results, r => r.TestAccuracy, false));

            // A dashed line through one point would not be seen; the table has its numbers.
            if (place.Count() > 1) lines.Add(Line("shuffled labels", probes.Results, r => r.ControlAccuracy, true));
            if (place.Count() > 1 && probes.TwinResults is not null) lines.Add(Line("random weights", probes.TwinResults, r => r.TestAccuracy, true));

            // The majority is a fact of the labels, the same at every point.
            if (place == places[^1]) lines.Add(Line("majority", probes.Results, r => r.MajorityAccuracy, true) with { Name = "majority" });
        }

        if (lines.Count == 0) return Notebooks.Figure.Bars(title, "hook point", "accuracy", probes.Results.Keys.ToArray(),
            new BarSeries("test accuracy", probes.Results.Values.Select(r => sets.Average(i => r[i].TestAccuracy)).ToArray()),
            new BarSeries("majority", probes.Results.Values.Select(r => sets.Average(i => r[i].MajorityAccuracy)).ToArray())).WithProvenance(probes.Table.Provenance);
        return Notebooks.Figure.Lines(title, "block", "accuracy", lines).WithNotes(Dashed(probes.TwinResults is not null)).WithProvenance(probes.Table.Provenance);
    }

    private static string Dashed(bool twin) => "Dashed: what reading nothing (majority)" + (twin
        ? ", reading labels shuffled over the rows, and reading the network with random weights achieve."
        : " and reading labels shuffled over the rows achieve.");
}
