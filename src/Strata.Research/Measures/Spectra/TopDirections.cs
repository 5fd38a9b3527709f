using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// The leading eigendirections of the covariance of a point, to be taken away from its states before they are measured (the ablation of Li et al. 2025, "Tracing the Representation Geometry of Language Models"):
/// h − V·Vᵀ·(h − μ). The mean of all rows stays where it is, and so does everything across the directions.
/// </summary>
internal sealed class TopDirections
{
    private readonly double[] _mean;
    private readonly double[][] _directions;

    private TopDirections(double[] mean, double[][] directions) => (_mean, _directions) = (mean, directions);

    /// <summary>The directions of the largest eigenvalues; of none that is rounding alone.</summary>
    /// <exception cref="StrataException">Fewer directions would be left than one.</exception>
    public static TopDirections Of(Moments moments, int count, string point)
    {
        if (count >= moments.Columns) throw new StrataException($"RemoveTop is {count}, and the states at \"{point}\" have {moments.Columns} dimensions; remove fewer than that.");
        if (moments.Count == 0) return new TopDirections(moments.Mean(), []);
        Evd<double> parts = moments.Gram(centred: true).ToMathNet().Evd(Symmetricity.Symmetric);
        // MathNet sorts eigenvalues upward.
        int last = moments.Columns - 1;
        double least = parts.EigenValues[last].Real * moments.Columns * 1e-15;
        return new TopDirections(moments.Mean(), Enumerable.Range(0, count).Where(k => parts.EigenValues[last - k].Real > least).Select(k => parts.EigenVectors.Column(last - k).ToArray()).ToArray());
    }

    /// <summary>The directions at a captured point.</summary>
    public static TopDirections Of(Activations activations, string point, int count)
    {
        IReadOnlyList<FloatMatrix> samples = activations.Samples(point);
        Moments moments = new(samples.Count == 0 ? 0 : samples[0].Columns);
        foreach (FloatMatrix sample in samples.Where(s => TensorPrimitives.IsFiniteAll<float>(s.Values))) moments.Add(RealMatrix.From(sample));
        return Of(moments, count, point);
    }

    /// <summary>The states without their parts along the directions.</summary>
    public FloatMatrix Without(FloatMatrix states)
    {
        FloatMatrix result = new(new float[states.Values.Length], states.Rows, states.Columns);
        double[] row = new double[states.Columns], offset = new double[states.Columns];
        for (int i = 0; i < states.Rows; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(states.Row(i), row);
            TensorPrimitives.Subtract(row, _mean, offset);
            foreach (double[] direction in _directions)
            {
                double along = TensorPrimitives.Dot<double>(direction, offset);
                TensorPrimitives.MultiplyAdd(direction, -along, row, row);
            }

            TensorPrimitives.ConvertTruncating<double, float>(row, result.Row(i));
        }

        return result;
    }
}
