namespace Strata.Models;

/// <summary>Qwen1.5-MoE and Qwen2-MoE (Yang et al. 2024): Qwen2 with experts, among them one that works on every token.</summary>
public sealed class Qwen2MoeFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "qwen2_moe";

    /// <inheritdoc/>
    public override string Networks => "Qwen1.5-MoE, Qwen2-MoE";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        config.RefuseIfTrue("use_sliding_window", "and the releases of this family's code do not agree on which blocks have a window.");
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 16, Positions = 32768 });
        ExpertSpec experts = config.Experts(spec.Blocks, "num_experts", 60, 4, config.OptionalBool("norm_topk_prob") ?? false) with
        {
            SharedWidth = config.OptionalInt("shared_expert_intermediate_size", 1, 1 << 24) ?? 5632,
        };
        spec = spec with { AttentionBias = config.OptionalBool("qkv_bias") ?? true, AttentionOutputBias = false };
        return WithExperts(config, spec, experts, config.OptionalInt("moe_intermediate_size", 1, 1 << 24) ?? 1408);
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);

    /// <summary>Experts in every <c>decoder_sparse_step</c>-th block that <c>mlp_only_layers</c> does not name.</summary>
    internal static ModelSpec WithExperts(ConfigReader config, ModelSpec spec, ExpertSpec experts, int width)
    {
        int step = config.OptionalInt("decoder_sparse_step", 1, int.MaxValue) ?? 1;
        HashSet<int> dense = [.. config.Ids("mlp_only_layers")];
        return spec.WithBlocks((i, block) => dense.Contains(i) || (i + 1) % step != 0 ? block : block with { Experts = experts, MlpWidth = width });
    }
}
