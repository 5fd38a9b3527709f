namespace Strata.Research;

/// <summary>Where over the layers labels become readable (Jin et al. 2024), from α_ℓ = accuracy_ℓ / accuracy_{ℓ−1}.</summary>
/// <param name="Jump">First ℓ/L with α_ℓ ≥ 1.1; NaN for none.</param>
/// <param name="Convergence">Last ℓ/L with |α_ℓ − 1| &lt; 0.03, as the paper has it; NaN for none.</param>
/// <param name="Settled">First ℓ/L from which on every |α − 1| &lt; 0.03; NaN when the last step is larger. The paper's point is late whenever a flat curve ends flat.</param>
public sealed record ConceptDepth(double Jump, double Convergence, double Settled)
{
    /// <summary>The depths of a curve.</summary>
    /// <param name="accuracies">One per layer in order; ℓ counts from 1, the second layer, and L is their number.</param>
    /// <param name="jump">The ratio that counts as a jump.</param>
    /// <param name="tolerance">How near to 1 a ratio counts as flat.</param>
    public static ConceptDepth Of(IReadOnlyList<double> accuracies, double jump = 1.1, double tolerance = 0.03)
    {
        double first = double.NaN, last = double.NaN, settled = double.NaN;
        for (int layer = 1; layer < accuracies.Count; layer++)
        {
            double ratio = accuracies[layer] / accuracies[layer - 1], depth = (double)layer / accuracies.Count;
            if (double.IsNaN(first) && ratio >= jump) first = depth;
            bool flat = Math.Abs(ratio - 1) < tolerance;
            if (flat) last = depth;
            settled = !flat ? double.NaN : double.IsNaN(settled) ? depth : settled;
        }

        return new ConceptDepth(first, last, settled);
    }
}
