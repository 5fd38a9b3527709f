namespace Strata.Models;

/// <summary>Where a convolution of single channels lies: some channels of a tensor [channels, 1, taps].</summary>
/// <param name="Weight">The tensor.</param>
/// <param name="Bias">Bias over all channels of the tensor, or null.</param>
/// <param name="FirstChannel">First channel that belongs to this convolution.</param>
/// <param name="Channels">Number of channels.</param>
public sealed record ConvolutionEntry(WeightEntry Weight, WeightEntry? Bias, int FirstChannel, int Channels)
{
    internal IEnumerable<WeightEntry?> Entries => [Weight, Bias];

    /// <summary>Some consecutive channels.</summary>
    public ConvolutionEntry Part(int first, int channels) => this with { FirstChannel = first, Channels = channels };
}

/// <summary>The weights of a state space; see <see cref="StateSpaceSpec"/>.</summary>
public sealed record StateSpaceMap
{
    /// <summary>Stream to channels, before the convolution.</summary>
    public required LinearEntry Input { get; init; }

    /// <summary>Stream to the gate of each channel.</summary>
    public required LinearEntry Gate { get; init; }

    /// <summary>The convolution of the channels.</summary>
    public required ConvolutionEntry Convolution { get; init; }

    /// <summary>Convolved channels to the low rank from which step sizes come; null for Mamba-2.</summary>
    public LinearEntry? Step { get; init; }

    /// <summary>The norm of that, or null.</summary>
    public NormEntry? StepNorm { get; init; }

    /// <summary>To step sizes before their non-linearity.</summary>
    public required LinearEntry Delta { get; init; }

    /// <summary>[heads]: bias of the step sizes, where it is a tensor of its own.</summary>
    public WeightEntry? DeltaBias { get; init; }

    /// <summary>To B.</summary>
    public required LinearEntry B { get; init; }

    /// <summary>To C.</summary>
    public required LinearEntry C { get; init; }

    /// <summary>The convolution of B, or null.</summary>
    public ConvolutionEntry? BConvolution { get; init; }

    /// <summary>The convolution of C, or null.</summary>
    public ConvolutionEntry? CConvolution { get; init; }

    /// <summary>The norm of B, or null.</summary>
    public NormEntry? BNorm { get; init; }

    /// <summary>The norm of C, or null.</summary>
    public NormEntry? CNorm { get; init; }

    /// <summary>log(−A): [channels, state size] or [heads].</summary>
    public required WeightEntry DecayLog { get; init; }

    /// <summary>D: [heads].</summary>
    public required WeightEntry Skip { get; init; }

    /// <summary>The norm of the gated output, or null.</summary>
    public NormEntry? OutputNorm { get; init; }

    /// <summary>Channels to stream.</summary>
    public required LinearEntry Output { get; init; }

    internal IEnumerable<WeightEntry?> Entries =>
    [
        .. new[] { Input, Gate, Step, Delta, B, C, Output }.SelectMany(linear => linear?.Entries ?? []),
        .. new[] { Convolution, BConvolution, CConvolution }.SelectMany(convolution => convolution?.Entries ?? []),
        .. new[] { StepNorm, BNorm, CNorm, OutputNorm }.SelectMany(norm => norm?.Entries ?? []),
        DeltaBias, DecayLog, Skip,
    ];
}
