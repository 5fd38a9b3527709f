using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
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
        Accumulate(a, b, c);
        return c;
    }

    /// <summary>A·Bᵀ into a matrix that exists: [m, n].</summary>
    public static void TimesTransposed(RealMatrix a, RealMatrix b, RealMatrix c)
    {
        Array.Clear(c.Values);
        Accumulate(a, b, c);
    }

    /// <summary>The Gram matrix of the rows, A·Aᵀ: [m, m].</summary>
    public static RealMatrix RowGram(RealMatrix a)
    {
        RealMatrix c = new(a.Rows, a.Rows);
        PanelProducts.AddRowGram(a, c, share: true);
        Mirror(c);
        return c;
    }

    /// <summary>Below and on the diagonal, the smaller of A·Aᵀ and Aᵀ·A; small ones in memory of the thread's own, which holds until the thread asks again.</summary>
    public static RealMatrix LowerGramOfThread(RealMatrix a)
    {
        const int largest = 512;
        int size = Math.Min(a.Rows, a.Columns);
        if (size > largest) return SmallerGram(a);
        if (_gramOfThread is null || _gramOfThread.Rows != size) _gramOfThread = new RealMatrix(size, size);
        else Array.Clear(_gramOfThread.Values);
        // On this thread alone: where there are many, they are shared out as wholes.
        if (a.Rows <= a.Columns) PanelProducts.AddRowGram(a, _gramOfThread, share: false);
        else PanelProducts.AddColumns(a, a, a.Rows, _gramOfThread);
        return _gramOfThread;
    }

    [ThreadStatic]
    private static RealMatrix? _gramOfThread;

    /// <summary>The Gram matrix of the columns, Aᵀ·A: [n, n].</summary>
    public static RealMatrix ColumnGram(RealMatrix a)
    {
        RealMatrix c = new(a.Columns, a.Columns);
        PanelProducts.AddColumns(a, a, a.Rows, c);
        Mirror(c);
        return c;
    }

    /// <summary>The smaller of A·Aᵀ and Aᵀ·A. Both have the same eigenvalues other than zero, and the same trace.</summary>
    public static RealMatrix SmallerGram(RealMatrix a) => a.Rows <= a.Columns ? RowGram(a) : ColumnGram(a);

    /// <summary>X̃ᵀ·Ỹ of two float32 matrices with as many rows, each less its mean when one is given: [columns of x, columns of y]. Widens a panel of rows at a time.</summary>
    public static RealMatrix ColumnProduct(FloatMatrix x, double[]? xMeans, FloatMatrix y, double[]? yMeans)
    {
        bool symmetric = ReferenceEquals(x, y) && ReferenceEquals(xMeans, yMeans);
        RealMatrix c = new(x.Columns, y.Columns);
        for (int start = 0; start < x.Rows; start += Depth)
        {
            int count = Math.Min(Depth, x.Rows - start);
            RealMatrix a = Widened(x, xMeans, start, count);
            PanelProducts.AddColumns(a, symmetric ? a : Widened(y, yMeans, start, count), count, c);
        }

        if (symmetric) Mirror(c);
        return c;
    }

    private static RealMatrix Widened(FloatMatrix matrix, double[]? means, int start, int count)
    {
        RealMatrix rows = RealMatrix.Uninitialised(count, matrix.Columns);
        for (int i = 0; i < count; i++)
        {
            if (means is not null) WideRows.Subtract(matrix.Row(start + i), means, rows.Row(i));
            else TensorPrimitives.ConvertTruncating<float, double>(matrix.Row(start + i), rows.Row(i));
        }

        return rows;
    }

    /// <summary>C += A·Bᵀ.</summary>
    private static void Accumulate(RealMatrix a, RealMatrix b, RealMatrix c)
    {
        int stripes = (a.Rows + Stripe - 1) / Stripe;
        if ((long)a.Rows * b.Rows * a.Columns < 1 << 18) for (int s = 0; s < stripes; s++) AccumulateStripe(a, b, c, s * Stripe);
        else ParallelWork.For(stripes, CancellationToken.None, s => AccumulateStripe(a, b, c, s * Stripe));
    }

    private static void AccumulateStripe(RealMatrix a, RealMatrix b, RealMatrix c, int first)
    {
        int end = Math.Min(first + Stripe, a.Rows), columns = b.Rows;
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
        // References instead of spans: beside rows of a usual width, checking six of them would cost as much as the products.
        ref double x0 = ref a.Row(i)[depth], x1 = ref a.Row(i + 1)[depth], x2 = ref a.Row(i + 2)[depth], x3 = ref a.Row(i + 3)[depth];
        ref double y0 = ref b.Row(j)[depth], y1 = ref b.Row(j + 1)[depth];
        Vector<double> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        int k = 0;
        for (; k + Vector<double>.Count <= length; k += Vector<double>.Count)
        {
            Vector<double> u = Vector.LoadUnsafe(ref y0, (nuint)k), v = Vector.LoadUnsafe(ref y1, (nuint)k), x = Vector.LoadUnsafe(ref x0, (nuint)k);
            c00 = Vector.FusedMultiplyAdd(x, u, c00);
            c01 = Vector.FusedMultiplyAdd(x, v, c01);
            x = Vector.LoadUnsafe(ref x1, (nuint)k);
            c10 = Vector.FusedMultiplyAdd(x, u, c10);
            c11 = Vector.FusedMultiplyAdd(x, v, c11);
            x = Vector.LoadUnsafe(ref x2, (nuint)k);
            c20 = Vector.FusedMultiplyAdd(x, u, c20);
            c21 = Vector.FusedMultiplyAdd(x, v, c21);
            x = Vector.LoadUnsafe(ref x3, (nuint)k);
            c30 = Vector.FusedMultiplyAdd(x, u, c30);
            c31 = Vector.FusedMultiplyAdd(x, v, c31);
        }

        Span<double> sums = [Vector.Sum(c00), Vector.Sum(c01), Vector.Sum(c10), Vector.Sum(c11), Vector.Sum(c20), Vector.Sum(c21), Vector.Sum(c30), Vector.Sum(c31)];
        for (; k < length; k++)
        {
            double u = Unsafe.Add(ref y0, k), v = Unsafe.Add(ref y1, k);
            AddProducts(sums, Unsafe.Add(ref x0, k), u, v);
            AddProducts(sums[2..], Unsafe.Add(ref x1, k), u, v);
            AddProducts(sums[4..], Unsafe.Add(ref x2, k), u, v);
            AddProducts(sums[6..], Unsafe.Add(ref x3, k), u, v);
        }

        for (int row = 0; row < 4; row++)
        {
            c.Values[(i + row) * c.Columns + j] += sums[2 * row];
            c.Values[(i + row) * c.Columns + j + 1] += sums[2 * row + 1];
        }
    }

    private static void AddProducts(Span<double> sums, double x, double u, double v)
    {
        sums[0] += x * u;
        sums[1] += x * v;
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
