namespace Strata.Models;

/// <summary>Phi-1, 1.5 and 2 (Li et al. 2023): parallel residual with one norm, rotary positions on a part of each head, biases everywhere.</summary>
public sealed class PhiFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "phi";

    /// <inheritdoc/>
    public override string Networks => "Phi-1, 1.5, 2";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { TurnedShare = 0.5, Activation = "gelu_new" });
        return spec with
        {
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_eps", 0) ?? 1e-5f,
            GatedMlp = false,
            ParallelResidual = true,
            SharedNorm = true,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            UnembeddingBias = true,
            QueryKeyNorm = config.OptionalBool("qk_layernorm") == true ? QueryKeyNorm.PerHead : QueryKeyNorm.None,
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has, new LlamaNames
    {
        AttentionOutput = "dense",
        QueryNorm = "q_layernorm",
        KeyNorm = "k_layernorm",
        MlpIn = "fc1",
        MlpOut = "fc2",
        FinalNorm = "final_layernorm",
    });
}
