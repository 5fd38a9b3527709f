namespace Strata.Notebooks;

/// <summary>
/// Largest triangle, three buckets: keeps, from each of equally long runs of points, the one that spans the largest triangle with the point kept
/// before it and the mean of the run after it, so that peaks survive (S. Steinarsson, Downsampling Time Series for Visual Representation, 2013).
/// </summary>
internal static class Lttb
{
    /// <summary>Indices of the points to keep, ascending; first and last among them. A run without any finite point keeps one, as a gap.</summary>
    public static int[] Choose(IReadOnlyList<double> x, IReadOnlyList<double> y, int count)
    {
        int n = x.Count;
        if (n <= count) return Enumerable.Range(0, n).ToArray();
        int[] kept = new int[count];
        double bucket = (n - 2) / (double)(count - 2);
        int anchor = 0;
        for (int i = 0; i < count - 2; i++)
        {
            int start = 1 + (int)(i * bucket), end = 1 + (int)((i + 1) * bucket);
            (double meanX, double meanY) = Mean(x, y, end, Math.Min(n, i == count - 3 ? n : 1 + (int)((i + 2) * bucket)));
            kept[i + 1] = Largest(x, y, start, end, anchor, meanX, meanY);
            if (Finite(x, y, kept[i + 1])) anchor = kept[i + 1];
        }

        kept[^1] = n - 1;
        return kept;
    }

    private static int Largest(IReadOnlyList<double> x, IReadOnlyList<double> y, int start, int end, int anchor, double meanX, double meanY)
    {
        int best = start;
        double largest = -1;
        for (int i = start; i < end; i++)
        {
            if (!Finite(x, y, i)) continue;
            double area = Math.Abs((x[anchor] - meanX) * (y[i] - y[anchor]) - (x[anchor] - x[i]) * (meanY - y[anchor]));

            // Beside a gap there is no triangle; height above 0 stands in for it.
            if (double.IsNaN(area)) area = Math.Abs(y[i]);
            if (area > largest) (best, largest) = (i, area);
        }

        return best;
    }

    private static (double X, double Y) Mean(IReadOnlyList<double> x, IReadOnlyList<double> y, int start, int end)
    {
        double sumX = 0, sumY = 0;
        int count = 0;
        for (int i = start; i < end; i++)
        {
            if (!Finite(x, y, i)) continue;
            sumX += x[i];
            sumY += y[i];
            count++;
        }

        return count == 0 ? (double.NaN, double.NaN) : (sumX / count, sumY / count);
    }

    private static bool Finite(IReadOnlyList<double> x, IReadOnlyList<double> y, int i) => AxisScale.Drawable(x[i]) && AxisScale.Drawable(y[i]);
}
