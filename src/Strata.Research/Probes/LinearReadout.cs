using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A trained linear reader in the coordinates of the activations: score of class c = direction(c)·x + bias(c).</summary>
public sealed class LinearReadout : Readout
{
    private readonly RealMatrix _directions;
    private readonly double[] _biases;

    /// <summary>A readout from weights on standardised features.</summary>
    internal LinearReadout(RealMatrix weights, Standardisation standardisation)
    {
        int width = weights.Columns - 1;
        _directions = new RealMatrix(weights.Rows, width);
        _biases = new double[weights.Rows];
        for (int c = 0; c < weights.Rows; c++)
        {
            TensorPrimitives.Multiply(weights.Row(c)[..width], standardisation.InverseDeviations, _directions.Row(c));
            _biases[c] = weights[c, width] - TensorPrimitives.Dot<double>(_directions.Row(c), standardisation.Means);
        }
    }

    /// <inheritdoc/>
    public override int Classes => _directions.Rows;

    /// <inheritdoc/>
    public override int Width => _directions.Columns;

    /// <summary>The direction of a class in activation space.</summary>
    public ReadOnlySpan<double> Direction(int label) => _directions.Row(label);

    /// <summary>The constant of a class; negative infinity for a class that training never saw, when the probe is logistic.</summary>
    public double Bias(int label) => _biases[label];

    /// <summary>The score of every class for one row.</summary>
    /// <exception cref="StrataException">The row's width is not the readout's.</exception>
    public double[] Scores(ReadOnlySpan<float> row)
    {
        if (row.Length != Width) throw new StrataException($"The readout reads rows of width {Width}; this one is {row.Length} wide.");
        double[] scores = [.. _biases];
        for (int c = 0; c < Classes; c++)
        {
            ReadOnlySpan<double> direction = _directions.Row(c);
            for (int j = 0; j < direction.Length; j++) scores[c] += direction[j] * row[j];
        }

        return scores;
    }

    /// <inheritdoc/>
    public override int[] Predict(FloatMatrix rows)
    {
        int[] labels = new int[rows.Rows];
        for (int i = 0; i < labels.Length; i++) labels[i] = TensorPrimitives.IndexOfMax<double>(Scores(rows.Row(i)));
        return labels;
    }
}
