namespace Strata.Models;

/// <summary>Mistral (Jiang et al. 2023): Llama with a sliding window in every block.</summary>
public sealed class MistralFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "mistral";

    /// <inheritdoc/>
    public override string Networks => "Mistral 7B, Nemo, Zephyr";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 8, Positions = 4096 * 32 });
        return (spec with { AttentionBias = false, AttentionOutputBias = false }).WithWindows(config.IntOr("sliding_window", 1, 1 << 28, 4096), _ => true);
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
