using Strata.Models;

namespace Strata.Research;

/// <summary>Several measures at every captured point, and the same measures on the control.</summary>
public sealed class MeasureTable
{
    private MeasureTable(
        Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> values, Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> shuffledLabels, MeasureTable? control, IReadOnlyDictionary<string, string?> units, Table table)
    {
        Values = values;
        ShuffledLabels = shuffledLabels;
        Control = control;
        Units = units;
        Table = table;
    }

    /// <summary>Per measure, per point, in the order asked for and the order of execution: the shape <c>{measure: {point: value}}</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, MeasureValue>> Values { get; }

    /// <summary>The same on the same rows for a network of the same shape with random weights; null where none was run.</summary>
    public MeasureTable? Control { get; }

    /// <summary>Measures of classes with the labels dealt out anew, in the shape of <see cref="Values"/>; empty where no control was run.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, MeasureValue>> ShuffledLabels { get; }

    /// <summary>The unit of each measure under the options it was computed with; null for a pure number.</summary>
    public IReadOnlyDictionary<string, string?> Units { get; }

    /// <summary>
    /// One row per point and measure: <c>point</c>, <c>block</c> (-1 outside blocks), <c>measure</c>, <c>form</c>, <c>value</c>, <c>spread</c>, <c>low</c>, <c>high</c>, <c>n</c>, <c>left out</c>, and <c>random weights</c> and
    /// <c>shuffled labels</c> where controls were run. Notes say why samples were left out and where extremes sit.
    /// </summary>
    public Table Table { get; }

    /// <summary>Computes measures at every captured point to which they apply.</summary>
    /// <param name="activations">Captured activations.</param>
    /// <param name="measureNames">Names from <see cref="Measures.All"/>.</param>
    /// <param name="options">Form, normalisation and the like; null for the defaults.</param>
    /// <param name="progress">Told after every point.</param>
    /// <param name="cancellation">Stops between samples.</param>
    /// <param name="inputs">Labels, views and the like; null for none.</param>
    /// <param name="control">The same points and rows of a network with random weights; with it, measures of classes are computed again with shuffled labels. Null for no control.</param>
    /// <exception cref="StrataException">A name is unknown or given twice, no captured point fits a measure, something that a measure needs is missing, or an option is out of range.</exception>
    public static MeasureTable Compute(
        Activations activations,
        IReadOnlyList<string> measureNames,
        MeasureOptions? options = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default,
        MeasureInputs? inputs = null,
        Activations? control = null)
    {
        options ??= new MeasureOptions();
        IReadOnlyList<Measure> measures = Measures.Select(measureNames, options);
        MeasureTable? twin = control is null ? null : Compute(control, measureNames, options, progress, cancellation, inputs);
        Dictionary<(string, string), MeasureValue> found = [], shuffled = [];
        string[] points = activations.Points.Where(p => measures.Any(m => Measures.HasValue(m, p, activations.Points))).ToArray();
        for (int p = 0; p < points.Length; p++)
        {
            Measure[] here = measures.Where(m => Measures.HasValue(m, points[p], activations.Points)).ToArray();
            MeasureValue[] values = PointMeasures.Compute(activations, points[p], here, options, inputs ?? MeasureInputs.None, cancellation);
            for (int m = 0; m < here.Length; m++) found[(here[m].Name, points[p])] = values[m];
            Measure[] labelled = control is null ? [] : here.Where(HasLabels).ToArray();
            if (labelled.Length > 0)
            {
                MeasureValue[] dealt = PointMeasures.Compute(activations, points[p], labelled, options, inputs!.Shuffled(options.Seed), cancellation);
                for (int m = 0; m < labelled.Length; m++) shuffled[(labelled[m].Name, points[p])] = dealt[m];
            }

            progress?.Report(new WorkProgress("Measuring", p + 1, points.Length, "points"));
        }

        return Build(measures, activations.Points, found, shuffled, options, activations.Provenance.With("pooling", activations.Pooling.ToString().ToLowerInvariant()), twin);
    }

    /// <summary>Does a measure look at labels, which can be shuffled?</summary>
    internal static bool HasLabels(Measure measure) => measure.Needs is MeasureInput.Labels or MeasureInput.Factors;

