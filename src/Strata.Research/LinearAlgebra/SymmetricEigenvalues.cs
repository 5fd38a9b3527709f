using System.Numerics.Tensors;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Eigenvalues of a symmetric matrix without its eigenvectors: Householder reduction to tridiagonal form, then implicit QL steps
/// (Golub and Van Loan, Matrix Computations, 8.3). Several times faster than a full decomposition, which measures do not need.
/// </summary>
internal static class SymmetricEigenvalues
{
    /// <summary>Distance from 1 to the next float64.</summary>
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>All eigenvalues, from largest to smallest. The matrix is overwritten.</summary>
    public static double[] Of(RealMatrix matrix)
    {
        int n = matrix.Rows;
        double[] diagonal = new double[n];
        double[] beside = new double[n];
        Tridiagonalise(matrix, diagonal, beside);
        ImplicitQl(diagonal, beside);
        Array.Sort(diagonal);
        Array.Reverse(diagonal);
        return diagonal;
    }

    /// <summary>
    /// Eigenvalues of a Gram matrix, from largest to smallest, with those that are rounding alone (below n·eps of the largest) set to zero. Square roots of
    /// these are singular values down to about 1e-7 of the largest, which is what float32 data resolve.
    /// </summary>
    public static double[] OfGram(RealMatrix gram)
    {
        double[] values = Of(gram);
        double least = values.Length == 0 ? 0 : values[0] * values.Length * Epsilon;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] <= least) values[i] = 0;
        }

        return values;
    }

    /// <summary>Q'AQ = T, one Householder reflection per row, the last first; beside[i] couples i - 1 and i.</summary>
    private static void Tridiagonalise(RealMatrix a, double[] diagonal, double[] beside)
    {
        int n = a.Rows;
        double[] product = new double[n];
        for (int k = n - 1; k >= 1; k--)
        {
            Span<double> v = a.Row(k)[..k];
            double tail = TensorPrimitives.SumOfSquares<double>(v[..^1]);
            diagonal[k] = a[k, k];
            if (tail == 0)
            {
                beside[k] = v[k - 1];
                continue;
            }

            // v becomes the vector of the reflection that maps this row onto its last element.
            double length = Math.Sqrt(tail + v[k - 1] * v[k - 1]);
            double target = v[k - 1] > 0 ? -length : length;
            beside[k] = target;
            v[k - 1] -= target;
            Reflect(a, k, v, product.AsSpan(0, k));
        }

        if (n > 0) diagonal[0] = a[0, 0];
    }

    /// <summary>A - v·w' - w·v' on the leading k x k block: the reflection of both sides.</summary>
    private static void Reflect(RealMatrix a, int k, ReadOnlySpan<double> v, Span<double> w)
    {
        double scale = 2 / TensorPrimitives.SumOfSquares(v);
        for (int i = 0; i < k; i++) w[i] = scale * TensorPrimitives.Dot(a.Row(i)[..k], v);
        double shift = -0.5 * scale * TensorPrimitives.Dot(w, v);
        TensorPrimitives.MultiplyAdd(v, shift, w, w);
        for (int i = 0; i < k; i++)
        {
            Span<double> row = a.Row(i)[..k];
            TensorPrimitives.MultiplyAdd(v, -w[i], row, row);
            TensorPrimitives.MultiplyAdd(w, -v[i], row, row);
        }
    }

    private static void ImplicitQl(double[] d, double[] beside)
    {
        int n = d.Length;
        double[] e = new double[n];
        for (int i = 1; i < n; i++) e[i - 1] = beside[i];
        for (int l = 0; l < n; l++)
        {
            for (int step = 0; ; step++)
            {
                int m = l;
                while (m < n - 1 && Math.Abs(e[m]) > Epsilon * (Math.Abs(d[m]) + Math.Abs(d[m + 1]))) m++;
                if (m == l) break;
                if (step == 60) throw new StrataException("The eigenvalues of a symmetric matrix did not converge; the activations may hold NaN or infinity.");
                QlStep(d, e, l, m);
            }
        }
    }

    /// <summary>One implicit step with Wilkinson's shift on the unreduced block l .. m.</summary>
    private static void QlStep(double[] d, double[] e, int l, int m)
    {
        double g = (d[l + 1] - d[l]) / (2 * e[l]);
        double r = double.Hypot(g, 1);
        g = d[m] - d[l] + e[l] / (g + Math.CopySign(r, g));
        double sine = 1, cosine = 1, p = 0;
        for (int i = m - 1; i >= l; i--)
        {
            double f = sine * e[i];
            double b = cosine * e[i];
            r = double.Hypot(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                return;
            }

            sine = f / r;
            cosine = g / r;
            g = d[i + 1] - p;
            r = (d[i] - g) * sine + 2 * cosine * b;
            p = sine * r;
            d[i + 1] = g + p;
            g = cosine * r - b;
        }

        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }
}
