using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The figures of measures beyond the line over the blocks: curves behind the numbers, distributions over samples, several networks over relative depth.</summary>
public static class MeasureFigures
{
    /// <summary>Layers of which a distribution is drawn.</summary>
    private const int MaxLayers = 4;

    /// <summary>
    /// How deep a point lies: 0 before the first block, 1 behind the last. Points between the halves of a block lie half-way through it; NaN outside the blocks.
    /// </summary>
    /// <param name="point">A hook point.</param>
    /// <param name="blocks">Blocks of the network.</param>
    public static double RelativeDepth(string point, int blocks) => Research.RelativeDepth.Of(point, blocks);

    /// <summary>One measure of several networks over relative depth, a line per network, controls on random weights dashed.</summary>
    /// <param name="measure">The measure; it must be in every table.</param>
    /// <param name="networks">Each with its name in the legend. The deepest block that was measured counts as the last.</param>
    /// <exception cref="StrataException">No network is given, or a table lacks the measure.</exception>
    public static Figure OverDepth(string measure, params IReadOnlyList<(string Name, MeasureTable Measures)> networks)
    {
        List<LineSeries> lines = [];
        for (int i = 0; i < networks.Count; i++)
        {
            (string name, MeasureTable measures) = networks[i];
            lines.Add(DepthLine(name, Values(measures, measure)) with { Hue = i });
            if (measures.Control is { } control) lines.Add(DepthLine($"{name}, random weights", Values(control, measure)) with { Dashed = true, Hue = i });
        }

        return Figure.Lines($"{measure} by relative depth", "relative depth", new Axis(measure, networks.Count == 0 ? null : networks[0].Measures.Units[measure]), lines)
            .WithProvenance(networks.Count == 1 ? networks[0].Measures.Table.Provenance : null);
    }

    /// <summary>The curves behind a measure (spectrum, dimension against scale, heads), a line per point from dark (first) to light (last); null where it has none.</summary>
    /// <param name="measures">The measures.</param>
    /// <param name="measure">Which of them.</param>
    /// <exception cref="StrataException">The table lacks the measure.</exception>
    public static Figure? Curves(MeasureTable measures, string measure)
    {
        (string Point, MeasureCurve Curve)[] curves = Values(measures, measure).Where(v => v.Value.Curve is not null).Select(v => (v.Key, v.Value.Curve!)).ToArray();
        if (curves.Length == 0) return null;
        MeasureCurve first = curves[0].Curve;
        LineSeries[] lines = curves.Select((c, i) => new LineSeries(c.Point, c.Curve.X, c.Curve.Y) { Shade = curves.Length == 1 ? 0.3 : i / (curves.Length - 1.0) }).ToArray();
        return Figure.Lines($"{measure}: {first.YName} by {first.XName}", new Axis(first.XName) { Log = first.LogX }, new Axis(first.YName) { Log = first.LogY }, lines).WithProvenance(measures.Table.Provenance);
    }

    /// <summary>How a measure spreads over its samples (prompts, tokens) at a few layers from the first to the last; null where no samples were kept (<see cref="MeasureOptions.PerSample"/>).</summary>
    /// <param name="measures">The measures.</param>
    /// <param name="measure">Which of them.</param>
    /// <exception cref="StrataException">The table lacks the measure.</exception>
    public static Figure? Distributions(MeasureTable measures, string measure)
    {
        (string Point, IReadOnlyList<double> Values)[] all = Values(measures, measure).Where(v => v.Value.PerSample.Count > 1).Select(v => (v.Key, v.Value.PerSample)).ToArray();
        if (all.Length == 0) return null;
        int shown = Math.Min(MaxLayers, all.Length);
        IEnumerable<(string, IReadOnlyList<double>)> spread = Enumerable.Range(0, shown).Select(i => all[shown == 1 ? 0 : i * (all.Length - 1) / (shown - 1)]);
        return Figure.Histogram($"{measure} over its samples", new Axis(measure, measures.Units[measure]), spread.ToArray()).WithProvenance(measures.Table.Provenance);
    }

    private static IReadOnlyDictionary<string, MeasureValue> Values(MeasureTable measures, string measure) => measures.Values.TryGetValue(measure, out IReadOnlyDictionary<string, MeasureValue>? values) ? values
        : throw new StrataException($"These measures hold no \"{measure}\". {NearestNames.Suggest(measure, measures.Values.Keys)}");

    private static LineSeries DepthLine(string name, IReadOnlyDictionary<string, MeasureValue> values)
    {
        int blocks = values.Keys.Select(p => BlockPoint.Of(p)?.Block + 1 ?? 0).DefaultIfEmpty(0).Max();
        (double Depth, double Value)[] points = values.Select(v => (RelativeDepth(v.Key, blocks), v.Value.Value)).Where(v => !double.IsNaN(v.Item1)).OrderBy(v => v.Item1).ToArray();
        return new LineSeries(name, points.Select(p => p.Depth).ToArray(), points.Select(p => p.Value).ToArray());
    }
}
