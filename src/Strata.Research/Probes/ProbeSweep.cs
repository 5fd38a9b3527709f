using System.Globalization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>One probe for every hook point and label set.</summary>
public sealed class ProbeSweep
{
    private ProbeSweep(IReadOnlyDictionary<string, IReadOnlyList<ProbeResult>> results, IReadOnlyDictionary<string, IReadOnlyList<ProbeResult>>? twin, Table table)
    {
        Results = results;
        TwinResults = twin;
        Table = table;
    }

    /// <summary>Per point, one result per label set in the order given.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<ProbeResult>> Results { get; }

    /// <summary>The same for the twin with random weights; null without one.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<ProbeResult>>? TwinResults { get; }

    /// <summary>
    /// One row per point and label set: <c>point</c>, <c>block</c> (-1 outside blocks), <c>labels</c>, <c>test accuracy</c>, <c>train accuracy</c>, <c>majority</c>, <c>control</c>,
    /// <c>selectivity</c>, with a twin <c>random weights</c> (its test accuracy), <c>regularisation</c>, <c>train rows</c>, <c>test rows</c>, <c>left out</c>.
    /// </summary>
    public Table Table { get; }

    /// <summary>Trains and tests a probe at every captured point for every label set.</summary>
    /// <param name="activations">Captured activations; all points must have the same rows.</param>
    /// <param name="sets">Labels, aligned with <see cref="Activations.Rows"/>.</param>
    /// <param name="probe">The probe; null for <c>ridge</c>.</param>
    /// <param name="options">Splits, grid and seed; null for the defaults.</param>
    /// <param name="twin">The same data through the same network with random weights: what the architecture alone lets a probe read.</param>
    /// <param name="progress">Told after every point.</param>
    /// <param name="cancellation">Stops between fits.</param>
    /// <exception cref="StrataException">Labels do not fit the rows, names repeat, a point is missing in the twin, there are too few groups, or a number is not finite.</exception>
    public static ProbeSweep Run(
        Activations activations,
        IReadOnlyList<LabelSet> sets,
        Probe? probe = null,
        ProbeOptions? options = null,
        Activations? twin = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        probe ??= new RidgeProbe();
        options ??= new ProbeOptions();
        if (sets.Count == 0) throw new StrataException("No label set was given; a probe needs labels, one per row.");
        if (sets.DistinctBy(s => s.Name).Count() < sets.Count) throw new StrataException("Two label sets share a name; give each its own.");
        Dictionary<string, IReadOnlyList<ProbeResult>> results = [];
        Dictionary<string, IReadOnlyList<ProbeResult>>? twinResults = twin is null ? null : [];
        foreach (string point in activations.Points)
        {
            results[point] = At(activations, point, sets, probe, options, cancellation);
            if (twinResults is not null) twinResults[point] = At(twin!, point, sets, probe, options with { Control = false }, cancellation);
            progress?.Report(new WorkProgress($"Probing {activations.Points.Count} points for {sets.Count} label sets", results.Count, activations.Points.Count, "points"));
        }

        return new ProbeSweep(results, twinResults, ToTable(activations, probe, options, results, twinResults));
    }

    /// <summary>Where each label set becomes readable over the blocks, from the test accuracies at one place of every block.</summary>
    /// <param name="place">The place: <c>resid_post</c> for <c>blocks.*.resid_post</c>.</param>
    /// <returns>One row per label set: <c>labels</c>, <c>jump</c>, <c>convergence</c>, <c>settled</c>, relative depths (see <see cref="ConceptDepth"/>).</returns>
    /// <exception cref="StrataException">Fewer than two blocks were probed at this place.</exception>
    public Table Depths(string place = "resid_post")
    {
        string[] points = Results.Keys.Where(p => BlockPoint.Of(p)?.Place == place).OrderBy(p => BlockPoint.Of(p)!.Value.Block).ToArray();
        if (points.Length < 2) throw new StrataException($"{points.Length} blocks were probed at \"{place}\"; depths need at least 2. {NearestNames.Suggest(place, Results.Keys.Select(p => BlockPoint.Of(p)?.Place).OfType<string>())}");
        ConceptDepth[] depths = Results[points[0]].Select((_, i) => ConceptDepth.Of(points.Select(p => Results[p][i].TestAccuracy).ToArray())).ToArray();
        return new Table($"Depths at which labels are readable ({place})", Table.Provenance,
            Column.Text("labels", Results[points[0]].Select(r => r.Labels)),
            Column.Real("jump", depths.Select(d => d.Jump)),
            Column.Real("convergence", depths.Select(d => d.Convergence)),
            Column.Real("settled", depths.Select(d => d.Settled)));
    }

    private static IReadOnlyList<ProbeResult> At(Activations activations, string point, IReadOnlyList<LabelSet> sets, Probe probe, ProbeOptions options, CancellationToken cancellation)
    {
        FloatMatrix rows = activations.Rows(point);
        foreach (LabelSet set in sets) set.Check(rows.Rows, $"\"{point}\"");
        return probe.Fit(rows, sets, options, cancellation);
    }

    private static Table ToTable(
        Activations activations, Probe probe, ProbeOptions options, Dictionary<string, IReadOnlyList<ProbeResult>> results, Dictionary<string, IReadOnlyList<ProbeResult>>? twin)
    {
        (string Point, ProbeResult Result)[] rows = activations.Points.SelectMany(p => results[p].Select(r => (p, r))).ToArray();
        Column Real(string name, Func<ProbeResult, double> value) => Column.Real(name, rows.Select(r => value(r.Result)));
        Column Count(string name, Func<ProbeResult, int> value) => Column.Integer(name, rows.Select(r => (long)value(r.Result)));
        List<Column> columns =
        [
            Column.Text("point", rows.Select(r => r.Point)),
            Column.Integer("block", rows.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Text("labels", rows.Select(r => r.Result.Labels)),
            Real("test accuracy", r => r.TestAccuracy),
            Real("train accuracy", r => r.TrainAccuracy),
            Real("majority", r => r.MajorityAccuracy),
            Real("control", r => r.ControlAccuracy),
            Real("selectivity", r => r.Selectivity),
        ];
        if (twin is not null) columns.Add(Column.Real("random weights", activations.Points.SelectMany(p => twin[p]).Select(r => r.TestAccuracy)));
        columns.AddRange([Real("regularisation", r => r.Regularisation), Count("train rows", r => r.TrainRows), Count("test rows", r => r.TestRows), Count("left out", r => r.LeftOut)]);
        return new Table($"{probe.Name} probe per hook point", WithSettings(activations, probe, options), [.. columns]);
    }

    private static Provenance WithSettings(Activations activations, Probe probe, ProbeOptions options) => activations.Provenance
        .With("pooling", activations.Pooling.ToString().ToLowerInvariant())
        .With("probe", $"{probe.Name}: {probe.Summary}")
        .With("probe.grid", string.Join(", ", (options.Grid ?? probe.DefaultGrid).Select(g => g.ToString("R", CultureInfo.InvariantCulture))))
        .With("probe.split", string.Create(CultureInfo.InvariantCulture, $"by group, test {options.TestShare}, validation {options.ValidationShare} of the rest"))
        .With("probe.seed", options.Seed.ToString(CultureInfo.InvariantCulture));
}
