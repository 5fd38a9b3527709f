namespace Strata.Models;

/// <summary>How to continue prompts.</summary>
public sealed record GenerationRequest
{
    /// <summary>New tokens per prompt, at most.</summary>
    public required int MaxNew { get; init; }

    /// <summary>The plan to run; null for all blocks in order.</summary>
    public LayerPlan? Plan { get; init; }

    /// <summary>Changes during the forward pass, at absolute positions: what counts from the end would move with every token.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>0 takes the most likely token (the first of equals); above 0 divides the logits before sampling.</summary>
    public float Temperature { get; init; }

    /// <summary>Sampling considers this many of the most likely tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Makes the scores of the next token from those of several layers; null takes the last layer's.</summary>
    public LayerMixer? Mixer { get; init; }

    /// <summary>Seed of sampling.</summary>
    public int Seed { get; init; }

    /// <summary>Ids after which a prompt is finished; null for the model's own, empty for none.</summary>
    public IReadOnlyList<int>? StopIds { get; init; }

    /// <summary>Keep keys and values, and running states, of earlier tokens. False runs everything again for every token: same tokens, only slower.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Told after each token.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}

/// <summary>What a network wrote.</summary>
/// <param name="Prompts">The prompts.</param>
/// <param name="NewTokens">The new ids of each prompt, a stop id included.</param>
/// <param name="Provenance">Where it came from.</param>
public sealed record Generation(TokenRows Prompts, IReadOnlyList<int[]> NewTokens, Provenance Provenance)
{
    /// <summary>The tokenizer of the network; null where it has none.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>The new text of each prompt; ids with spaces between where the network has no tokenizer.</summary>
    public IReadOnlyList<string> Texts => NewTokens.Select(ids => Decode(ids)).ToArray();

    /// <summary>Text of ids; the ids themselves where the network has no tokenizer.</summary>
    public string Decode(ReadOnlySpan<int> ids) => Tokenizer is null ? string.Join(' ', ids.ToArray()) : Tokenizer.Decode([.. ids.ToArray().Where(Tokenizer.Has)]);
}
