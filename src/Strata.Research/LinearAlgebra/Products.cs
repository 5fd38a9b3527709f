using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Products of matrices in float64, all of the form A·Bᵀ: every element is the dot product of two contiguous rows. The order of summation depends on the
/// sizes alone, never on the number of threads, so results repeat exactly.
/// </summary>
internal static class Products
{
    /// <summary>Rows of the result that one thread makes at a time.</summary>
    private const int Stripe = 32;

    /// <summary>Columns that are multiplied before moving on: a stripe of this depth stays in the first-level cache.</summary>
    private const int Depth = 256;

    /// <summary>A·Bᵀ for A [m, k] and B [n, k]: [m, n].</summary>
    public static RealMatrix TimesTransposed(RealMatrix a, RealMatrix b)
    {
        RealMatrix c = new(a.Rows, b.Rows);
        Accumulate(a, b, c, symmetric: false);
        return c;
    }

    /// <summary>A·Bᵀ into a matrix that exists: [m, n].</summary>
    public static void TimesTransposed(RealMatrix a, RealMatrix b, RealMatrix c)
    {
        Array.Clear(c.Values);
        Accumulate(a, b, c, symmetric: false);
    }

    /// <summary>C += A·Aᵀ below and on the diagonal; <see cref="Mirror"/> fills the rest when all has been added.</summary>
    public static void AddRowGram(RealMatrix a, RealMatrix c) => Accumulate(a, a, c, symmetric: true);

    /// <summary>The Gram matrix of the rows, A·Aᵀ: [m, m].</summary>
    public static RealMatrix RowGram(RealMatrix a)
    {
        RealMatrix c = new(a.Rows, a.Rows);
        Accumulate(a, a, c, symmetric: true);
        Mirror(c);
        return c;
    }

    /// <summary>The smaller of A·Aᵀ and Aᵀ·A. Both have the same eigenvalues other than zero, and the same trace.</summary>
    public static RealMatrix SmallerGram(RealMatrix a) => RowGram(a.Rows <= a.Columns ? a : a.Transpose());

    /// <summary>X̃ᵀ·Ỹ of two float32 matrices with as many rows, each less its mean when one is given: [columns of x, columns of y]. Widens a panel of rows at a time.</summary>
    public static RealMatrix ColumnProduct(FloatMatrix x, double[]? xMeans, FloatMatrix y, double[]? yMeans)
    {
        bool symmetric = ReferenceEquals(x, y) && ReferenceEquals(xMeans, yMeans);
        RealMatrix c = new(x.Columns, y.Columns);
        for (int start = 0; start < x.Rows; start += Depth)
        {
            int count = Math.Min(Depth, x.Rows - start);
            RealMatrix a = TransposedPanel(x, xMeans, start, count);
            RealMatrix b = symmetric ? a : TransposedPanel(y, yMeans, start, count);
            Accumulate(a, b, c, symmetric);
        }

        if (symmetric) Mirror(c);
        return c;
    }

    private static RealMatrix TransposedPanel(FloatMatrix matrix, double[]? means, int start, int count)
    {
        RealMatrix rows = new(count, matrix.Columns);
        for (int i = 0; i < count; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(matrix.Row(start + i), rows.Row(i));
            if (means is not null) TensorPrimitives.Subtract(rows.Row(i), means, rows.Row(i));
        }

        return rows.Transpose();
    }

    /// <summary>C += A·Bᵀ; when symmetric, only elements on and below the diagonal are certain to be written.</summary>
    private static void Accumulate(RealMatrix a, RealMatrix b, RealMatrix c, bool symmetric)
    {
        int stripes = (a.Rows + Stripe - 1) / Stripe;
        bool small = (long)a.Rows * b.Rows * a.Columns < 1 << 18;
        if (small || stripes < 2)
        {
            for (int s = 0; s < stripes; s++) AccumulateStripe(a, b, c, s * Stripe, symmetric);
        }
        else
        {
            Parallel.For(0, stripes, s => AccumulateStripe(a, b, c, s * Stripe, symmetric));
        }
    }

