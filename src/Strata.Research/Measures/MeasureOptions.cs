using Strata.Models;

namespace Strata.Research;

/// <summary>Which definition of a measure is computed where a paper and its published code differ.</summary>
public enum MeasureForm
{
    /// <summary>The definition in the paper.</summary>
    Textbook,

    /// <summary>What the reference implementation computes; each measure's summary says which code and how it differs.</summary>
    Reference,
}

/// <summary>What an entropy is divided by. N is the number of rows that entered it, D their width.</summary>
public enum EntropyNormalization
{
    /// <summary>Nothing: nats.</summary>
    Raw,

    /// <summary>log N; what the published prompt-entropy curves show.</summary>
    LogN,

    /// <summary>log D.</summary>
    LogD,

    /// <summary>min(log N, log D), the largest value that the entropy can take.</summary>
    Max,
}

/// <summary>Every choice in a measure that has more than one reading.</summary>
public sealed record MeasureOptions
{
    /// <summary>Paper or reference code.</summary>
    public MeasureForm Form { get; init; } = MeasureForm.Textbook;

    /// <summary>What <c>prompt-entropy</c> and <c>dataset-entropy</c> are divided by.</summary>
    public EntropyNormalization Normalization { get; init; } = EntropyNormalization.Raw;

    /// <summary>Order of the Rényi entropy in <c>prompt-entropy</c> and <c>dataset-entropy</c>; 1 is the von Neumann entropy.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>How many positions apart the two states of the reference <c>curvature</c> are.</summary>
    public int CurvatureStep { get; init; } = 1;

    /// <summary>How many random pairs the reference <c>anisotropy</c> draws.</summary>
    public int Pairs { get; init; } = 1000;

    /// <summary>At most so many rows enter <c>two-nn</c>, whose cost is quadratic; a larger set is sampled by <see cref="Seed"/>. Null: all rows.</summary>
    public int? MaxRows { get; init; }

    /// <summary>Seed of whatever is drawn at random.</summary>
    public int Seed { get; init; }

    /// <summary>Refuses values that no measure can work with.</summary>
    /// <exception cref="StrataException">An option is out of range; the message names it.</exception>
    internal void Check()
    {
        if (!(Alpha > 0) || double.IsInfinity(Alpha)) throw new StrataException($"Alpha is {Alpha}; the order of an entropy must be a positive number.");
        if (CurvatureStep < 1) throw new StrataException($"CurvatureStep is {CurvatureStep}; two states must be at least 1 position apart.");
        if (Pairs < 1) throw new StrataException($"Pairs is {Pairs}; at least 1 pair must be drawn.");
        if (MaxRows is < 10) throw new StrataException($"MaxRows is {MaxRows}; give at least 10, or null for all rows.");
    }
}
