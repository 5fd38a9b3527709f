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

/// <summary>Where the norms of a half block (attention or MLP, f) stand.</summary>
public enum NormPlacement
{
    /// <summary>x + f(norm(x)).</summary>
    Input,

    /// <summary>norm(x + f(x)), as in the first transformer (Vaswani et al. 2017).</summary>
    Stream,

    /// <summary>x + norm(f(norm(x))).</summary>
    InputAndOutput,

    /// <summary>x + norm(f(x)).</summary>
    Output,
}

/// <summary>How a network knows positions.</summary>
public enum PositionKind
{
    /// <summary>A learned vector per position, added to the embedding.</summary>
    Learned,

    /// <summary>Rotary: queries and keys turn with the position.</summary>
    Rotary,

    /// <summary>Attention scores have a bias by position (ALiBi).</summary>
    Bias,

    /// <summary>Not at all but by the order in which a state space reads the tokens.</summary>
    None,

    /// <summary>Attention scores have learned terms by the distance of query and key (T5, DeBERTa).</summary>
    Relative,
}

/// <summary>Whether queries and keys are normalised before they turn.</summary>
public enum QueryKeyNorm
{
    /// <summary>No.</summary>
    None,

    /// <summary>Each head alone, all heads with the same gain.</summary>
    PerHead,

    /// <summary>Each head alone, with a gain of its own.</summary>
    OwnPerHead,

    /// <summary>All heads together.</summary>
    AllHeads,
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

    /// <summary>Query heads; 0 for networks without attention.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of one head; need not be Width / Heads.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Width of the MLP's hidden layer, where the blocks do not say otherwise; 0 for blocks without MLP.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Rows of the embedding; 0 for a network of images.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Longest sequence; <see cref="int.MaxValue"/> where nothing bounds it.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Which normalisation.</summary>
    public required NormKind Norm { get; init; }

    /// <summary>Added under the root of the normalisation.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>How positions enter.</summary>
    public required PositionKind Positions { get; init; }

    /// <summary>Rotary positions, where the blocks do not say otherwise; null for other kinds of positions.</summary>
    public RotarySpec? Rotary { get; init; }

    /// <summary>The state space in place of attention, where the blocks do not say otherwise.</summary>
    public StateSpaceSpec? StateSpace { get; init; }

    /// <summary>The MLP's non-linearity.</summary>
    public required Activation Activation { get; init; }

    /// <summary>The MLP multiplies activation(gate) with a second map (Llama).</summary>
    public required bool GatedMlp { get; init; }

    /// <summary>Do the maps to queries, keys and values have biases?</summary>
    public required bool AttentionBias { get; init; }

    /// <summary>Has the map from the heads to the stream a bias?</summary>
    public required bool AttentionOutputBias { get; init; }

    /// <summary>Do the MLP maps have biases?</summary>
    public required bool MlpBias { get; init; }

    /// <summary>Is the unembedding the embedding, transposed?</summary>
    public required bool TiedUnembedding { get; init; }

    /// <summary>A token sees itself and those before it (a decoder); otherwise those behind it as well (an encoder).</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Rows of the table of token types, which tells the texts of a pair apart (BERT); 0 for none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>Where the norms stand.</summary>
    public NormPlacement NormPlacement { get; init; } = NormPlacement.Input;

    /// <summary>Do the norms have a gain (and layer norms a bias)? Not in OLMo.</summary>
    public bool LearnedNorms { get; init; } = true;

    /// <summary>Do layer norms have a bias beside their gain?</summary>
    public bool NormBias { get; init; } = true;

    /// <summary>Checkpoints hold the gain of a norm less 1 (Gemma).</summary>
    public bool GainLessOne { get; init; }

    /// <summary>Is the stream normalised before the unembedding?</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>Is the embedding normalised (BLOOM)?</summary>
    public bool EmbeddingNorm { get; init; }

    /// <summary>Attention and MLP read the same stream and are added to it together; there is no stream between them.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>Parallel blocks: the MLP reads the norm of the attention instead of one of its own.</summary>
    public bool SharedNorm { get; init; }

    /// <summary>Positions of a learned table start at this row (OPT: 2).</summary>
    public int PositionOffset { get; init; }

    /// <summary>Biases of the scores by position; null for other kinds of positions.</summary>
    public AlibiSpec? Alibi { get; init; }

    /// <summary>Biases of the scores by distance; null for none.</summary>
    public RelativeBiasSpec? RelativeBias { get; init; }

    /// <summary>Products of queries and keys with distances in the scores; null for none.</summary>
    public DisentangledSpec? Disentangled { get; init; }

    /// <summary>Whether queries and keys are normalised.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>Queries, keys and values are held within ± this (OLMo's <c>clip_qkv</c>).</summary>
    public float? QueryKeyValueLimit { get; init; }

    /// <summary>Factor on q·k; null for 1/√HeadWidth.</summary>
    public float? AttentionScale { get; init; }

    /// <summary>Divide the scores of block i by i + 1 as well (GPT-2's <c>scale_attn_by_inverse_layer_idx</c>).</summary>
    public bool ScaleAttentionByInverseBlock { get; init; }

    /// <summary>Scores s become c · tanh(s / c) (Gemma 2).</summary>
    public float? AttentionSoftCap { get; init; }

