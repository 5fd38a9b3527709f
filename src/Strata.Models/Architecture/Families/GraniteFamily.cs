namespace Strata.Models;

/// <summary>Granite (IBM 2024): Llama with factors on embeddings, scores, what blocks add, and logits.</summary>
public sealed class GraniteFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "granite";

    /// <inheritdoc/>
    public override string Networks => "Granite 3";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config) => LlamaLayout.ReadSpec(config, Name, new LlamaDefaults()) with
    {
        MlpBias = config.OptionalBool("mlp_bias") ?? false,
        EmbeddingScale = config.OptionalPositive("embedding_multiplier") ?? 1,
        AttentionScale = config.OptionalPositive("attention_multiplier") ?? 1,
        ResidualScale = config.OptionalPositive("residual_multiplier") ?? 1,
        LogitScale = 1 / (config.OptionalPositive("logits_scaling") ?? 1),
    };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
