using Strata.Tensors;

namespace Strata.Models;

/// <summary>Which normalisation a network uses.</summary>
public enum NormKind
{
    /// <summary>Mean and variance, gain and bias.</summary>
    LayerNorm,

    /// <summary>Root mean square, gain only.</summary>
    RmsNorm,
}

/// <summary>How a network knows positions.</summary>
public enum PositionKind
{
    /// <summary>A learned vector per position, added to the embedding.</summary>
    Learned,

    /// <summary>Rotary: queries and keys turn with the position.</summary>
    Rotary,
}

/// <summary>
/// The architecture of a network as data, read from <c>config.json</c> by its <see cref="ModelFamily"/>. The one forward pass reads nothing else.
/// </summary>
public sealed record ModelSpec
{
    /// <summary>Name of the family, as in <c>model_type</c>: <c>gpt2</c>, <c>llama</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Number of residual blocks.</summary>
    public required int Blocks { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of one head; need not be Width / Heads.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Width of the MLP's hidden layer.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Longest sequence.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Which normalisation.</summary>
    public required NormKind Norm { get; init; }

    /// <summary>Added under the root of the normalisation.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>How positions enter.</summary>
    public required PositionKind Positions { get; init; }

    /// <summary>Rotary frequencies; null with learned positions.</summary>
    public RotarySpec? Rotary { get; init; }

    /// <summary>The MLP's non-linearity.</summary>
    public required Activation Activation { get; init; }

    /// <summary>The MLP multiplies activation(gate) with a second map (Llama).</summary>
    public required bool GatedMlp { get; init; }

    /// <summary>Do the attention maps have biases?</summary>
    public required bool AttentionBias { get; init; }

    /// <summary>Do the MLP maps have biases?</summary>
    public required bool MlpBias { get; init; }

    /// <summary>Is the unembedding the embedding, transposed?</summary>
    public required bool TiedUnembedding { get; init; }

    /// <summary>Divide scores by √HeadWidth (true almost everywhere).</summary>
    public bool ScaleAttention { get; init; } = true;

    /// <summary>Divide the scores of block i by i + 1 as well (GPT-2's <c>scale_attn_by_inverse_layer_idx</c>).</summary>
    public bool ScaleAttentionByInverseBlock { get; init; }

    /// <summary>Standard deviation of the family's random initialisation.</summary>
    public float InitializerRange { get; init; } = 0.02f;

    /// <summary>Id that begins a text, where the checkpoint defines one.</summary>
    public int? BosId { get; init; }

    /// <summary>Ids that end a text.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Facts of block i's attention for the engine.</summary>
    public AttentionHeads AttentionHeads(int block)
    {
        float scale = ScaleAttention ? 1f / MathF.Sqrt(HeadWidth) : 1f;
        if (ScaleAttentionByInverseBlock) scale /= block + 1;
        return new AttentionHeads(Heads, KeyValueHeads, HeadWidth, scale, Causal: true);
    }
}
