using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>The types of embedding tasks, MTEB's.</summary>
public enum TaskKind
{
    /// <summary>Logistic regression on a few rows per class, several times.</summary>
    Classification,

    /// <summary>k-means with as many clusters as classes.</summary>
    Clustering,

    /// <summary>Pairs told apart by a threshold on their similarity.</summary>
    PairClassification,

    /// <summary>Candidates of a query put in order.</summary>
    Reranking,

    /// <summary>Documents found for queries.</summary>
    Retrieval,

    /// <summary>Similarity of pairs against people's judgement (semantic textual similarity).</summary>
    Sts,

    /// <summary>Machine summaries, by their similarity to human ones, against people's judgement.</summary>
    Summarization,
}

/// <summary>What one task gives for one set of embeddings.</summary>
/// <param name="Scores">Every score by MTEB's name, means over the runs where there are several.</param>
/// <param name="Runs">The scores of each run (experiment, clustering); empty for tasks that are scored once.</param>
/// <param name="Count">Test rows, pairs, queries or texts that entered the scores.</param>
/// <param name="LeftOut">How many did not.</param>
/// <param name="LeftOutReason">Why; null where none was left out.</param>
public sealed record TaskScores(IReadOnlyDictionary<string, double> Scores, IReadOnlyList<IReadOnlyDictionary<string, double>> Runs, int Count, int LeftOut = 0, string? LeftOutReason = null);

/// <summary>
/// A task that asks what embeddings of texts are good for, in the protocol of MTEB (Muennighoff and others 2023, "MTEB: Massive Text Embedding Benchmark"), version <see cref="ProtocolVersion"/>.
/// A task holds its texts and what is known about them; embeddings come from a network, one row per text.
/// </summary>
public abstract class EmbeddingTask
{
    /// <summary>The version of MTEB whose protocol is followed.</summary>
    public const string ProtocolVersion = "2.20.0";

    private protected EmbeddingTask(string name, TaskKind kind, string mainScore, IReadOnlyList<string> texts)
    {
        if (string.IsNullOrWhiteSpace(name)) throw new StrataException("A task needs a name.");
        Name = name;
        Kind = kind;
        MainScore = mainScore;
        Texts = texts;
    }

    /// <summary>What the task is called.</summary>
    public string Name { get; }

    /// <summary>The type of the task.</summary>
    public TaskKind Kind { get; }

    /// <summary>The score by which MTEB ranks on this type of task: <c>accuracy</c>, <c>v_measure</c>, <c>max_ap</c>, <c>map_at_1000</c>, <c>ndcg_at_10</c> or <c>cosine_spearman</c>.</summary>
    public string MainScore { get; }

    /// <summary>Every text once.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>The part of the data that is scored.</summary>
    public string Split { get; internal set; } = "test";

    /// <summary>What tells these data from others of the same name: a revision, or the beginning of the files' SHA-256.</summary>
    public string Revision { get; internal set; } = "local";

    /// <summary>Languages of the texts as MTEB writes them, such as <c>eng-Latn</c>.</summary>
    public IReadOnlyList<string> Languages { get; internal set; } = ["und"];

    /// <summary>The scores of embeddings.</summary>
    /// <param name="embeddings">One row per text, in the order of <see cref="Texts"/>.</param>
    /// <param name="seed">Seed of whatever is drawn; 42 in MTEB.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="StrataException">There is not one row per text, or a number is not finite.</exception>
    public TaskScores Score(FloatMatrix embeddings, int seed = 42, CancellationToken cancellation = default)
    {
        if (embeddings.Rows != Texts.Count) throw new StrataException($"Task \"{Name}\" has {Texts.Count} texts and was given {embeddings.Rows} embeddings; give one row per text.");
        if (!System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(embeddings.Values)) throw new StrataException($"Embeddings for task \"{Name}\" hold NaN or infinity and cannot be scored.");
        return ScoreRows(embeddings, seed, cancellation);
    }

    /// <summary>The control: the same texts, and what is known about them dealt out anew.</summary>
    /// <param name="seed">Seed of the order.</param>
    public abstract EmbeddingTask Shuffled(long seed);

    /// <summary>Name, type and number of texts.</summary>
    public override string ToString() => $"{Name}: {TaskKinds.NameOf(Kind)}, {Texts.Count:N0} texts";

    private protected abstract TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation);
}

/// <summary>How types of tasks are written.</summary>
public static class TaskKinds
{
    private static readonly Dictionary<TaskKind, string> Written = new()
    {
        [TaskKind.Classification] = "classification",
        [TaskKind.Clustering] = "clustering",
        [TaskKind.PairClassification] = "pair-classification",
        [TaskKind.Reranking] = "reranking",
        [TaskKind.Retrieval] = "retrieval",
        [TaskKind.Sts] = "sts",
        [TaskKind.Summarization] = "summarization",
    };

    /// <summary>The names of all types.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Written.Values];

    /// <summary>The name of a type.</summary>
    public static string NameOf(TaskKind kind) => Written[kind];

    /// <summary>The type of a name; case and hyphens do not matter, so that MTEB's <c>PairClassification</c> is read as well.</summary>
    /// <exception cref="StrataException">There is no such type.</exception>
    public static TaskKind Parse(string name)
    {
        foreach ((TaskKind kind, string written) in Written)
        {
            if (written.Replace("-", "").Equals(name.Replace("-", "").Replace("_", ""), StringComparison.OrdinalIgnoreCase)) return kind;
        }

        throw new StrataException($"There is no type of task \"{name}\". {NearestNames.Suggest(name, Names)}");
    }
}

/// <summary>Numbers texts in the order in which they first appear.</summary>
internal sealed class TextIndex
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];

    /// <summary>Every text once.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>The number of a text.</summary>
    public int Of(string text)
    {
        if (_numbers.TryGetValue(text, out int number)) return number;
        _numbers.Add(text, _texts.Count);
        _texts.Add(text);
        return _texts.Count - 1;
    }

    /// <summary>The numbers of texts.</summary>
    public int[] Of(IEnumerable<string> texts) => texts.Select(Of).ToArray();
}