    /// <summary>The table of values that were computed.</summary>
    internal static MeasureTable Build(
        IReadOnlyList<Measure> measures, IReadOnlyList<string> points, Dictionary<(string Measure, string Point), MeasureValue> found, Dictionary<(string Measure, string Point), MeasureValue> shuffled,
        MeasureOptions options, Provenance provenance, MeasureTable? control)
    {
        Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> values = [], dealt = [];
        foreach (Measure measure in measures)
        {
            values[measure.Name] = InOrder(points, measure, found);
            if (HasLabels(measure) && shuffled.Count > 0) dealt[measure.Name] = InOrder(points, measure, shuffled);
            if (values[measure.Name].Count == 0)
                throw new StrataException($"\"{measure.Name}\" has no value at any captured point ({string.Join(", ", points.Take(5))}...). {measure.About.What} {measure.About.Formula}");
        }

        Dictionary<string, string?> units = measures.ToDictionary(m => m.Name, m => m.UnitWith(options));
        return new MeasureTable(values, dealt, control, units, ToTable(measures, values, dealt, options, units, provenance, control));
    }

    private static Dictionary<string, MeasureValue> InOrder(IReadOnlyList<string> points, Measure measure, Dictionary<(string Measure, string Point), MeasureValue> found) =>
        points.Where(p => found.ContainsKey((measure.Name, p))).ToDictionary(p => p, p => found[(measure.Name, p)]);

    private static Table ToTable(
        IReadOnlyList<Measure> measures, Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> values, Dictionary<string, IReadOnlyDictionary<string, MeasureValue>> shuffled, MeasureOptions options, Dictionary<string, string?> unitOf, Provenance provenance, MeasureTable? control)
    {
        (Measure Measure, string Point, MeasureValue Value)[] rows = measures.SelectMany(m => values[m.Name].Select(v => (m, v.Key, v.Value))).ToArray();
        string?[] units = unitOf.Values.Distinct().ToArray();
        string? unit = units.Length == 1 ? units[0] : null;
        Column[] columns =
        [
            Column.Text("point", rows.Select(r => r.Point)),
            Column.Integer("block", rows.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Text("measure", rows.Select(r => r.Measure.Name)),
            Column.Text("form", rows.Select(r => r.Measure.ReferenceOf(options.Form) is string code ? $"reference:{code}" : "textbook")),
            Column.Real("value", rows.Select(r => r.Value.Value), unit),
            Column.Real("spread", rows.Select(r => r.Value.Spread), unit),
            Column.Real("low", rows.Select(r => r.Value.Low), unit),
            Column.Real("high", rows.Select(r => r.Value.High), unit),
            Column.Integer("n", rows.Select(r => (long)r.Value.Count)),
            Column.Integer("left out", rows.Select(r => (long)r.Value.LeftOut)),
        ];
        if (control is not null) columns = [.. columns, Column.Real("random weights", rows.Select(r => Of(control.Values, r.Measure, r.Point)), unit)];
        if (shuffled.Count > 0) columns = [.. columns, Column.Real("shuffled labels", rows.Select(r => Of(shuffled, r.Measure, r.Point)), unit)];
        return new Table($"{string.Join(", ", measures.Select(m => m.Name))} per hook point", WithSettings(provenance, measures, options, control), columns)
        {
            Notes = [
                .. rows.Where(r => r.Value.LeftOutReason is not null).GroupBy(r => (r.Measure.Name, r.Value.LeftOut, r.Value.LeftOutReason)).Select(g => $"{g.Key.Name} at {Points(g.Select(r => r.Point).ToArray())} left out {g.Key.LeftOut}: {g.Key.LeftOutReason}."),
                .. rows.Where(r => r.Value.Where is not null).Select(r => $"{r.Measure.Name} at {r.Point}: {r.Value.Where}."),
            ],
        };
    }

    private static string Points(string[] points) => points.Length < 3 ? string.Join(" and ", points) : $"each of {points[0]}, {points[1]} and {points.Length - 2} more";

    private static double Of(IReadOnlyDictionary<string, IReadOnlyDictionary<string, MeasureValue>> values, Measure measure, string point) =>
        values.TryGetValue(measure.Name, out IReadOnlyDictionary<string, MeasureValue>? points) && points.TryGetValue(point, out MeasureValue? value) ? value.Value : double.NaN;

    private static Provenance WithSettings(Provenance provenance, IReadOnlyList<Measure> measures, MeasureOptions options, MeasureTable? control)
    {
        provenance = provenance.With("measure.form", options.Form.ToString());
        foreach ((string name, string value) in MeasureParameters.Used(measures, options)) provenance = provenance.With($"measure.{name}", value);
        foreach (Measure measure in measures) provenance = provenance.With($"measure.{measure.Name}", measure.Summary);
        return control is null ? provenance : provenance.With("measure.control", control.Table.Provenance.Model ?? "random weights");
    }
}
