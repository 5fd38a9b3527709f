using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Squared Euclidean distances of all pairs of rows.</summary>
internal static class Distances
{
    /// <summary>‖xᵢ − xⱼ‖², [n, n], never below 0; from the Gram matrix of centred rows, where cancellation is least.</summary>
    public static RealMatrix Squared(FloatMatrix rows)
    {
        RealMatrix gram = PairKernel.Linear(rows);
        double[] lengths = new double[gram.Rows];
        for (int i = 0; i < lengths.Length; i++) lengths[i] = gram[i, i];
        for (int i = 0; i < gram.Rows; i++)
        {
            Span<double> row = gram.Row(i);
            TensorPrimitives.Multiply(row, -2, row);
            TensorPrimitives.Add(row, lengths, row);
            TensorPrimitives.Add(row, lengths[i], row);
            TensorPrimitives.Max(row, 0, row);
            row[i] = 0;
        }

        return gram;
    }

    /// <summary>The median of the distances of different rows, or of all n² entries with the zeros of the diagonal.</summary>
    public static double Median(RealMatrix squared, bool withDiagonal)
    {
        int n = squared.Rows;
        double[] values;
        if (withDiagonal)
        {
            values = [.. squared.Values];
        }
        else
        {
            values = new double[n * (n - 1) / 2];
            for (int i = 1, at = 0; i < n; at += i++) squared.Row(i)[..i].CopyTo(values.AsSpan(at));
        }

        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
    }
}
