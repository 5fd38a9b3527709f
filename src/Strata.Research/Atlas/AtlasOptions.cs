using Strata.Models;

namespace Strata.Research;

/// <summary>How an atlas is made.</summary>
public sealed record AtlasOptions
{
    /// <summary>Measures of the battery.</summary>
    public IReadOnlyList<string> Measures { get; init; } =
        ["prompt-entropy", "effective-rank", "two-nn", "anisotropy", "anisotropy-centred", "norm", "max-activation", "massive-ratio", "token-homogeneity", "curvature", "block-influence"];

    /// <summary>Form and parameters of the measures, and the seed of everything that is drawn.</summary>
    public MeasureOptions MeasureOptions { get; init; } = new();

    /// <summary>Run the battery, the lens and the probes on a network of the same shape with random weights too.</summary>
    public bool Control { get; init; } = true;

    /// <summary>Labels of the rows that are captured for the comparison, to be read by a linear probe; null for no probe.</summary>
    public Func<Activations, IReadOnlyList<LabelSet>>? Labels { get; init; }

    /// <summary>At most so many tokens, of the first rows, are kept for the comparison of layers and for probes.</summary>
    public int CapturedTokens { get; init; } = 8192;

    /// <summary>At most so many bytes of activations are kept; fewer tokens where they would not fit.</summary>
    public long CapturedBytes { get; init; } = 256L << 20;

    /// <summary>At most so many tokens, of the first rows, are read through the vocabulary at every layer.</summary>
    public int LensTokens { get; init; } = 1024;

    /// <summary>At most so many tokens, of the first rows, are predicted without each block.</summary>
    public int SweepTokens { get; init; } = 8192;

    /// <summary>Told how far the work is.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