    private static void AccumulateStripe(RealMatrix a, RealMatrix b, RealMatrix c, int first, bool symmetric)
    {
        int end = Math.Min(first + Stripe, a.Rows);
        int columns = symmetric ? end : b.Rows;
        for (int depth = 0; depth < a.Columns; depth += Depth)
        {
            int length = Math.Min(Depth, a.Columns - depth);
            int j = 0;
            for (; j + 2 <= columns; j += 2)
            {
                int i = first;
                for (; i + 4 <= end; i += 4) Add4By2(a, i, b, j, depth, length, c);
                for (; i < end; i++)
                {
                    Add1By1(a, i, b, j, depth, length, c);
                    Add1By1(a, i, b, j + 1, depth, length, c);
                }
            }

            for (; j < columns; j++)
            {
                for (int i = first; i < end; i++) Add1By1(a, i, b, j, depth, length, c);
            }
        }
    }

    private static void Add1By1(RealMatrix a, int i, RealMatrix b, int j, int depth, int length, RealMatrix c) =>
        c.Values[i * c.Columns + j] += TensorPrimitives.Dot<double>(a.Row(i).Slice(depth, length), b.Row(j).Slice(depth, length));

    /// <summary>Eight dot products at once, so that each number loaded is used more than once.</summary>
    private static void Add4By2(RealMatrix a, int i, RealMatrix b, int j, int depth, int length, RealMatrix c)
    {
        ReadOnlySpan<double> r0 = a.Row(i).Slice(depth, length), r1 = a.Row(i + 1).Slice(depth, length);
        ReadOnlySpan<double> r2 = a.Row(i + 2).Slice(depth, length), r3 = a.Row(i + 3).Slice(depth, length);
        ReadOnlySpan<double> s0 = b.Row(j).Slice(depth, length), s1 = b.Row(j + 1).Slice(depth, length);
        ReadOnlySpan<Vector<double>> x0 = Vectors(r0), x1 = Vectors(r1), x2 = Vectors(r2), x3 = Vectors(r3), y0 = Vectors(s0), y1 = Vectors(s1);
        Vector<double> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        for (int k = 0; k < x0.Length && k < x1.Length && k < x2.Length && k < x3.Length && k < y0.Length && k < y1.Length; k++)
        {
            Vector<double> u = y0[k], v = y1[k];
            c00 = Vector.FusedMultiplyAdd(x0[k], u, c00);
            c01 = Vector.FusedMultiplyAdd(x0[k], v, c01);
            c10 = Vector.FusedMultiplyAdd(x1[k], u, c10);
            c11 = Vector.FusedMultiplyAdd(x1[k], v, c11);
            c20 = Vector.FusedMultiplyAdd(x2[k], u, c20);
            c21 = Vector.FusedMultiplyAdd(x2[k], v, c21);
            c30 = Vector.FusedMultiplyAdd(x3[k], u, c30);
            c31 = Vector.FusedMultiplyAdd(x3[k], v, c31);
        }

        int at = i * c.Columns + j;
        int rest = x0.Length * Vector<double>.Count;
        Store(c.Values.AsSpan(at), c00, c01, r0[rest..], s0[rest..], s1[rest..]);
        Store(c.Values.AsSpan(at + c.Columns), c10, c11, r1[rest..], s0[rest..], s1[rest..]);
        Store(c.Values.AsSpan(at + 2 * c.Columns), c20, c21, r2[rest..], s0[rest..], s1[rest..]);
        Store(c.Values.AsSpan(at + 3 * c.Columns), c30, c31, r3[rest..], s0[rest..], s1[rest..]);
    }

    private static ReadOnlySpan<Vector<double>> Vectors(ReadOnlySpan<double> row) => MemoryMarshal.Cast<double, Vector<double>>(row);

    /// <summary>Adds two sums to the result, each with the few products that did not fill a vector.</summary>
    private static void Store(Span<double> at, Vector<double> first, Vector<double> second, ReadOnlySpan<double> a, ReadOnlySpan<double> b0, ReadOnlySpan<double> b1)
    {
        double x = Vector.Sum(first), y = Vector.Sum(second);
        for (int k = 0; k < a.Length; k++)
        {
            x += a[k] * b0[k];
            y += a[k] * b1[k];
        }

        at[0] += x;
        at[1] += y;
    }

    /// <summary>Copies what is below the diagonal above it.</summary>
    public static void Mirror(RealMatrix c)
    {
        for (int i = 0; i < c.Rows; i++)
        {
            for (int j = 0; j < i; j++) c.Values[j * c.Columns + i] = c.Values[i * c.Columns + j];
        }
    }
}
