namespace Strata.Models;

/// <summary>What may differ from block to block of one network.</summary>
/// <param name="MlpWidth">Width of the MLP's hidden layer; of each expert where there are experts; 0 for a block without MLP.</param>
public sealed record BlockSpec(int MlpWidth)
{
    /// <summary>A token sees itself and the Window − 1 tokens before it, and as many behind it where the network is not causal; null: all.</summary>
    public int? Window { get; init; }

    /// <summary>Rotary positions; null where queries and keys do not turn.</summary>
    public RotarySpec? Rotary { get; init; }

    /// <summary>A mixture of experts in place of one MLP.</summary>
    public ExpertSpec? Experts { get; init; }

    /// <summary>A state space in place of attention.</summary>
    public StateSpaceSpec? StateSpace { get; init; }

    /// <summary>Does the block mix tokens, by attention or a state space? Otherwise it is an MLP alone.</summary>
    public bool MixesTokens { get; init; } = true;

    /// <summary>Does attention mix the tokens?</summary>
    public bool HasAttention => MixesTokens && StateSpace is null;

    /// <summary>Has the block an MLP, or experts?</summary>
    public bool HasMlp => MlpWidth > 0;

    /// <summary>Attention reads the stream without a norm of its own, where the other blocks have one: the first block of ModernBERT, whose embedding is normalised.</summary>
    public bool PlainAttentionInput { get; init; }

    /// <summary>Blocks of one group share their weights (ALBERT); null where the block has its own.</summary>
    public int? Group { get; init; }
}

/// <summary>A mixture of experts (Shazeer et al. 2017): a router gives each token to a few of many MLPs, whose outputs are summed by weight.</summary>
/// <param name="Count">Experts.</param>
/// <param name="PerToken">Experts that work on a token: those of largest probability, the softmax of the router's logits.</param>
/// <param name="NormaliseWeights">The probabilities of the chosen experts are divided by their sum.</param>
/// <param name="SharedWidth">Hidden width of one more MLP that works on every token, weighted by a sigmoid gate; null for none.</param>
public sealed record ExpertSpec(int Count, int PerToken, bool NormaliseWeights, int? SharedWidth = null);
