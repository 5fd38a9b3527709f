using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>A ridge reader of numbers at every hook point.</summary>
public sealed class RegressionSweep
{
    private RegressionSweep(IReadOnlyDictionary<string, IReadOnlyList<RegressionResult>> results, Table table)
    {
        Results = results;
        Table = table;
    }

    /// <summary>Per point, one result per target in the order given.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<RegressionResult>> Results { get; }

    /// <summary>One row per point and target: <c>point</c>, <c>block</c>, <c>target</c>, <c>test R2</c>, <c>train R2</c>, <c>control</c>, with a twin <c>random weights</c>, <c>regularisation</c>, rows.</summary>
    public Table Table { get; }

    /// <summary>Trains and tests at every captured point.</summary>
    /// <param name="activations">Captured activations.</param>
    /// <param name="targets">Numbers, aligned with the rows.</param>
    /// <param name="options">Splits, grid and seed; null for the defaults.</param>
    /// <param name="twin">The same data through the same network with random weights; null for none.</param>
    /// <param name="progress">Told after every point.</param>
    /// <param name="cancellation">Stops between fits.</param>
    /// <exception cref="StrataException">Targets do not fit, a point is missing in the twin, or there are too few groups.</exception>
    public static RegressionSweep Run(
        Activations activations, IReadOnlyList<TargetSet> targets, ProbeOptions? options = null, Activations? twin = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (targets.Count == 0) throw new StrataException("No targets were given; a regression needs numbers, one per row.");
        options ??= new ProbeOptions();
        RidgeProbe probe = new();
        Dictionary<string, IReadOnlyList<RegressionResult>> results = [];
        List<double> random = [];
        foreach (string point in activations.Points)
        {
            List<RegressionResult> at = [];
            foreach (TargetSet target in targets)
            {
                cancellation.ThrowIfCancellationRequested();
                at.Add(probe.Regress(activations.Rows(point), target, options));
                if (twin is not null) random.Add(probe.Regress(twin.Rows(point), target, options with { Control = false }).TestR2);
            }

            results[point] = at;
            progress?.Report(new WorkProgress($"Regressing {targets.Count} targets", results.Count, activations.Points.Count, "points"));
        }

        (string Point, RegressionResult Result)[] rows = activations.Points.SelectMany(p => results[p].Select(r => (p, r))).ToArray();
        List<Column> columns =
        [
            Column.Text("point", rows.Select(r => r.Point)),
            Column.Integer("block", rows.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Text("target", rows.Select(r => r.Result.Target)),
            Column.Real("test R2", rows.Select(r => r.Result.TestR2)),
            Column.Real("train R2", rows.Select(r => r.Result.TrainR2)),
            Column.Real("control", rows.Select(r => r.Result.ControlR2)),
        ];
        if (twin is not null) columns.Add(Column.Real("random weights", random));
        columns.AddRange([Column.Real("regularisation", rows.Select(r => r.Result.Regularisation)), Column.Integer("train rows", rows.Select(r => (long)r.Result.TrainRows)), Column.Integer("test rows", rows.Select(r => (long)r.Result.TestRows))]);
        Provenance provenance = activations.Provenance.With("probe", "ridge regression").With("probe.seed", options.Seed.ToString(CultureInfo.InvariantCulture));
        return new RegressionSweep(results, new Table("Ridge regression per hook point", provenance, [.. columns]));
    }
}
