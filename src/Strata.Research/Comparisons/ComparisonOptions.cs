using Strata.Tensors;

namespace Strata.Research;

/// <summary>Controls and confounder of a comparison of captures.</summary>
public sealed record ComparisonOptions
{
    /// <summary>Whether rows of one side are also compared with the rows of the other in shuffled order: what unrelated rows of these layers score.</summary>
    public bool Controls { get; init; } = true;

    /// <summary>Seed of the shuffled order.</summary>
    public int Seed { get; init; }

    /// <summary>The rows whose similarity is regressed out by <c>dcka</c> and <c>drsa</c>; null for the first point of the first capture.</summary>
    public FloatMatrix? Confounder { get; init; }

    /// <summary>How often half of the rows are drawn to tell how much a value depends on the rows; 0 for never.</summary>
    public int Halves { get; init; }
}