    /// <summary>Factor on token embeddings (Gemma, Granite).</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Factor on what attention and MLP add to the stream (Granite).</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Factor on the logits (Granite).</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Logits l become c · tanh(l / c) (Gemma 2).</summary>
    public float? LogitSoftCap { get; init; }

    /// <summary>Has the network scores over the vocabulary? Encoders may come without.</summary>
    public bool HasUnembedding { get; init; } = true;

    /// <summary>How images become rows of the stream; null for a network of texts.</summary>
    public ImageSpec? Image { get; init; }

    /// <summary>What attention and MLP add is multiplied, column by column, with learned factors (DINOv2).</summary>
    public bool LayerScale { get; init; }

    /// <summary>Texts are filled up to <see cref="MaxPositions"/> with this id, which the network sees like any other (SigLIP); null for texts as they are.</summary>
    public int? PaddingId { get; init; }

    /// <summary>What stands before the unembedding of a masked language model; null for none.</summary>
    public HeadTransform? HeadTransform { get; init; }

    /// <summary>Names of the classes that the configuration says the checkpoint sorts sequences into; null where it is no classifier.</summary>
    public ValueList<string>? ClassLabels { get; init; }

    /// <summary>What is made of whole sequences; null for nothing.</summary>
    public SequenceHead? SequenceHead { get; init; }

    /// <summary>Has the unembedding a bias?</summary>
    public bool UnembeddingBias { get; init; }

    /// <summary>Width of token embeddings where a linear map leads from it to the stream (OPT 350m, ALBERT); null where they are as wide as the stream.</summary>
    public int? EmbeddingWidth { get; init; }

    /// <summary>Positions, token types and the norm of the embedding are as narrow as the embedding, and the map to the stream stands behind them (ALBERT, ELECTRA).</summary>
    public bool EmbeddingProjectionLast { get; init; }

    /// <summary>What differs from block to block, one entry per block; null where all blocks are alike.</summary>
    public ValueList<BlockSpec>? BlockSpecs { get; init; }

    /// <summary>Standard deviation of the family's random initialisation.</summary>
    public float InitializerRange { get; init; } = 0.02f;

    /// <summary>Id that begins a text, where the checkpoint defines one.</summary>
    public int? BosId { get; init; }

    /// <summary>Ids that end a text.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Width of the sum of token, position and type embeddings.</summary>
    public int EmbeddedWidth => EmbeddingProjectionLast ? EmbeddingWidth ?? Width : Width;

    /// <summary>The facts of one block.</summary>
    public BlockSpec Block(int block) => BlockSpecs?[block] ?? new BlockSpec(MlpWidth) { Rotary = Rotary, StateSpace = StateSpace };

    /// <summary>Facts of block i's attention for the engine.</summary>
    public AttentionHeads AttentionHeads(int block)
    {
        float scale = AttentionScale ?? 1f / MathF.Sqrt(HeadWidth);
        if (ScaleAttentionByInverseBlock) scale /= block + 1;
        return new AttentionHeads(Heads, KeyValueHeads, HeadWidth, scale, Causal) { Window = Block(block).Window ?? 0, SoftCap = AttentionSoftCap ?? 0, BiasByDistance = RelativeBias is not null };
    }

    /// <summary>Weights of block i's attention or state space that one token is multiplied with.</summary>
    public long MixerWeightsPerToken(int block)
    {
        BlockSpec spec = Block(block);
        if (!spec.MixesTokens) return 0;
        return spec.StateSpace?.WeightsPerToken(Width) ?? (long)Width * HeadWidth * (2 * Heads + 2 * KeyValueHeads);
    }

    /// <summary>Refuses half of a block that has only the other half.</summary>
    /// <exception cref="StrataException">The half does not exist.</exception>
    internal void CheckHalf(PlanStep step)
    {
        if (step is MlpStep mlp && !Block(mlp.Block).HasMlp)
            throw new StrataException($"Block {mlp.Block} of this {Family} has no MLP, so mlp({mlp.Block}) would run nothing: the block is a {(Block(mlp.Block).HasAttention ? "layer of attention" : "state space")} alone. Leave the step out, or run the block.");
        if (step is AttentionStep attention && !Block(attention.Block).MixesTokens)
            throw new StrataException($"Block {attention.Block} of this {Family} is an MLP alone, so attn({attention.Block}) would run nothing. Leave the step out, or run the block.");
    }

    /// <summary>Weights of block i's MLP (or experts) that one token is multiplied with.</summary>
    public long MlpWeightsPerToken(int block)
    {
        BlockSpec spec = Block(block);
        long maps = GatedMlp ? 3 : 2;
        if (spec.Experts is not ExpertSpec experts) return maps * Width * spec.MlpWidth;
        long shared = experts.SharedWidth is int width ? maps * Width * width + Width : 0;
        return maps * Width * spec.MlpWidth * experts.PerToken + (long)Width * experts.Count + shared;
    }

    /// <summary>Do two lengths of a sequence turn queries and keys alike, so that what was cached at the one serves at the other?</summary>
    internal bool TurnsAlike(int length, int other) =>
        Enumerable.Range(0, Blocks).Select(i => Block(i).Rotary).OfType<RotarySpec>().All(r => r.FrequencySet(length) == r.FrequencySet(other));
}
