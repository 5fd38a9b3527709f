using Strata.Models;

namespace Strata.Research;

/// <summary>How a probe is trained and judged.</summary>
public sealed record ProbeOptions
{
    /// <summary>Share of the groups that is held out for the test.</summary>
    public double TestShare { get; init; } = 0.25;

    /// <summary>Share of the training groups on which the regularisation is chosen.</summary>
    public double ValidationShare { get; init; } = 0.25;

    /// <summary>Regularisations to choose from; null for the probe's own. Ridge: λ per row, on standardised features. Logistic: C as in scikit-learn, larger is weaker.</summary>
    public IReadOnlyList<double>? Grid { get; init; }

    /// <summary>Whether the same probe is also trained and tested on permuted labels.</summary>
    public bool Control { get; init; } = true;

    /// <summary>Seed of the splits and of the permutation.</summary>
    public int Seed { get; init; }

    internal void Check()
    {
        if (!(TestShare > 0 && TestShare < 1)) throw new StrataException($"TestShare is {TestShare}; give a share between 0 and 1.");
        if (!(ValidationShare > 0 && ValidationShare < 1)) throw new StrataException($"ValidationShare is {ValidationShare}; give a share between 0 and 1.");
        if (Grid is not null && (Grid.Count == 0 || Grid.Any(g => !(g > 0) || double.IsInfinity(g)))) throw new StrataException("Grid must hold positive numbers, or be null for the probe's own.");
    }
}
