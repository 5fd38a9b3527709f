namespace Strata.Research;

/// <summary>
/// Bootstrap over sequences in one pass: in replicate b, sequence s counts Poisson(1) times (Chamandy et al. 2012, "the Poisson bootstrap"), drawn from the seed, s and b alone, so that nothing is kept
/// and the order and size of batches change nothing. Tokens of one sequence depend on each other, so they are drawn together.
/// </summary>
internal sealed class PoissonBootstrap(int replicates, int seed)
{
    /// <summary>P(X ≤ k) for Poisson(1); beyond the last the tail is 1e-10.</summary>
    private static readonly double[] Cumulative = Distribution();

    public int Replicates => replicates;

    /// <summary>How often a sequence counts in each replicate.</summary>
    public void Weights(int sequence, Span<double> weights)
    {
        ulong state = Mix(((ulong)(uint)seed << 32) ^ (uint)sequence ^ 0x9E3779B97F4A7C15);
        for (int b = 0; b < weights.Length; b++)
        {
            double uniform = (Mix(state + (ulong)b * 0x9E3779B97F4A7C15) >> 11) * (1.0 / (1UL << 53));
            // Few draws are above 2; the others are told apart without branches, which would be mispredicted.
            int k = (uniform > Cumulative[0] ? 1 : 0) + (uniform > Cumulative[1] ? 1 : 0) + (uniform > Cumulative[2] ? 1 : 0);
            if (k == 3) while (k < Cumulative.Length && uniform > Cumulative[k]) k++;
            weights[b] = k;
        }
    }

    /// <summary>The 2.5 % and 97.5 % quantiles of what the replicates gave, linear between order statistics.</summary>
    public static (double Low, double High) Interval(double[] values)
    {
        double[] sorted = values.Where(double.IsFinite).Order().ToArray();
        return sorted.Length < 2 ? (double.NaN, double.NaN) : (Quantile(sorted, 0.025), Quantile(sorted, 0.975));
    }

    private static double Quantile(double[] sorted, double share)
    {
        double at = share * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }

    /// <summary>The finaliser of SplitMix64.</summary>
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static double[] Distribution()
    {
        double[] cumulative = new double[13];
        double term = Math.Exp(-1), sum = 0;
        for (int k = 0; k < cumulative.Length; k++)
        {
            cumulative[k] = sum += term;
            term /= k + 1;
        }

        return cumulative;
    }
}
