using System.Globalization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What is left after labels were erased at one point.</summary>
/// <param name="Point">Hook point.</param>
/// <param name="Method">How they were erased.</param>
/// <param name="Rank">Dimensions that were removed.</param>
/// <param name="Before">Test accuracy of a probe before.</param>
/// <param name="After">Test accuracy of a probe that was trained anew after.</param>
/// <param name="RandomAfter">The same with a random subspace of that rank removed.</param>
/// <param name="Majority">What reading nothing achieves.</param>
/// <param name="Loss">The network's loss; NaN where it was not run.</param>
/// <param name="ErasedLoss">Its loss with the labels erased at the point.</param>
/// <param name="RandomLoss">Its loss with a random subspace of that rank removed there.</param>
public sealed record ErasureResult(string Point, string Method, int Rank, double Before, double After, double RandomAfter, double Majority, double Loss, double ErasedLoss, double RandomLoss);

/// <summary>Erases labels at every point, as a probe (can they still be read?) and as an intervention (does the network need them?), each beside a random subspace of equal rank.</summary>
public sealed class ErasureSweep
{
    private ErasureSweep(IReadOnlyList<ErasureResult> results, Table table)
    {
        Results = results;
        Table = table;
    }

    /// <summary>One per point and method.</summary>
    public IReadOnlyList<ErasureResult> Results { get; }

    /// <summary>One row per point and method.</summary>
    public Table Table { get; }

    /// <summary>Erases at every captured point. Erasers are fitted on the training rows of the probes alone.</summary>
    /// <param name="activations">Captured activations.</param>
    /// <param name="labels">Labels, aligned with the rows.</param>
    /// <param name="methods">Names from <see cref="Eraser.Methods"/>; null for all.</param>
    /// <param name="probe">The reader that is trained before and after; null for <c>ridge</c>.</param>
    /// <param name="options">Splits, grid and seed; null for the defaults.</param>
    /// <param name="network">The network and rows on which its loss is measured; null for none.</param>
    /// <param name="progress">Told after every point and method.</param>
    /// <param name="cancellation">Stops between fits.</param>
    /// <exception cref="StrataException">Labels do not fit, a method is unknown, or there are too few groups.</exception>
    public static ErasureSweep Run(
        Activations activations, LabelSet labels, IReadOnlyList<string>? methods = null, Probe? probe = null, ProbeOptions? options = null, (Model Model, TokenRows Rows)? network = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        methods ??= Eraser.Methods;
        probe ??= new RidgeProbe();
        options = (options ?? new ProbeOptions()) with { Control = false };
        double loss = network is { } n ? Evaluation.Run(n.Model, n.Rows, cancellation: cancellation).Loss : double.NaN;
        List<ErasureResult> results = [];
        foreach (string point in activations.Points)
        {
            FloatMatrix rows = activations.Rows(point);
            labels.Check(rows.Rows, $"\"{point}\"");
            ProbeResult before = probe.Fit(rows, labels, options);
            GroupSplit split = GroupSplit.Make(labels.Name, labels.Groups, i => labels.Labels[i] >= 0, options);
            FloatMatrix train = rows.Select(split.Train);
            LabelSet trainLabels = labels with { Labels = Array.ConvertAll(split.Train, i => labels.Labels[i]), Groups = Array.ConvertAll(split.Train, i => labels.Groups[i]) };
            foreach (string method in methods)
            {
                cancellation.ThrowIfCancellationRequested();
                Eraser eraser = Eraser.Fit(method, train, trainLabels, options), random = Eraser.Random(train, eraser.Rank, options.Seed);
                double After(Eraser e) => probe.Fit(e.Apply(rows), labels, options).TestAccuracy;
                double Loss(Eraser e) => network is { } net ? Evaluation.Run(net.Model, net.Rows, options: new SweepOptions { Interventions = [e.At(point)] }, cancellation: cancellation).Loss : double.NaN;
                results.Add(new ErasureResult(point, method, eraser.Rank, before.TestAccuracy, After(eraser), After(random), before.MajorityAccuracy, loss, Loss(eraser), Loss(random)));
                progress?.Report(new WorkProgress("Erasing", results.Count, (long)activations.Points.Count * methods.Count, "fits"));
            }
        }

        return new ErasureSweep(results, ToTable(activations, labels, probe, options, results));
    }

    private static Table ToTable(Activations activations, LabelSet labels, Probe probe, ProbeOptions options, List<ErasureResult> results)
    {
        Provenance provenance = activations.Provenance.With("probe", $"{probe.Name}: {probe.Summary}").With("probe.labels", labels.Name).With("probe.seed", options.Seed.ToString(CultureInfo.InvariantCulture));
        Column Real(string name, Func<ErasureResult, double> value, string? unit = null) => Column.Real(name, results.Select(value), unit);
        List<Column> columns =
        [
            Column.Text("point", results.Select(r => r.Point)),
            Column.Integer("block", results.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Text("method", results.Select(r => r.Method)),
            Column.Integer("rank", results.Select(r => (long)r.Rank)),
            Real("before", r => r.Before),
            Real("after", r => r.After),
            Real("random subspace", r => r.RandomAfter),
            Real("majority", r => r.Majority),
        ];
        if (results.Any(r => !double.IsNaN(r.Loss)))
            columns.AddRange([Real("loss", r => r.Loss, "nats/token"), Real("loss, erased", r => r.ErasedLoss, "nats/token"), Real("loss, random subspace", r => r.RandomLoss, "nats/token")]);
        return new Table($"\"{labels.Name}\" erased", provenance, [.. columns]) { Notes = ["Probes are trained anew after the erasure, which was fitted on their training rows alone."] };
    }
}
