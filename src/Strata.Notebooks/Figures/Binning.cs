using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Makes the bins of histograms.</summary>
internal static class Binning
{
    private const int MaxBins = 1000;

    public static HistogramChart Bin(string title, Axis x, IReadOnlyList<(string Name, IReadOnlyList<double> Values)> samples, int bins)
    {
        if (bins is < 0 or > MaxBins) throw new StrataException($"Histogram \"{title}\" was given {bins} bins; give 1 to {MaxBins}, or 0 to choose by the data.");
        double[] all = samples.SelectMany(s => s.Values).Where(AxisScale.Drawable).Order().ToArray();
        if (all.Length == 0) throw new StrataException($"Histogram \"{title}\" was given no finite number.");
        double[] edges = Edges(all, bins == 0 ? Choose(all) : bins);
        BarSeries[] counts = samples.Select(s => new BarSeries(s.Name, Count(s.Values, edges))).ToArray();
        return new HistogramChart(x with { Log = false }, "count", edges, counts);
    }

    /// <summary>Bin width 2 · IQR / n^(1/3) (Freedman and Diaconis 1981); Sturges' rule where the quartiles coincide.</summary>
    private static int Choose(double[] sorted)
    {
        double iqr = sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4];
        double extent = sorted[^1] - sorted[0];
        if (extent == 0) return 1;
        double count = iqr > 0 ? extent / (2 * iqr / Math.Cbrt(sorted.Length)) : Math.Log2(sorted.Length) + 1;
        return (int)Math.Clamp(Math.Ceiling(count), 1, 100);
    }

    private static double[] Edges(double[] sorted, int bins)
    {
        double low = sorted[0], high = sorted[^1];
        if (low == high) (low, high) = (low - 0.5, high + 0.5);
        double[] edges = new double[bins + 1];
        for (int i = 0; i <= bins; i++) edges[i] = low * ((double)(bins - i) / bins) + high * ((double)i / bins);
        return edges;
    }

    private static double[] Count(IReadOnlyList<double> values, double[] edges)
    {
        int bins = edges.Length - 1;
        double[] counts = new double[bins];
        foreach (double v in values)
        {
            if (!AxisScale.Drawable(v)) continue;
            int found = Array.BinarySearch(edges, v);
            int bin = found >= 0 ? found : ~found - 1;
            counts[Math.Clamp(bin, 0, bins - 1)]++;
        }

        return counts;
    }
}
