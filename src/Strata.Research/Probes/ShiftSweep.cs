using System.Globalization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Which rows are as those trained on, and which are shifted.</summary>
/// <param name="Shifted">One per row: whether the row is out of distribution.</param>
/// <param name="Subgroups">One per row: the group over which the worst accuracy is taken, such as class and background together; null for the classes.</param>
public sealed record ShiftSplit(bool[] Shifted, int[]? Subgroups = null);

/// <summary>How well one probe carries over to shifted rows.</summary>
/// <param name="Point">Hook point.</param>
/// <param name="TestAccuracy">On held-out rows as those trained on.</param>
/// <param name="SelectAccuracy">On the shifted rows by which the layer is chosen.</param>
/// <param name="ShiftedAccuracy">On the other shifted rows.</param>
/// <param name="WorstGroup">The lowest accuracy of a subgroup of the other shifted rows.</param>
/// <param name="ControlAccuracy">On the other shifted rows, trained on shuffled labels; NaN without controls.</param>
/// <param name="Shift">‖mean of shifted − mean of others‖² over the trace of the others' covariance.</param>
public sealed record ShiftResult(string Point, double TestAccuracy, double SelectAccuracy, double ShiftedAccuracy, double WorstGroup, double ControlAccuracy, double Shift);

/// <summary>
/// Probes trained in distribution, at every layer, judged on shifted rows; the layer is chosen on one part of the shifted groups and reported on the other, so that
/// choosing does not flatter it (Uselis and Oh 2025, zero-shot).
/// </summary>
public sealed class ShiftSweep
{
    private ShiftSweep(IReadOnlyList<ShiftResult> results, Table table)
    {
        Results = results;
        Table = table;
    }

    /// <summary>One per point.</summary>
    public IReadOnlyList<ShiftResult> Results { get; }

    /// <summary>The point with the best accuracy on the shifted rows for selection; the first of several.</summary>
    public ShiftResult Selected => Results.MaxBy(r => r.SelectAccuracy)!;

    /// <summary>One row per point.</summary>
    public Table Table { get; }

    /// <summary>Trains at every point on rows that are not shifted and tests on those that are.</summary>
    /// <param name="activations">Captured activations.</param>
    /// <param name="labels">Labels of all rows; groups are never split between the parts.</param>
    /// <param name="split">Which rows are shifted.</param>
    /// <param name="probe">The probe; null for <c>ridge</c>.</param>
    /// <param name="options">Splits, grid and seed; null for the defaults. Half of the shifted groups choose the layer.</param>
    /// <param name="progress">Told after every point.</param>
    /// <param name="cancellation">Stops between points.</param>
    /// <exception cref="StrataException">The split does not fit the rows, or a part has no labelled row.</exception>
    public static ShiftSweep Run(
        Activations activations, LabelSet labels, ShiftSplit split, Probe? probe = null, ProbeOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        probe ??= new RidgeProbe();
        options ??= new ProbeOptions();
        int rows = activations.Rows(activations.Points[0]).Rows;
        labels.Check(rows, $"\"{activations.Points[0]}\"");
        if (split.Shifted.Length != rows || split.Subgroups is not null && split.Subgroups.Length != rows)
            throw new StrataException($"The split has {split.Shifted.Length} entries, and there are {rows} rows; give one per row.");
        LabelSet trained = labels with { Labels = labels.Labels.Select((l, i) => split.Shifted[i] ? -1 : l).ToArray() };
        (int[] select, int[] test) = Parts(labels, split, options.Seed);
        int[] groups = split.Subgroups ?? labels.Labels;
        LabelSet[] sets = options.Control ? [trained, Probe.Permuted(trained, options.Seed)] : [trained];
        List<ShiftResult> results = [];
        foreach (string point in activations.Points)
        {
            FloatMatrix all = activations.Rows(point);
            IReadOnlyList<ProbeResult> fits = probe.Fit(all, sets, options with { Control = false }, cancellation);
            int[] read = fits[0].Readout.Predict(all.Select(test)), chosen = fits[0].Readout.Predict(all.Select(select));
            double control = options.Control ? Share(fits[1].Readout.Predict(all.Select(test)), test, labels.Labels) : double.NaN;
            double worst = Enumerable.Range(0, test.Length).GroupBy(i => groups[test[i]]).Min(g => g.Average(i => read[i] == labels.Labels[test[i]] ? 1.0 : 0.0));
            results.Add(new ShiftResult(point, fits[0].TestAccuracy, Share(chosen, select, labels.Labels), Share(read, test, labels.Labels), worst, control, Shift(all, split.Shifted)));
            progress?.Report(new WorkProgress($"Probing {activations.Points.Count} points", results.Count, activations.Points.Count, "points"));
        }

        return new ShiftSweep(results, ToTable(activations, labels, probe, options, results, select.Length, test.Length));
    }

