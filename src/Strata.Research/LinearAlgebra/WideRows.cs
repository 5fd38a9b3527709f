using System.Numerics;
using System.Runtime.InteropServices;

namespace Strata.Research;

/// <summary>Sums over float32 rows in float64. Numbers are widened in registers, so that rows are read where they were captured and no widened copy is made.</summary>
internal static class WideRows
{
    /// <summary>Σ x·y.</summary>
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        ReadOnlySpan<Vector<float>> a = Vectors(x), b = Vectors(y);
        Vector<double> first = default, second = default, third = default, fourth = default;
        int k = 0;
        for (; k + 1 < a.Length && k + 1 < b.Length; k += 2)
        {
            Vector.Widen(a[k], out Vector<double> al, out Vector<double> ah);
            Vector.Widen(b[k], out Vector<double> bl, out Vector<double> bh);
            first = Vector.FusedMultiplyAdd(al, bl, first);
            second = Vector.FusedMultiplyAdd(ah, bh, second);
            Vector.Widen(a[k + 1], out al, out ah);
            Vector.Widen(b[k + 1], out bl, out bh);
            third = Vector.FusedMultiplyAdd(al, bl, third);
            fourth = Vector.FusedMultiplyAdd(ah, bh, fourth);
        }

        double sum = Vector.Sum(first + second + (third + fourth));
        for (int i = k * Vector<float>.Count; i < x.Length; i++) sum += (double)x[i] * y[i];
        return sum;
    }

    /// <summary>sum += x.</summary>
    public static void Add(ReadOnlySpan<float> x, Span<double> sum)
    {
        ReadOnlySpan<Vector<float>> a = Vectors(x);
        Span<Vector<double>> s = Vectors(sum);
        for (int k = 0; k < a.Length && 2 * k + 1 < s.Length; k++)
        {
            Vector.Widen(a[k], out Vector<double> low, out Vector<double> high);
            s[2 * k] += low;
            s[2 * k + 1] += high;
        }

        for (int i = a.Length * Vector<float>.Count; i < x.Length; i++) sum[i] += x[i];
    }

    /// <summary>sum += scale · x.</summary>
    public static void AddScaled(ReadOnlySpan<float> x, double scale, Span<double> sum)
    {
        ReadOnlySpan<Vector<float>> a = Vectors(x);
        Span<Vector<double>> s = Vectors(sum);
        Vector<double> factor = new(scale);
        for (int k = 0; k < a.Length && 2 * k + 1 < s.Length; k++)
        {
            Vector.Widen(a[k], out Vector<double> low, out Vector<double> high);
            s[2 * k] = Vector.FusedMultiplyAdd(low, factor, s[2 * k]);
            s[2 * k + 1] = Vector.FusedMultiplyAdd(high, factor, s[2 * k + 1]);
        }

        for (int i = a.Length * Vector<float>.Count; i < x.Length; i++) sum[i] += scale * x[i];
    }

    /// <summary>result = x − y.</summary>
    /// <returns>Squared length of the result.</returns>
    public static double Subtract(ReadOnlySpan<float> x, ReadOnlySpan<double> y, Span<double> result)
    {
        ReadOnlySpan<Vector<float>> a = Vectors(x);
        ReadOnlySpan<Vector<double>> b = MemoryMarshal.Cast<double, Vector<double>>(y);
        Span<Vector<double>> r = Vectors(result);
        Vector<double> first = default, second = default;
        for (int k = 0; k < a.Length && 2 * k + 1 < b.Length && 2 * k + 1 < r.Length; k++)
        {
            Vector.Widen(a[k], out Vector<double> low, out Vector<double> high);
            low -= b[2 * k];
            high -= b[2 * k + 1];
            r[2 * k] = low;
            r[2 * k + 1] = high;
            first = Vector.FusedMultiplyAdd(low, low, first);
            second = Vector.FusedMultiplyAdd(high, high, second);
        }

        double squares = Vector.Sum(first + second);
        for (int i = a.Length * Vector<float>.Count; i < x.Length; i++)
        {
            result[i] = x[i] - y[i];
            squares += result[i] * result[i];
        }

        return squares;
    }

    /// <summary>Of the steps from x to y and from y to z: their inner product and the squared length of the second.</summary>
    public static (double Inner, double Squares) Steps(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z)
    {
        ReadOnlySpan<Vector<float>> a = Vectors(x), b = Vectors(y), c = Vectors(z);
        Vector<double> innerLow = default, innerHigh = default, squaresLow = default, squaresHigh = default;
        for (int k = 0; k < a.Length && k < b.Length && k < c.Length; k++)
        {
            Vector.Widen(a[k], out Vector<double> al, out Vector<double> ah);
            Vector.Widen(b[k], out Vector<double> bl, out Vector<double> bh);
            Vector.Widen(c[k], out Vector<double> cl, out Vector<double> ch);
            cl -= bl;
            ch -= bh;
            innerLow = Vector.FusedMultiplyAdd(bl - al, cl, innerLow);
            innerHigh = Vector.FusedMultiplyAdd(bh - ah, ch, innerHigh);
            squaresLow = Vector.FusedMultiplyAdd(cl, cl, squaresLow);
            squaresHigh = Vector.FusedMultiplyAdd(ch, ch, squaresHigh);
        }

        double inner = Vector.Sum(innerLow + innerHigh), squares = Vector.Sum(squaresLow + squaresHigh);
        for (int i = a.Length * Vector<float>.Count; i < x.Length; i++)
        {
            double step = (double)z[i] - y[i];
            inner += ((double)y[i] - x[i]) * step;
            squares += step * step;
        }

        return (inner, squares);
    }

    private static ReadOnlySpan<Vector<float>> Vectors(ReadOnlySpan<float> row) => MemoryMarshal.Cast<float, Vector<float>>(row);

    private static Span<Vector<double>> Vectors(Span<double> row) => MemoryMarshal.Cast<double, Vector<double>>(row);
}
