using Strata.Models;

namespace Strata.Research;

/// <summary>How tasks are run on a network.</summary>
public sealed record TaskRequest
{
    /// <summary>Where embeddings are taken: by default the stream before the first block and after each, the hidden states of other libraries but for the final norm.</summary>
    public IReadOnlyList<string> Points { get; init; } = ["blocks.0.resid_pre", "blocks.*.resid_post"];

    /// <summary>How the positions of a text become its embedding; several are taken from the same pass.</summary>
    public IReadOnlyList<Pooling> Poolings { get; init; } = [Pooling.Mean];

    /// <summary>Which positions are pooled: <c>1..</c> leaves out a token that the tokenizer puts first.</summary>
    public PositionSelection Positions { get; init; } = PositionSelection.All;

    /// <summary>The plan to run; null for all blocks in order.</summary>
    public LayerPlan? Plan { get; init; }

    /// <summary>Changes during the forward pass.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Seed of whatever is drawn: training rows, clusterings, controls. 42 in MTEB.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Run the same on a network of the same shape with random weights, and score the embeddings again with what is known about the texts dealt out anew.</summary>
    public bool Control { get; init; } = true;

    /// <summary>Tokens that run together. Changes speed and memory, not results.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>Told one line with texts, tokens and bytes before the run. Standard error by default.</summary>
    public Action<string> Announce { get; init; } = Console.Error.WriteLine;

    /// <summary>Told after each batch and score.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }

    /// <summary>Reads poolings such as <c>mean,last</c>; <c>cls</c> is another word for <c>first</c>.</summary>
    /// <exception cref="StrataException">A word is not known, or stands there twice.</exception>
    public static IReadOnlyList<Pooling> ParsePoolings(IReadOnlyList<string> words)
    {
        Dictionary<string, Pooling> known = new() { ["mean"] = Pooling.Mean, ["last"] = Pooling.Last, ["first"] = Pooling.First, ["cls"] = Pooling.First };
        List<Pooling> poolings = [];
        foreach (string word in words)
        {
            if (!known.TryGetValue(word, out Pooling pooling)) throw new StrataException($"A text has no embedding by the pooling \"{word}\". {NearestNames.Suggest(word, known.Keys)}");
            if (poolings.Contains(pooling)) throw new StrataException($"The pooling \"{word}\" is given twice.");
            poolings.Add(pooling);
        }

        return poolings;
    }
}