    /// <summary>Shifted, labelled rows for choosing and for testing: half of the shifted groups each.</summary>
    private static (int[] Select, int[] Test) Parts(LabelSet labels, ShiftSplit split, int seed)
    {
        int[] shifted = Enumerable.Range(0, labels.Labels.Length).Where(i => split.Shifted[i] && labels.Labels[i] >= 0).ToArray();
        int[] groups = shifted.Select(i => labels.Groups[i]).Distinct().Order().ToArray();
        if (groups.Length < 2) throw new StrataException($"\"{labels.Name}\" has {groups.Length} group(s) of shifted rows with a label; one is needed to choose the layer by and one to test on.");
        int[] mixed = labels.Groups.Where((g, i) => !split.Shifted[i]).Intersect(groups).ToArray();
        if (mixed.Length > 0) throw new StrataException($"Group {mixed[0]} of \"{labels.Name}\" has rows of both kinds; rows that belong together must all be shifted, or none of them.");
        new Random(seed).Shuffle(groups);
        HashSet<int> chosen = groups[..(groups.Length / 2)].ToHashSet();
        return (shifted.Where(i => chosen.Contains(labels.Groups[i])).ToArray(), shifted.Where(i => !chosen.Contains(labels.Groups[i])).ToArray());
    }

    private static double Share(int[] read, int[] rows, int[] labels) => rows.Select((row, i) => read[i] == labels[row] ? 1.0 : 0.0).Average();

    private static double Shift(FloatMatrix rows, bool[] shifted)
    {
        FloatMatrix usual = rows.Select(Enumerable.Range(0, rows.Rows).Where(i => !shifted[i]).ToArray());
        double[] means = RealMatrix.ColumnMeans(usual), moved = RealMatrix.ColumnMeans(rows.Select(Enumerable.Range(0, rows.Rows).Where(i => shifted[i]).ToArray()));
        double trace = System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(RealMatrix.Centred(usual).Values) / usual.Rows;
        double distance = System.Numerics.Tensors.TensorPrimitives.Distance<double>(means, moved);
        return distance * distance / trace;
    }

    private static Table ToTable(Activations activations, LabelSet labels, Probe probe, ProbeOptions options, List<ShiftResult> results, int select, int test)
    {
        Provenance provenance = activations.Provenance.With("probe", $"{probe.Name}: {probe.Summary}").With("probe.labels", labels.Name).With("probe.seed", options.Seed.ToString(CultureInfo.InvariantCulture));
        return new Table($"{probe.Name} probe of \"{labels.Name}\" on shifted rows", provenance,
            Column.Text("point", results.Select(r => r.Point)),
            Column.Integer("block", results.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Real("test accuracy", results.Select(r => r.TestAccuracy)),
            Column.Real("shifted, for selection", results.Select(r => r.SelectAccuracy)),
            Column.Real("shifted test", results.Select(r => r.ShiftedAccuracy)),
            Column.Real("worst group", results.Select(r => r.WorstGroup)),
            Column.Real("control", results.Select(r => r.ControlAccuracy)),
            Column.Real("shift", results.Select(r => r.Shift)))
        {
            Notes = [$"Trained on rows that are not shifted. {select} shifted rows choose the layer: {results.MaxBy(r => r.SelectAccuracy)!.Point}; {test} others test."],
        };
    }
}
