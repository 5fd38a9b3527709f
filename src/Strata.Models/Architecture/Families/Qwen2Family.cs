namespace Strata.Models;

/// <summary>Qwen2 and Qwen2.5 (Yang et al. 2024): Llama with biases of queries, keys and values, and windows in the upper blocks where they are switched on.</summary>
public sealed class Qwen2Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "qwen2";

    /// <inheritdoc/>
    public override string Networks => "Qwen1.5, Qwen2, Qwen2.5";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 32, Positions = 32768 });
        return WithWindows(config, spec with { AttentionBias = true, AttentionOutputBias = false });
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);

    /// <summary>Windows as Qwen2 and Qwen3 place them: in the blocks that <c>layer_types</c> names, or from <c>max_window_layers</c> on.</summary>
    internal static ModelSpec WithWindows(ConfigReader config, ModelSpec spec)
    {
        if (config.OptionalBool("use_sliding_window") != true) return spec;
        string[]? kinds = config.BlockKinds("layer_types", spec.Blocks, "full_attention", "sliding_attention");
        int first = config.OptionalInt("max_window_layers", 0, int.MaxValue) ?? 28;
        return spec.WithWindows(config.IntOr("sliding_window", 1, 1 << 28, 4096), i => kinds is null ? i >= first : kinds[i] == "sliding_attention");
    }
}
