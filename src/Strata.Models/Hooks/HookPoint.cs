namespace Strata.Models;

/// <summary>The places of the forward pass where a value can be read or changed, in execution order.</summary>
public enum HookKind
{
    /// <summary>Token embeddings: <c>embed</c>.</summary>
    Embed,

    /// <summary>Learned position vectors: <c>pos_embed</c>.</summary>
    PositionEmbed,

    /// <summary>Vectors of the token types: <c>type_embed</c>.</summary>
    TypeEmbed,

    /// <summary>Normalised embedding: <c>ln_embed.normalized</c>.</summary>
    EmbedNorm,

    /// <summary>Residual stream entering a block.</summary>
    ResidPre,

    /// <summary>Output of the norm before attention or state space, gain and bias included: <c>ln1.normalized</c>.</summary>
    AttentionNorm,

    /// <summary>Queries, all heads side by side, before norm and rotary.</summary>
    Query,

    /// <summary>Queries after their norm, gain included: <c>attn.norm_q</c>.</summary>
    QueryNorm,

    /// <summary>Keys before norm and rotary.</summary>
    Key,

    /// <summary>Keys after their norm, gain included: <c>attn.norm_k</c>.</summary>
    KeyNorm,

    /// <summary>Values.</summary>
    Value,

    /// <summary>Queries after rotary.</summary>
    RotaryQuery,

    /// <summary>Keys after rotary.</summary>
    RotaryKey,

    /// <summary>Scaled scores per sequence [heads, queries, keys], capped and biased where the network does so; −∞ where a query may not look.</summary>
    Scores,

    /// <summary>Softmax of the scores.</summary>
    Pattern,

    /// <summary>Mixed values per head, before the output map.</summary>
    Mixed,

    /// <summary>What attention adds to the stream: after its output norm and scale, where there are such.</summary>
    AttentionOut,

    /// <summary>State spaces: channels before the convolution, <c>ssm.conv_pre</c>.</summary>
    SsmInput,

    /// <summary>State spaces: the gate of each channel before its non-linearity, <c>ssm.gate</c>.</summary>
    SsmGate,

    /// <summary>State spaces: channels after convolution and non-linearity, what the state space reads: <c>ssm.conv</c>.</summary>
    SsmConvolution,

    /// <summary>State spaces: step sizes, one per head (per channel in Mamba), as the scan takes them: <c>ssm.delta</c>.</summary>
    SsmDelta,

    /// <summary>State spaces: what writes the input to the state, [groups · state size], as the scan takes it: <c>ssm.B</c>.</summary>
    SsmB,

    /// <summary>State spaces: what reads the state, [groups · state size], as the scan takes it: <c>ssm.C</c>.</summary>
    SsmC,

    /// <summary>State spaces: the state after each token, [channels · state size], channel after channel: <c>ssm.state</c>. A change is what later tokens inherit.</summary>
    SsmState,

    /// <summary>
    /// State spaces: how much of a token's input is in another's output, per sequence [heads, tokens, tokens]: <c>ssm.pattern</c>; the skip connection left out. In Mamba, whose
    /// channels have a matrix each, their mean [1, tokens, tokens], which can be read only.
    /// </summary>
    SsmPattern,

    /// <summary>State spaces: what the state space gives, skip connection included, before the gate: <c>ssm.y</c>.</summary>
    SsmMixed,

    /// <summary>State spaces: that after the gate, and after its norm where there is one; what the output map reads: <c>ssm.gated</c>.</summary>
    SsmGated,

    /// <summary>What the state space adds to the stream: <c>ssm_out</c>.</summary>
    SsmOut,

    /// <summary>Stream between attention (or state space) and MLP; does not exist where they are parallel, or where one is missing.</summary>
    ResidMid,

    /// <summary>Output of the norm before the MLP: <c>ln2.normalized</c>.</summary>
    MlpNorm,

    /// <summary>MLP before its non-linearity (the gate's map where the MLP is gated).</summary>
    MlpPre,

    /// <summary>Gated MLPs: the map that the gate multiplies.</summary>
    MlpPreLinear,

    /// <summary>MLP after the non-linearity (and the gate).</summary>
    MlpPost,

    /// <summary>Experts: the router's logits, one per expert.</summary>
    Router,

    /// <summary>Experts: the weight of each expert in the sum, 0 for those that do not work on a token.</summary>
    ExpertWeights,

    /// <summary>Experts: what the MLP of all tokens gives, times its gate.</summary>
    SharedExpert,

    /// <summary>What the MLP adds to the stream: after its output norm and scale, where there are such.</summary>
    MlpOut,

    /// <summary>Residual stream leaving a block, not normalised.</summary>
    ResidPost,

    /// <summary>Output of the final norm, gain and bias included.</summary>
    FinalNorm,

    /// <summary>Masked language models: the map before the unembedding, before its non-linearity: <c>head.pre</c>.</summary>
    HeadPre,

    /// <summary>The same after the non-linearity: <c>head.post</c>.</summary>
    HeadPost,

    /// <summary>The same after its norm, which the unembedding reads: <c>head.normalized</c>.</summary>
    HeadNorm,

    /// <summary>Scores over the vocabulary.</summary>
    Logits,

    /// <summary>The pooler before its non-linearity, one row per sequence: <c>pooler.pre</c>.</summary>
    PoolerPre,

    /// <summary>What is made of a whole sequence, one row per sequence: <c>pooled</c>.</summary>
    Pooled,

    /// <summary>That row in the space which images and texts share: <c>projected</c>.</summary>
    Projected,

    /// <summary>Classifiers: a score per class, one row per sequence: <c>class_logits</c>.</summary>
    ClassLogits,
}

/// <summary>A named place of the forward pass under one plan.</summary>
/// <param name="Name">For example <c>blocks.3.attn.pattern</c>. When a plan runs a block again, the later runs are named <c>...#1</c>, <c>...#2</c>.</param>
/// <param name="Kind">Which place.</param>
/// <param name="Execution">Execution position of the block in the plan; −1 before the blocks, the number of executions after them.</param>
/// <param name="Block">Block, or −1 outside the blocks.</param>
/// <param name="Columns">Length of a row; 0 for scores and patterns, whose rows have one number per key.</param>
/// <param name="Heads">Heads that a row is made of, side by side, or slices of a matrix, one per head; 0 where the value has no heads.</param>
public sealed record HookPoint(string Name, HookKind Kind, int Execution, int Block, int Columns, int Heads = 0)
{
    /// <summary>Is the value [heads, queries, keys] per sequence rather than one row per position?</summary>
    public bool IsAttentionMatrix => Kind is HookKind.Scores or HookKind.Pattern or HookKind.SsmPattern;

    /// <summary>Is the value one row per sequence rather than one per position?</summary>
    public bool PerSequence => Kind is HookKind.PoolerPre or HookKind.Pooled or HookKind.Projected or HookKind.ClassLogits;

    /// <summary>Is the row made of heads side by side (or the matrix of one slice per head)?</summary>
    public bool HasHeads => Heads > 0;

    /// <summary>Columns of a head; those of the row where it has no heads.</summary>
    public int HeadWidth => HasHeads ? Columns / Heads : Columns;
}
