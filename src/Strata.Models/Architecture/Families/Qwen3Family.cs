namespace Strata.Models;

/// <summary>Qwen3 (Yang et al. 2025): Llama with queries and keys normalised per head.</summary>
public sealed class Qwen3Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "qwen3";

    /// <inheritdoc/>
    public override string Networks => "Qwen3";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 32, HeadWidth = 128, Positions = 32768 });
        return Qwen2Family.WithWindows(config, spec with { QueryKeyNorm = QueryKeyNorm.PerHead });
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
