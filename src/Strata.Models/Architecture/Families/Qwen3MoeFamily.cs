namespace Strata.Models;

/// <summary>Qwen3-MoE (Yang et al. 2025): Qwen3 with experts.</summary>
public sealed class Qwen3MoeFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "qwen3_moe";

    /// <inheritdoc/>
    public override string Networks => "Qwen3-MoE";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 4, Positions = 32768 });
        ExpertSpec experts = config.Experts(spec.Blocks, "num_experts", 128, 8, config.OptionalBool("norm_topk_prob") ?? false);
        int? window = config.OptionalBool("use_sliding_window") == true ? config.IntOr("sliding_window", 1, 1 << 28, 4096) : null;
        spec = (spec with { QueryKeyNorm = QueryKeyNorm.PerHead }).WithWindows(window, _ => true);
        return Qwen2MoeFamily.WithExperts(config, spec, experts, config.OptionalInt("moe_intermediate_size", 1, 1 << 24) ?? 768);
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
