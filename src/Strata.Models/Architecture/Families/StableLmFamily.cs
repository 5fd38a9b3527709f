namespace Strata.Models;

/// <summary>StableLM (Bellagente et al. 2024): Llama with layer norms, rotary positions on a part of each head and, in some sizes, a parallel residual.</summary>
public sealed class StableLmFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "stablelm";

    /// <inheritdoc/>
    public override string Networks => "StableLM 3B and 2";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 32, Positions = 4096, TurnedShare = 0.25 });
        bool parallel = config.OptionalBool("use_parallel_residual") ?? false;
        return spec with
        {
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_eps", 0) ?? 1e-5f,
            AttentionBias = config.OptionalBool("use_qkv_bias") ?? false,
            AttentionOutputBias = false,
            QueryKeyNorm = config.OptionalBool("qk_layernorm") == true ? QueryKeyNorm.OwnPerHead : QueryKeyNorm.None,
            ParallelResidual = parallel,
            SharedNorm = parallel,
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has, new LlamaNames { QueryNorm = "q_layernorm", KeyNorm = "k_layernorm" });
}
