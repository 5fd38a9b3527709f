namespace Strata.Tensors;

/// <summary>The constant facts of one attention layer.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads; divides <paramref name="Heads"/> (grouped queries).</param>
/// <param name="HeadWidth">Width of a head.</param>
/// <param name="Scale">Factor on q·k, usually 1/√HeadWidth.</param>
/// <param name="Causal">A query sees only keys at or before its own position.</param>
public readonly record struct AttentionHeads(int Heads, int KeyValueHeads, int HeadWidth, float Scale, bool Causal)
{
    /// <summary>A query sees only keys fewer than this many positions from its own (itself included): a sliding window, to both sides where the layer is not causal. 0 for no window.</summary>
    public int Window { get; init; }

    /// <summary>Scores s become c · tanh(s / c) with this c, before any bias; 0 for no cap.</summary>
    public float SoftCap { get; init; }

    /// <summary>
    /// The bias of the scores is by distance: its table has an odd number of columns, and the middle one is for the query's own position, the next one for the key behind it.
    /// Otherwise it is by the key's place in its sequence.
    /// </summary>
    public bool BiasByDistance { get; init; }
}

/// <summary>
/// One sequence of a batch: rows <c>QueryStart .. QueryStart + QueryCount</c> of the query tensor attend to rows
/// <c>KeyStart .. KeyStart + KeyCount</c> of the key and value tensors. The last query sits at the last key, where the layer knows positions; with a causal
/// layer, query j sees the first <c>KeyCount - QueryCount + j + 1</c> keys.
/// Sequences lie one behind another without padding, so no mask exists that could be forgotten.
/// </summary>
public readonly record struct AttentionSegment(int QueryStart, int QueryCount, int KeyStart, int KeyCount);
