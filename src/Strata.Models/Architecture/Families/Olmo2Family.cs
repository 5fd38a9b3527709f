namespace Strata.Models;

/// <summary>OLMo 2 (OLMo Team 2024): norms behind attention and MLP instead of before, queries and keys normalised over all heads.</summary>
public sealed class Olmo2Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "olmo2";

    /// <inheritdoc/>
    public override string Networks => "OLMo 2";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config) => LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { NormEpsilon = 1e-5f }) with
    {
        NormPlacement = NormPlacement.Output,
        QueryKeyNorm = QueryKeyNorm.AllHeads,
    };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
