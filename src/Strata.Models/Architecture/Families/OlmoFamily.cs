namespace Strata.Models;

/// <summary>OLMo (Groeneveld et al. 2024): Llama with layer norms that have nothing learned, and limits on queries, keys and values.</summary>
public sealed class OlmoFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "olmo";

    /// <inheritdoc/>
    public override string Networks => "OLMo";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config) => LlamaLayout.ReadSpec(config, Name, new LlamaDefaults()) with
    {
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-5f,
        LearnedNorms = false,
        QueryKeyValueLimit = config.OptionalPositive("clip_qkv"),
    };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
