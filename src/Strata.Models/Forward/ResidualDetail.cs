namespace Strata.Models;

/// <summary>How finely a stream is taken apart.</summary>
public sealed record ResidualDetail
{
    /// <summary>Attention and MLP as wholes.</summary>
    public static ResidualDetail Sublayers { get; } = new();

    /// <summary>Every head of an attention by itself, and what its biases add. State spaces stay whole: their heads are mixed by a norm or a gate before they write.</summary>
    public bool Heads { get; init; }

    /// <summary>Neurons of an MLP that make one part; 0 leaves MLPs whole. Mixtures of experts stay whole.</summary>
    public int NeuronsPerPart { get; init; }
}
