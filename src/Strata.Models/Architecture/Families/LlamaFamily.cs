using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// Llama 1 to 3 (Touvron et al. 2023; Grattafiori et al. 2024): RMS norm before each half block, rotary positions, grouped queries, gated MLP.
/// </summary>
public sealed class LlamaFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "llama";

    /// <inheritdoc/>
    public override string Networks => "Llama 1 to 3, SmolLM 1 and 2, TinyLlama, Yi, DeepSeek LLM";

    /// <summary>A Llama of any size, for networks with random weights: untied, rotary base 10,000, not scaled.</summary>
    public static ModelSpec Spec(int blocks, int width, int heads, int keyValueHeads, int mlpWidth, int vocabulary, int positions) => new()
    {
        Family = "llama",
        Blocks = blocks,
        Width = width,
        Heads = heads,
        KeyValueHeads = keyValueHeads,
        HeadWidth = width / heads,
        MlpWidth = mlpWidth,
        Vocabulary = vocabulary,
        MaxPositions = positions,
        Norm = NormKind.RmsNorm,
        NormEpsilon = 1e-6f,
        Positions = PositionKind.Rotary,
        Rotary = new RotarySpec(10_000),
        Activation = Activation.Silu,
        GatedMlp = true,
        AttentionBias = false,
        AttentionOutputBias = false,
        MlpBias = false,
        TiedUnembedding = false,
    };

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config) =>
        LlamaLayout.ReadSpec(config, Name, new LlamaDefaults()) with { MlpBias = config.OptionalBool("mlp_bias") ?? false };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
