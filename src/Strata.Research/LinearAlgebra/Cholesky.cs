using System.Numerics.Tensors;
using Strata.Models;

namespace Strata.Research;

/// <summary>L·Lᵀ = A for symmetric positive definite A (Golub and Van Loan, Matrix Computations, 4.2).</summary>
internal static class Cholesky
{
    /// <summary>Overwrites A with L, zeros above the diagonal.</summary>
    /// <exception cref="StrataException">A is not positive definite.</exception>
    public static void Factor(RealMatrix a)
    {
        for (int i = 0; i < a.Rows; i++)
        {
            Span<double> row = a.Row(i);
            for (int j = 0; j < i; j++) row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], a.Row(j)[..j])) / a[j, j];
            double pivot = row[i] - TensorPrimitives.SumOfSquares<double>(row[..i]);
            if (!(pivot > 0)) throw new StrataException("A matrix that should be positive definite is not; the rows may hold NaN, infinity, or too large a range of numbers.");
            row[i] = Math.Sqrt(pivot);
            row[(i + 1)..].Clear();
        }
    }

    /// <summary>log det A. A is overwritten.</summary>
    public static double LogDeterminant(RealMatrix a)
    {
        Factor(a);
        double sum = 0;
        for (int i = 0; i < a.Rows; i++) sum += Math.Log(a[i, i]);
        return 2 * sum;
    }

    /// <summary>Overwrites every row x of B with the solution of L·y = x: B·L⁻ᵀ.</summary>
    public static void SolveRows(RealMatrix l, RealMatrix b)
    {
        for (int r = 0; r < b.Rows; r++)
        {
            Span<double> x = b.Row(r);
            for (int i = 0; i < l.Rows; i++) x[i] = (x[i] - TensorPrimitives.Dot<double>(l.Row(i)[..i], x[..i])) / l[i, i];
        }
    }
}
