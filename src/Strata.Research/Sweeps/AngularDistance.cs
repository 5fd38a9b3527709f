using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// How far a span of blocks turns the residual stream: d(ℓ, n) = arccos(cos(x_ℓ, x_(ℓ+n))) / π at the last token, mean over rows
/// (Gromov et al., "The Unreasonable Ineffectiveness of the Deeper Layers", arXiv 2403.17887). Streams are those between blocks, none of them normalised.
/// </summary>
public sealed class AngularDistance
{
    private readonly double[,] _distances;

    private AngularDistance(LayerPlans plans, double[,] distances, Provenance provenance)
    {
        Plans = plans;
        _distances = distances;
        Provenance = provenance;
    }

    /// <summary>Builders for the network's depth.</summary>
    public LayerPlans Plans { get; }

    /// <summary>Where the numbers came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>d(start, length) in [0, 1]: the angle between the streams before block start and before block start + length, over π.</summary>
    public double this[int start, int length] => _distances[start, length];

    /// <summary>Measures a network on data.</summary>
    public static AngularDistance Measure(Model model, TokenRows rows, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        int blocks = model.Spec.Blocks;
        Activations streams = model.Capture(rows, new CaptureRequest
        {
            Points = ["blocks.*.resid_pre", $"blocks.{blocks - 1}.resid_post"],
            Pooling = Pooling.Last,
            Announce = _ => { },
            Progress = progress,
        }, cancellation);
        FloatMatrix[] at = streams.Points.Select(streams.Rows).ToArray();
        double[,] distances = new double[blocks, blocks + 1];
        for (int start = 0; start < blocks; start++)
        {
            for (int length = 1; start + length <= blocks; length++) distances[start, length] = Distance(at[start], at[start + length]);
        }

        return new AngularDistance(model.Plans, distances, streams.Provenance);
    }

    /// <summary>The window of a length that turns the stream least: the block to drop first.</summary>
    public int Best(int length) => Enumerable.Range(0, Plans.Blocks - length + 1).MinBy(start => _distances[start, length]);

    /// <summary>One row per length: the window that would be dropped, its distance and the plan without it.</summary>
    public Table ToTable()
    {
        int[] lengths = Enumerable.Range(1, Plans.Blocks).ToArray();
        return new Table("Window of blocks that turns the stream least", Provenance,
            Column.Integer("length", lengths.Select(n => (long)n)),
            Column.Integer("start", lengths.Select(n => (long)Best(n))),
            Column.Integer("end", lengths.Select(n => (long)Best(n) + n)),
            Column.Real("distance", lengths.Select(n => _distances[Best(n), n]), "π rad"),
            Column.Text("plan", lengths.Select(n => Plans.Skip(Best(n)..(Best(n) + n)).ToString())));
    }

    private static double Distance(FloatMatrix a, FloatMatrix b)
    {
        double sum = 0;
        for (int row = 0; row < a.Rows; row++) sum += Math.Acos(Cosine.Of(a.Row(row), b.Row(row))) / Math.PI;
        return sum / a.Rows;
    }
}
