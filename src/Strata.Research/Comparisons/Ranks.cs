namespace Strata.Research;

/// <summary>Ranks of numbers.</summary>
internal static class Ranks
{
    /// <summary>1 for the smallest; equal numbers share the mean of their ranks. All NaN where a number is NaN.</summary>
    public static double[] Of(double[] values)
    {
        double[] sorted = [.. values], ranks = new double[values.Length];
        int[] order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(sorted, order);
        if (sorted.Length > 0 && double.IsNaN(sorted[0]))
        {
            Array.Fill(ranks, double.NaN);
            return ranks;
        }

        for (int first = 0; first < sorted.Length;)
        {
            int end = first + 1;
            while (end < sorted.Length && sorted[end] == sorted[first]) end++;
            for (int i = first; i < end; i++) ranks[order[i]] = 0.5 * (first + 1 + end);
            first = end;
        }

        return ranks;
    }
}
