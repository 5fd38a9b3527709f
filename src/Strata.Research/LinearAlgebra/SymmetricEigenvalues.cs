using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Eigenvalues of a symmetric matrix without its eigenvectors: Householder reduction to tridiagonal form (Golub and Van Loan, Matrix Computations, 8.3), then QL steps without square roots (Pal, Walker and Kahan; Parlett, The
/// Symmetric Eigenvalue Problem, 8.15). Several times faster than a full decomposition, which measures do not need.
/// </summary>
internal static class SymmetricEigenvalues
{
    /// <summary>Distance from 1 to the next float64.</summary>
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>All eigenvalues, from largest to smallest. What lies below and on the diagonal is read, and overwritten.</summary>
    public static double[] Of(RealMatrix matrix)
    {
        int n = matrix.Rows;
        double[] diagonal = new double[n];
        double[] beside = new double[n];
        Tridiagonalise(matrix, diagonal, beside);
        double scale = Scale(diagonal, beside);
        for (int i = 1; i < n; i++) beside[i - 1] = beside[i] * beside[i];
        if (n > 0) beside[n - 1] = 0;
        RootFreeQl(diagonal, beside);
        TensorPrimitives.Multiply(diagonal, scale, diagonal);
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
        return WithoutRounding(Of(gram));
    }

    /// <summary>Eigenvalues of a Gram matrix, from largest to smallest, with those that are rounding alone set to zero.</summary>
    public static double[] WithoutRounding(double[] values)
    {
        double least = values.Length == 0 ? 0 : values[0] * values.Length * Epsilon;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] <= least) values[i] = 0;
        }

        return values;
    }

    /// <summary>
    /// Q'AQ = T, one Householder reflection per row, the last first; beside[i] couples i - 1 and i. A reflection A - v·w' - w·v' is carried out together with the product of the result with the next v, so that each step reads the
    /// matrix once, and only below the diagonal.
    /// </summary>
    private static void Tridiagonalise(RealMatrix a, double[] diagonal, double[] beside)
    {
        int n = a.Rows;
        double[] v = new double[n], w = new double[n], next = new double[n], product = new double[n];
        for (int k = n - 1; k >= 1; k--)
        {
            Span<double> row = a.Row(k)[..(k + 1)];
            ReflectRow(row, v, w, v[k], w[k]);
            diagonal[k] = row[k];
            double last = row[k - 1], tail = TensorPrimitives.SumOfSquares<double>(row[..(k - 1)]);
            if (tail == 0)
            {
                // Nothing to be reflected here: what waits is carried out alone.
                beside[k] = last;
                for (int i = 0; i < k; i++) ReflectRow(a.Row(i)[..(i + 1)], v, w, v[i], w[i]);
                Array.Clear(v);
                Array.Clear(w);
                continue;
            }

            // The vector of the reflection that maps this row onto its last element.
            double length = Math.Sqrt(tail + last * last);
            beside[k] = last > 0 ? -length : length;
            row[..k].CopyTo(next);
            next[k - 1] = last - beside[k];
            Array.Clear(product, 0, k);
            // Rows go in pairs: two sums that need not wait for each other, and the vectors are read once for both.
            if (k % 2 == 1)
            {
                a.Values[0] -= 2 * v[0] * w[0];
                product[0] += a.Values[0] * next[0];
            }

            for (int i = k % 2; i < k; i += 2) ReflectAndMultiply(a.Row(i)[..(i + 1)], a.Row(i + 1)[..(i + 2)], v, w, next, product);
            double scale = 2 / (tail + next[k - 1] * next[k - 1]);
            TensorPrimitives.Multiply(product.AsSpan(0, k), scale, product);
            double shift = -0.5 * scale * TensorPrimitives.Dot<double>(product.AsSpan(0, k), next.AsSpan(0, k));
            TensorPrimitives.MultiplyAdd(next.AsSpan(0, k), shift, product.AsSpan(0, k), product);
            (v, w, next, product) = (next, product, v, w);
        }

        if (n > 0) diagonal[0] = a[0, 0];
    }

    /// <summary>row - vi·w - wi·v.</summary>
    private static void ReflectRow(Span<double> row, ReadOnlySpan<double> v, ReadOnlySpan<double> w, double vi, double wi)
    {
        TensorPrimitives.MultiplyAdd(v[..row.Length], -wi, row, row);
        TensorPrimitives.MultiplyAdd(w[..row.Length], -vi, row, row);
    }

    /// <summary>The same for rows i and i + 1, which end at the diagonal; what the rows up to there, and their mirror images, give times next is added to the product.</summary>
    private static void ReflectAndMultiply(Span<double> first, Span<double> second, ReadOnlySpan<double> v, ReadOnlySpan<double> w, ReadOnlySpan<double> next, Span<double> product)
    {
        int i = first.Length - 1, j = 0;
        ref double r = ref MemoryMarshal.GetReference(first), q = ref MemoryMarshal.GetReference(second), p = ref MemoryMarshal.GetReference(product[..(i + 2)]);
        ref double x = ref MemoryMarshal.GetReference(v[..(i + 2)]), y = ref MemoryMarshal.GetReference(w[..(i + 2)]), z = ref MemoryMarshal.GetReference(next[..(i + 2)]);
        Vector<double> minusX = new(-v[i]), minusY = new(-w[i]), own = new(next[i]), minusX2 = new(-v[i + 1]), minusY2 = new(-w[i + 1]), own2 = new(next[i + 1]), sum = default, sum2 = default;
        for (; j + Vector<double>.Count <= i; j += Vector<double>.Count)
        {
            Vector<double> xs = Vector.LoadUnsafe(ref x, (nuint)j), ys = Vector.LoadUnsafe(ref y, (nuint)j), zs = Vector.LoadUnsafe(ref z, (nuint)j);
            Vector<double> element = Vector.FusedMultiplyAdd(ys, minusX, Vector.FusedMultiplyAdd(xs, minusY, Vector.LoadUnsafe(ref r, (nuint)j)));
            Vector<double> element2 = Vector.FusedMultiplyAdd(ys, minusX2, Vector.FusedMultiplyAdd(xs, minusY2, Vector.LoadUnsafe(ref q, (nuint)j)));
            element.StoreUnsafe(ref r, (nuint)j);
            element2.StoreUnsafe(ref q, (nuint)j);
            sum = Vector.FusedMultiplyAdd(element, zs, sum);
            sum2 = Vector.FusedMultiplyAdd(element2, zs, sum2);
            Vector.FusedMultiplyAdd(element2, own2, Vector.FusedMultiplyAdd(element, own, Vector.LoadUnsafe(ref p, (nuint)j))).StoreUnsafe(ref p, (nuint)j);
        }

        double dot = Vector.Sum(sum), dot2 = Vector.Sum(sum2);
        for (; j < i; j++)
        {
            first[j] -= v[j] * w[i] + w[j] * v[i];
            second[j] -= v[j] * w[i + 1] + w[j] * v[i + 1];
            dot += first[j] * next[j];
            dot2 += second[j] * next[j];
            product[j] += first[j] * next[i] + second[j] * next[i + 1];
        }

        first[i] -= 2 * v[i] * w[i];
        second[i] -= v[i] * w[i + 1] + w[i] * v[i + 1];
        second[i + 1] -= 2 * v[i + 1] * w[i + 1];
        product[i] += dot + first[i] * next[i] + second[i] * next[i + 1];
        product[i + 1] += dot2 + second[i] * next[i] + second[i + 1] * next[i + 1];
    }

    /// <summary>Divides by a power of two, exactly, so that squares neither overflow nor vanish; gives it back.</summary>
    private static double Scale(double[] diagonal, double[] beside)
    {
        double largest = diagonal.Length == 0 ? 0 : Math.Max(Math.Abs(TensorPrimitives.MaxMagnitude<double>(diagonal)), Math.Abs(TensorPrimitives.MaxMagnitude<double>(beside)));
        if (!double.IsFinite(largest)) throw NoConvergence();
        if (largest == 0) return 1;
        double scale = Math.ScaleB(1, Math.Clamp(Math.ILogB(largest), -1000, 1000));
        TensorPrimitives.Divide(diagonal, scale, diagonal);
        TensorPrimitives.Divide(beside, scale, beside);
        return scale;
    }

    private static StrataException NoConvergence() => new("The eigenvalues of a symmetric matrix did not converge; the activations may hold NaN or infinity.");

    /// <summary>Turns the diagonal of a tridiagonal matrix into its eigenvalues; squares[i] is that of the element between i and i + 1.</summary>
    private static void RootFreeQl(double[] diagonal, double[] squares)
    {
        int n = diagonal.Length;
        for (int l = 0; l < n; l++)
        {
            for (int step = 0; ; step++)
            {
                int m = l;
                while (m < n - 1 && squares[m] > Epsilon * Epsilon * Math.Abs(diagonal[m] * diagonal[m + 1])) m++;
                if (m < n - 1) squares[m] = 0;
                if (m == l) break;
                if (step == 60) throw NoConvergence();
                QlStep(diagonal, squares, l, m);
            }
        }
    }

    /// <summary>One implicit step with Wilkinson's shift on the unreduced block l .. m. Cosines and sines occur squared, as ratios, so no root is taken but that of the shift.</summary>
    private static void QlStep(double[] diagonal, double[] squares, int l, int m)
    {
        double beside = Math.Sqrt(squares[l]), half = (diagonal[l + 1] - diagonal[l]) / (2 * beside);
        double shift = diagonal[l] - beside / (half + Math.CopySign(Math.Sqrt(half * half + 1), half));
        double cosine = 1, sine = 0, gamma = diagonal[m] - shift, p = gamma * gamma;
        for (int i = m - 1; i >= l; i--)
        {
            double square = squares[i], sum = p + square, cosineBefore = cosine, gammaBefore = gamma, element = diagonal[i];
            if (i < m - 1) squares[i + 1] = sine * sum;
            cosine = p / sum;
            sine = square / sum;
            // One over the cosine, which does not wait for it.
            double secant = sum / p;
            gamma = cosine * (element - shift) - sine * gammaBefore;
            diagonal[i + 1] = gammaBefore + (element - gamma);
            p = double.IsFinite(secant) ? gamma * gamma * secant : cosineBefore * square;
        }

        squares[l] = sine * p;
        diagonal[l] = shift + gamma;
    }
}
