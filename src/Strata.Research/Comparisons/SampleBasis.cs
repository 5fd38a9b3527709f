using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// An orthonormal basis of the column space of centred rows, ordered by singular value: one basis vector per row, each with a number per sample. Directions
/// below the resolution of float32 are dropped.
/// </summary>
internal sealed class SampleBasis
{
    /// <summary>Singular values below this share of the largest are rounding of float32.</summary>
    public const double Resolution = 1e-6;

    public SampleBasis(FloatMatrix rows)
    {
        Centred = RealMatrix.Centred(rows);
        bool constant = TensorPrimitives.SumOfSquares<double>(Centred.Values) <= 1e-14 * Spectra.SumOfSquares(rows);
        bool byFeatures = rows.Rows > rows.Columns;
        RealMatrix gram = byFeatures ? Products.ColumnGram(Centred) : Products.RowGram(Centred);
        Evd<double> evd = new DenseMatrix(gram.Rows, gram.Rows, gram.Values).Evd(Symmetricity.Symmetric);
        double[] values = evd.EigenValues.Select(v => v.Real).ToArray();
        int[] kept = constant ? [] : Enumerable.Range(0, values.Length).Where(i => values[i] > Resolution * Resolution * values[^1]).Reverse().ToArray();
        SquaredSingularValues = Array.ConvertAll(kept, i => values[i]);
        RealMatrix vectors = new(kept.Length, gram.Rows);
        for (int i = 0; i < kept.Length; i++) evd.EigenVectors.Column(kept[i]).AsArray().CopyTo(vectors.Row(i));
        Vectors = byFeatures ? Orthonormal(Products.TimesTransposed(vectors, Centred)) : vectors;
    }

    /// <summary>[samples, width], centred.</summary>
    public RealMatrix Centred { get; }

    /// <summary>σ², from largest to smallest.</summary>
    public double[] SquaredSingularValues { get; }

    /// <summary>[rank, samples].</summary>
    public RealMatrix Vectors { get; }

    public int Rank => Vectors.Rows;

    /// <summary>The first basis vectors alone.</summary>
    public RealMatrix Leading(int count) => count == Rank ? Vectors : new RealMatrix(Vectors.Values.AsSpan(0, count * Vectors.Columns).ToArray(), count, Vectors.Columns);

    /// <summary>The same row space with rows that are orthonormal to the last digit: L⁻¹A for LLᵀ = AAᵀ. The squares of singular values had lost half of the digits.</summary>
    private static RealMatrix Orthonormal(RealMatrix rows)
    {
        for (int i = 0; i < rows.Rows; i++) TensorPrimitives.Divide(rows.Row(i), TensorPrimitives.Norm<double>(rows.Row(i)), rows.Row(i));
        if (rows.Rows == 0) return rows;
        Matrix<double> lower = Products.RowGram(rows).ToMathNet().Cholesky().Factor;
        for (int i = 0; i < rows.Rows; i++)
        {
            Span<double> row = rows.Row(i);
            for (int j = 0; j < i; j++) TensorPrimitives.MultiplyAdd(rows.Row(j), -lower[i, j], row, row);
            TensorPrimitives.Divide(row, lower[i, i], row);
        }

        return rows;
    }
}

/// <summary>Canonical correlations of two subspaces of sample space.</summary>
internal static class Canonical
{
    /// <summary>Singular values of A·Bᵀ for orthonormal rows, from largest to smallest, in [0, 1]; min(rows of A, rows of B) of them.</summary>
    public static double[] Correlations(RealMatrix a, RealMatrix b)
    {
        RealMatrix product = Products.TimesTransposed(a, b);
        return SingularValues(product);
    }

    /// <summary>The same from moments: singular values of Λ_x^(-1/2)V_xᵀ·C_xy·V_yΛ_y^(-1/2).</summary>
    /// <param name="x">Whitening directions of one side, from <see cref="Whitening"/>.</param>
    /// <param name="y">Of the other.</param>
    /// <param name="cross">C_xy.</param>
    public static double[] Correlations(RealMatrix x, RealMatrix y, RealMatrix cross) =>
        SingularValues(Products.TimesTransposed(Products.TimesTransposed(x, cross.Transpose()), y));

    /// <summary>Eigenvectors over the square roots of their eigenvalues as rows, the largest first, with the eigenvalues; directions below the resolution of float32 are dropped.</summary>
    public static (RealMatrix Directions, double[] Values) Whitening(RealMatrix covariance)
    {
        int n = covariance.Rows;
        Evd<double> evd = new DenseMatrix(n, n, [.. covariance.Values]).Evd(Symmetricity.Symmetric);
        double[] values = evd.EigenValues.Select(v => v.Real).Reverse().ToArray();
        int rank = values.Count(v => v > SampleBasis.Resolution * SampleBasis.Resolution * values[0]);
        RealMatrix directions = new(rank, n);
        for (int i = 0; i < rank; i++)
        {
            for (int j = 0; j < n; j++) directions.Values[i * n + j] = evd.EigenVectors[j, n - 1 - i] / Math.Sqrt(values[i]);
        }

        return (directions, values[..rank]);
    }

    private static double[] SingularValues(RealMatrix matrix) => SymmetricEigenvalues.OfGram(Products.SmallerGram(matrix)).Select(v => Math.Min(1, Math.Sqrt(v))).ToArray();
}
