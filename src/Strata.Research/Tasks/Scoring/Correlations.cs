namespace Strata.Research;

/// <summary>Correlations of two lists of numbers. NaN where a list is constant, holds NaN or has fewer than two numbers.</summary>
internal static class Correlations
{
    /// <summary>Pearson's.</summary>
    public static double Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        int n = x.Count;
        if (n < 2) return double.NaN;
        double xMean = x.Average(), yMean = y.Average(), xy = 0, xx = 0, yy = 0;
        for (int i = 0; i < n; i++)
        {
            double a = x[i] - xMean, b = y[i] - yMean;
            xy += a * b;
            xx += a * a;
            yy += b * b;
        }

        // A mean of equal numbers may miss them by a rounding, and then their differences correlate with anything.
        bool constant = x.All(v => v == x[0]) || y.All(v => v == y[0]);
        return constant ? double.NaN : Math.Clamp(xy / (Math.Sqrt(xx) * Math.Sqrt(yy)), -1, 1);
    }

    /// <summary>Spearman's: Pearson's of the ranks, the mean rank for ties.</summary>
    public static double Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y) => Pearson(Ranks.Of([.. x]), Ranks.Of([.. y]));

    /// <summary>
    /// Distance correlation of two lists of numbers (Székely, Rizzo and Bakirov 2007), the plain (V-statistic) form: with A and B the matrices of distances |xᵢ − xⱼ| and |yᵢ − yⱼ|, their row and
    /// column means taken out, √(ΣAB / √(ΣAA·ΣBB)). 0 only for independence in the limit; of few numbers it is well above 0 by chance.
    /// </summary>
    public static double Distance(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count < 2) return double.NaN;
        double[,] a = Centred(x), b = Centred(y);
        double ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < x.Count; i++)
        {
            for (int j = 0; j < x.Count; j++)
            {
                ab += a[i, j] * b[i, j];
                aa += a[i, j] * a[i, j];
                bb += b[i, j] * b[i, j];
            }
        }

        return aa > 0 && bb > 0 ? Math.Sqrt(Math.Max(0, ab) / Math.Sqrt(aa * bb)) : double.NaN;
    }

    private static double[,] Centred(IReadOnlyList<double> values)
    {
        int n = values.Count;
        double[,] distances = new double[n, n];
        double[] means = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                distances[i, j] = Math.Abs(values[i] - values[j]);
                means[i] += distances[i, j] / n;
            }
        }

        double mean = means.Average();
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) distances[i, j] += mean - means[i] - means[j];
        }

        return distances;
    }
}
