using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Rows of float64, row-major: what measures, comparisons and probes compute in. Captured float32 rows become one of these first.</summary>
internal sealed class RealMatrix
{
    public RealMatrix(double[] values, int rows, int columns)
    {
        Values = values;
        Rows = rows;
        Columns = columns;
    }

    public RealMatrix(int rows, int columns) : this(new double[checked(rows * columns)], rows, columns)
    {
    }

    /// <summary>A matrix whose numbers are still to be written.</summary>
    public static RealMatrix Uninitialised(int rows, int columns) => new(GC.AllocateUninitializedArray<double>(checked(rows * columns)), rows, columns);

    public double[] Values { get; }

    public int Rows { get; }

    public int Columns { get; }

    public double this[int row, int column] => Values[row * Columns + column];

    public Span<double> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>A widened copy.</summary>
    public static RealMatrix From(FloatMatrix matrix)
    {
        RealMatrix result = Uninitialised(matrix.Rows, matrix.Columns);
        TensorPrimitives.ConvertTruncating<float, double>(matrix.Values, result.Values);
        return result;
    }

    /// <summary>The mean of the rows, summed in float64.</summary>
    public static double[] ColumnMeans(FloatMatrix matrix)
    {
        double[] means = new double[matrix.Columns];
        for (int i = 0; i < matrix.Rows; i++) WideRows.Add(matrix.Row(i), means);
        if (matrix.Rows > 0) TensorPrimitives.Divide(means, matrix.Rows, means);
        return means;
    }

    /// <summary>A widened copy with the mean of its rows subtracted.</summary>
    public static RealMatrix Centred(FloatMatrix matrix)
    {
        RealMatrix result = Uninitialised(matrix.Rows, matrix.Columns);
        double[] means = ColumnMeans(matrix);
        for (int i = 0; i < result.Rows; i++) WideRows.Subtract(matrix.Row(i), means, result.Row(i));
        return result;
    }

    /// <summary>The transpose, in tiles that fit a cache line both ways.</summary>
    public RealMatrix Transpose()
    {
        const int tile = 16;
        RealMatrix result = Uninitialised(Columns, Rows);
        for (int i0 = 0; i0 < Rows; i0 += tile)
        {
            for (int j0 = 0; j0 < Columns; j0 += tile)
            {
                for (int i = i0; i < Math.Min(i0 + tile, Rows); i++)
                {
                    for (int j = j0; j < Math.Min(j0 + tile, Columns); j++) result.Values[j * Rows + i] = Values[i * Columns + j];
                }
            }
        }

        return result;
    }

    /// <summary>The same matrix for MathNet, which stores columns.</summary>
    public Matrix<double> ToMathNet() => new DenseMatrix(Rows, Columns, Transpose().Values);
}
