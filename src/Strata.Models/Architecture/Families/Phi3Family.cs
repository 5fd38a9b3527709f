namespace Strata.Models;

/// <summary>Phi-3, 3.5 and 4 (Abdin et al. 2024): Llama with fused maps, longrope for long contexts, and a window where the configuration has one.</summary>
public sealed class Phi3Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "phi3";

    /// <inheritdoc/>
    public override string Networks => "Phi-3, 3.5, 4";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { Positions = 4096, TrainedPositions = 4096, NormEpsilon = 1e-5f });
        if (spec.Rotary!.Scaling is not (RotaryScaling.Default or RotaryScaling.LongRope))
            throw config.Refuse("rope_scaling", $"asks for {spec.Rotary.Scaling.ToString().ToLowerInvariant()} scaling; this family has none but longrope.");
        return (spec with { AttentionBias = false, AttentionOutputBias = false }).WithWindows(config.OptionalInt("sliding_window", 1, 1 << 28), _ => true);
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has, new LlamaNames { FusedMaps = true });
}
