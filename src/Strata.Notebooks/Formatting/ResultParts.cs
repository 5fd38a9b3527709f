using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The figures and tables that a result is shown as.</summary>
internal static class ResultParts
{
    /// <summary>One line plot per measure over the blocks, with the curves and distributions behind it, then the table.</summary>
    public static IReadOnlyList<object> Of(MeasureTable measures)
    {
        List<object> parts = [];
        foreach ((string name, IReadOnlyDictionary<string, MeasureValue> values) in measures.Values)
        {
            LineSeries[] lines = values.Where(v => BlockPoint.Of(v.Key) is not null).GroupBy(v => BlockPoint.Of(v.Key)!.Value.Place).Select((g, i) => Line(g.Key, g) with { Hue = i }).ToArray();
            if (lines.Length > 0) parts.Add(OverBlocks(measures, name, values, lines));
            if (MeasureFigures.Curves(measures, name) is { } curves) parts.Add(curves);
            if (MeasureFigures.Distributions(measures, name) is { } distributions) parts.Add(distributions);
        }

        return [.. parts, measures.Table];
    }

    private static Figure OverBlocks(MeasureTable measures, string name, IReadOnlyDictionary<string, MeasureValue> values, LineSeries[] lines)
    {
        if (measures.Control is { } control) lines = [.. lines, .. Dashed("random weights", control.Values[name], 0)];
        if (measures.ShuffledLabels.TryGetValue(name, out IReadOnlyDictionary<string, MeasureValue>? shuffled)) lines = [.. lines, .. Dashed("shuffled labels", shuffled, lines.Length)];
        return Figure.Lines($"{name} by block", "block", new Axis(name, measures.Units[name]), lines).WithNotes(Notes(values)).WithProvenance(measures.Table.Provenance);
    }

    /// <summary>One row: loss, perplexity, accuracy, score, cost.</summary>
    public static Table Of(Evaluation evaluation)
    {
        SweepResult one = new([evaluation], evaluation.Cost.Blocks, evaluation.Cost.Blocks, evaluation.Score is null ? null : "score", evaluation.Provenance);
        return new Table("Evaluation", evaluation.Provenance, [.. one.ToTable().Columns]);
    }

    /// <summary>A control: dashed, without a band, in colours from a number on (those of the lines themselves from 0).</summary>
    private static IEnumerable<LineSeries> Dashed(string control, IReadOnlyDictionary<string, MeasureValue> values, int hue) => values
        .Where(v => BlockPoint.Of(v.Key) is not null)
        .GroupBy(v => BlockPoint.Of(v.Key)!.Value.Place)
        .Select((g, i) => Line($"{g.Key}, {control}", g) with { Dashed = true, Hue = hue + i, Lower = null, Upper = null });

    private static LineSeries Line(string place, IEnumerable<KeyValuePair<string, MeasureValue>> values)
    {
        (double Block, MeasureValue Value)[] points = values.Select(v => ((double)BlockPoint.Of(v.Key)!.Value.Block, v.Value)).ToArray();
        LineSeries line = new(place, points.Select(p => p.Block).ToArray(), points.Select(p => p.Value.Value).ToArray());
        return points.All(p => double.IsNaN(p.Value.Spread)) ? line : line with
        {
            Lower = points.Select(p => p.Value.Value - p.Value.Spread).ToArray(),
            Upper = points.Select(p => p.Value.Value + p.Value.Spread).ToArray(),
        };
    }

    private static string[] Notes(IReadOnlyDictionary<string, MeasureValue> values)
    {
        List<string> notes = [];
        if (values.Values.Any(v => !double.IsNaN(v.Spread))) notes.Add("Bands are one standard deviation over samples.");
        string[] outside = values.Keys.Where(p => BlockPoint.Of(p) is null).ToArray();
        if (outside.Length > 0) notes.Add($"Outside the blocks, in the table only: {string.Join(", ", outside)}.");
        return [.. notes];
    }
}
