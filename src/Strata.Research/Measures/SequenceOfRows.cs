using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Which sequence each stacked row of a point came from: the group that a split must keep together.</summary>
public static class SequenceOfRows
{
    /// <summary>One index per row of <see cref="Activations.Rows"/>: the sequence's number; for pooled activations every row is its own sequence.</summary>
    /// <exception cref="StrataException">The point was not captured.</exception>
    public static int[] Of(Activations activations, string point)
    {
        IReadOnlyList<FloatMatrix> samples = activations.Samples(point);
        return activations.Pooling == Pooling.None
            ? samples.SelectMany((sample, i) => Enumerable.Repeat(i, sample.Rows)).ToArray()
            : Enumerable.Range(0, samples[0].Rows).ToArray();
    }
}
