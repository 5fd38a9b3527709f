using Strata.Tensors;

namespace Strata.Models;

/// <summary>A convolution, laid out for the engine: weight [taps, channels], bias [channels] or null.</summary>
internal sealed record ConvolutionWeights(Tensor Weight, Tensor? Bias);

/// <summary>A state space, laid out for the engine; the places are those of <see cref="StateSpaceMap"/>.</summary>
internal sealed record StateSpaceWeights
{
    public required LinearWeight Input { get; init; }

    public required LinearWeight Gate { get; init; }

    public required ConvolutionWeights Convolution { get; init; }

    public required LinearWeight? Step { get; init; }

    public required NormWeights? StepNorm { get; init; }

    public required LinearWeight Delta { get; init; }

    public required LinearWeight B { get; init; }

    public required LinearWeight C { get; init; }

    public required ConvolutionWeights? BConvolution { get; init; }

    public required ConvolutionWeights? CConvolution { get; init; }

    public required NormWeights? BNorm { get; init; }

    public required NormWeights? CNorm { get; init; }

    public required SelectiveSystem System { get; init; }

    public required NormWeights? OutputNorm { get; init; }

    public required LinearWeight Output { get; init; }

    public long Bytes => new[] { Input, Gate, Step, Delta, B, C, Output }.Sum(weight => weight?.Bytes ?? 0) + System.A.Storage.Bytes;

    /// <summary>Loads the weights of a map.</summary>
    /// <param name="map">Where they lie.</param>
    /// <param name="spec">The state space.</param>
    /// <param name="layout">Lays out maps and norms.</param>
    public static StateSpaceWeights Load(StateSpaceMap map, StateSpaceSpec spec, WeightLayout layout) => new()
    {
        Input = layout.Linear(map.Input),
        Gate = layout.Linear(map.Gate),
        Convolution = Taps(map.Convolution, layout)!,
        // Errors of step sizes grow with every token that a state lives on.
        Step = map.Step is null ? null : layout.Exact(map.Step),
        StepNorm = layout.Norm(map.StepNorm),
        Delta = layout.Exact(map.Delta, map.DeltaBias),
        B = layout.Linear(map.B),
        C = layout.Linear(map.C),
        BConvolution = Taps(map.BConvolution, layout),
        CConvolution = Taps(map.CConvolution, layout),
        BNorm = layout.Norm(map.BNorm),
        CNorm = layout.Norm(map.CNorm),
        System = new SelectiveSystem(Decays(layout.Read(map.DecayLog), spec.Heads), layout.Vector(map.Skip), spec.Groups),
        OutputNorm = layout.Norm(map.OutputNorm),
        Output = layout.Linear(map.Output),
    };

    /// <summary>A = −e^(log(−A)), a row per head.</summary>
    private static Tensor Decays(Tensor logarithms, int heads) =>
        logarithms.Engine.FromHost([.. logarithms.ToArray().Select(v => (float)-Math.Exp(v))], new Shape(heads, logarithms.Shape.Count / heads));

    /// <summary>Checkpoints hold the taps of a channel side by side; the engine takes those of one tap.</summary>
    private static ConvolutionWeights? Taps(ConvolutionEntry? entry, WeightLayout layout)
    {
        if (entry is null) return null;
        Tensor stored = layout.Read(entry.Weight);
        float[] values = stored.ToArray();
        int taps = stored.Shape.Columns;
        float[] weight = new float[taps * entry.Channels];
        for (int channel = 0; channel < entry.Channels; channel++)
            for (int tap = 0; tap < taps; tap++) weight[(tap * entry.Channels) + channel] = values[((entry.FirstChannel + channel) * taps) + tap];
        Tensor? bias = entry.Bias is null ? null : stored.Engine.FromHost(layout.Read(entry.Bias).ToArray().AsSpan(entry.FirstChannel, entry.Channels), new Shape(entry.Channels));
        return new ConvolutionWeights(stored.Engine.FromHost(weight, new Shape(taps, entry.Channels)), bias);
    }
}
