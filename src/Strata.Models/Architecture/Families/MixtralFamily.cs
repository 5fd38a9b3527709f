namespace Strata.Models;

/// <summary>Mixtral (Jiang et al. 2024): Mistral with a mixture of experts in every block.</summary>
public sealed class MixtralFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "mixtral";

    /// <inheritdoc/>
    public override string Networks => "Mixtral";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 8, Positions = 4096 * 32, NormEpsilon = 1e-5f, Theta = 1_000_000 });
        ExpertSpec experts = config.Experts(spec.Blocks, "num_local_experts", 8, 2, normalise: true);
        return (spec with { AttentionBias = false, AttentionOutputBias = false })
            .WithWindows(config.OptionalInt("sliding_window", 1, 1 << 28), _ => true)
            .WithBlocks((_, block) => block with { Experts = experts });
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has, new LlamaNames
    {
        Experts = "block_sparse_moe",
        ExpertGate = "w1",
        ExpertIn = "w3",
        ExpertOut = "w2",
    });
}
