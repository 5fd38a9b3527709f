using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Means and standard deviations of the training rows: the only ones by which rows are ever standardised.</summary>
internal sealed class Standardisation
{
    /// <summary>Statistics of some rows of a matrix. A column whose deviation is below float32 resolution is constant: it is read as zero.</summary>
    public Standardisation(FloatMatrix matrix, int[] rows)
    {
        double[] row = new double[matrix.Columns];
        double[] squares = new double[matrix.Columns];
        Means = new double[matrix.Columns];
        foreach (int i in rows)
        {
            TensorPrimitives.ConvertTruncating<float, double>(matrix.Row(i), row);
            TensorPrimitives.Add(Means, row, Means);
        }

        TensorPrimitives.Divide(Means, rows.Length, Means);
        foreach (int i in rows)
        {
            TensorPrimitives.ConvertTruncating<float, double>(matrix.Row(i), row);
            TensorPrimitives.Subtract(row, Means, row);
            TensorPrimitives.MultiplyAdd(row, row, squares, squares);
        }

        InverseDeviations = new double[matrix.Columns];
        for (int j = 0; j < squares.Length; j++)
        {
            double deviation = Math.Sqrt(squares[j] / rows.Length);
            if (deviation > 1e-7 * Math.Abs(Means[j])) InverseDeviations[j] = 1 / deviation;
        }
    }

    public double[] Means { get; }

    public double[] InverseDeviations { get; }

    /// <summary>Some rows, standardised: [rows, width].</summary>
    public RealMatrix Apply(FloatMatrix matrix, int[] rows)
    {
        RealMatrix result = new(rows.Length, matrix.Columns);
        for (int i = 0; i < rows.Length; i++)
        {
            Span<double> row = result.Row(i);
            TensorPrimitives.ConvertTruncating<float, double>(matrix.Row(rows[i]), row);
            TensorPrimitives.Subtract(row, Means, row);
            TensorPrimitives.Multiply(row, InverseDeviations, row);
        }

        return result;
    }
}
