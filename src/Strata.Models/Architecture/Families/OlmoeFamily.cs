namespace Strata.Models;

/// <summary>OLMoE (Muennighoff et al. 2024): Llama with experts in every block and queries and keys normalised over all heads.</summary>
public sealed class OlmoeFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "olmoe";

    /// <inheritdoc/>
    public override string Networks => "OLMoE";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { Positions = 4096, NormEpsilon = 1e-5f });
        ExpertSpec experts = config.Experts(spec.Blocks, "num_experts", 64, 8, config.OptionalBool("norm_topk_prob") ?? false);
        return (spec with { QueryKeyNorm = QueryKeyNorm.AllHeads, QueryKeyValueLimit = config.OptionalPositive("clip_qkv") }).WithBlocks((_, block) => block with { Experts = experts });
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
