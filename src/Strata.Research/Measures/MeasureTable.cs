using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>Several measures at every captured point.</summary>
public sealed class MeasureTable
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> _values;

    private MeasureTable(Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> values, IReadOnlyDictionary<string, string?> units, Table table)
    {
        _values = values;
        Units = units;
        Table = table;
    }

    /// <summary>Per measure, per point, in the order asked for and the order of execution: the shape <c>{measure: {point: value}}</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, MeasureValue>> Values => _values;

    /// <summary>The unit of each measure under the options it was computed with; null for a pure number.</summary>
    public IReadOnlyDictionary<string, string?> Units { get; }

    /// <summary>
    /// One row per point and measure: <c>point</c>, <c>block</c> (-1 outside blocks), <c>measure</c>, <c>value</c>, <c>spread</c>, <c>n</c>, <c>left out</c>. Notes say why samples were left out.
    /// </summary>
    public Table Table { get; }

    /// <summary>Computes measures at every captured point to which they apply.</summary>
    /// <param name="activations">Captured activations.</param>
    /// <param name="measureNames">Names from <see cref="Measures.All"/>.</param>
    /// <param name="options">Form, normalisation and the like; null for the defaults.</param>
    /// <param name="progress">Told after every value.</param>
    /// <param name="cancellation">Stops between samples.</param>
    /// <exception cref="StrataException">A name is unknown or given twice, no captured point fits a measure, the activations were pooled but a measure needs tokens, or an option is out of range.</exception>
    public static MeasureTable Compute(
        Activations activations,
        IReadOnlyList<string> measureNames,
        MeasureOptions? options = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new MeasureOptions();
        if (measureNames.Count == 0) throw new StrataException($"No measure was named. Valid are: {string.Join(", ", Measures.All.Select(m => m.Name))}.");
        if (measureNames.Distinct().Count() < measureNames.Count) throw new StrataException($"A measure is named twice in \"{string.Join(", ", measureNames)}\".");
        List<(Measure Measure, string Point)> work = measureNames.Select(Measures.Get).SelectMany(m => PointsOf(m, activations).Select(p => (m, p))).ToList();

        Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> values = [];
        List<MeasureValue> rows = [];
        foreach ((Measure measure, string point) in work)
        {
            MeasureValue value = measure.Compute(activations, point, options, cancellation);
            rows.Add(value);
            if (!values.TryGetValue(measure.Name, out IReadOnlyDictionary<string, MeasureValue>? points)) values[measure.Name] = points = new Dictionary<string, MeasureValue>();
            ((Dictionary<string, MeasureValue>)points).Add(point, value);
            progress?.Report(new WorkProgress($"Measuring {activations.Points.Count} points", rows.Count, work.Count, "values"));
        }

        Dictionary<string, string?> units = measureNames.ToDictionary(name => name, name => Measures.Get(name).UnitWith(options));
        return new MeasureTable(values, units, ToTable(activations, measureNames, options, units, work, rows));
    }

    private static string[] PointsOf(Measure measure, Activations activations)
    {
        string[] points = activations.Points.Where(measure.AppliesTo).ToArray();
        return points.Length > 0 ? points
            : throw new StrataException($"\"{measure.Name}\" has no value at any captured point ({string.Join(", ", activations.Points.Take(5))}...). {measure.Summary}");
    }

    private static Table ToTable(
        Activations activations, IReadOnlyList<string> names, MeasureOptions options, Dictionary<string, string?> unitOf, List<(Measure Measure, string Point)> work, List<MeasureValue> rows)
    {
        Provenance provenance = WithSettings(activations.Provenance, activations.Pooling, names, options);
        string?[] units = unitOf.Values.Distinct().ToArray();
        string? unit = units.Length == 1 ? units[0] : null;
        return new Table(
            $"{string.Join(", ", names)} per hook point",
            provenance,
            Column.Text("point", work.Select(w => w.Point)),
            Column.Integer("block", work.Select(w => BlockPoint.Of(w.Point)?.Block ?? -1L)),
            Column.Text("measure", work.Select(w => w.Measure.Name)),
            Column.Real("value", rows.Select(r => r.Value), unit),
            Column.Real("spread", rows.Select(r => r.Spread), unit),
            Column.Integer("n", rows.Select(r => (long)r.Count)),
            Column.Integer("left out", rows.Select(r => (long)r.LeftOut)))
        {
            Notes = work.Zip(rows).Where(w => w.Second.LeftOutReason is not null).Select(w => $"{w.First.Measure.Name} at {w.First.Point} left out {w.Second.LeftOut}: {w.Second.LeftOutReason}.").ToArray(),
        };
    }

    private static Provenance WithSettings(Provenance provenance, Pooling pooling, IReadOnlyList<string> names, MeasureOptions options)
    {
        provenance = provenance
            .With("pooling", pooling.ToString().ToLowerInvariant())
            .With("measure.form", options.Form.ToString().ToLowerInvariant())
            .With("measure.normalization", options.Normalization.ToString())
            .With("measure.alpha", options.Alpha.ToString("R", CultureInfo.InvariantCulture));
        if (names.Contains("curvature")) provenance = provenance.With("measure.curvature-step", options.CurvatureStep.ToString(CultureInfo.InvariantCulture));
        if (names.Contains("anisotropy")) provenance = provenance.With("measure.pairs", options.Pairs.ToString(CultureInfo.InvariantCulture));
        if (options.MaxRows is int most) provenance = provenance.With("measure.max-rows", most.ToString(CultureInfo.InvariantCulture));
        foreach (string name in names) provenance = provenance.With($"measure.{name}", Measures.Get(name).Summary);
        return provenance.With("measure.seed", options.Seed.ToString(CultureInfo.InvariantCulture));
    }
}
