using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Pair classification: pairs that belong together are told from others by a threshold on cosine, dot product, Euclidean and Manhattan distance: average precision, accuracy and F1 at
/// their best thresholds, and the largest of each over the four. As in MTEB a threshold lies behind each pair but the last, pairs of equal similarity in the order of the data.
/// </summary>
public sealed class PairClassificationTask : EmbeddingTask
{
    private readonly (int First, int Second)[] _pairs;
    private readonly bool[] _labels;

    /// <summary>A task from pairs with whether they belong together.</summary>
    /// <exception cref="StrataException">All pairs belong together, or none does.</exception>
    public PairClassificationTask(string name, IReadOnlyList<(string First, string Second, bool Same)> pairs) : this(name, new TextIndex(), pairs)
    {
    }

    private PairClassificationTask(string name, TextIndex texts, IReadOnlyList<(string First, string Second, bool Same)> pairs) : base(name, TaskKind.PairClassification, "max_ap", texts.Texts)
    {
        int same = pairs.Count(p => p.Same);
        if (same == 0 || same == pairs.Count) throw new StrataException($"Task \"{name}\" has {pairs.Count} pairs, of which {same} have the label 1; pair classification needs some of both.");
        _pairs = pairs.Select(p => (texts.Of(p.First), texts.Of(p.Second))).ToArray();
        _labels = pairs.Select(p => p.Same).ToArray();
    }

    private PairClassificationTask(PairClassificationTask task, bool[] labels) : base(task.Name, task.Kind, task.MainScore, task.Texts) => (_pairs, _labels) = (task._pairs, labels);

    /// <summary>The labels are dealt out anew over the pairs.</summary>
    public override EmbeddingTask Shuffled(long seed) => new PairClassificationTask(this, Array.ConvertAll(new SeededRandom(seed).Permutation(_labels.Length), i => _labels[i]));

    private protected override TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        double[][] values = PairSimilarities.Of(embeddings, _pairs);
        Dictionary<string, double> scores = [], largest = [];
        for (int k = 0; k < values.Length; k++)
        {
            (string kind, bool similarity) = PairSimilarities.Kinds[k];
            foreach ((string name, double value) in At(similarity ? values[k] : Array.ConvertAll(values[k], v => -v)))
            {
                scores[$"{kind}_{name}"] = value;
                largest[$"max_{name}"] = Math.Max(value, largest.GetValueOrDefault($"max_{name}"));
            }
        }

        return new TaskScores(scores.Concat(largest).ToDictionary(), [], _pairs.Length);
    }

    private (string Name, double Value)[] At(double[] similarity)
    {
        int[] order = Enumerable.Range(0, similarity.Length).OrderByDescending(i => similarity[i]).ToArray();
        int positives = _labels.Count(l => l), hits = 0;
        double accuracy = 0, f1 = 0, precision = 0, recall = 0;
        for (int i = 0; i < order.Length - 1; i++)
        {
            hits += _labels[order[i]] ? 1 : 0;
            int rejected = order.Length - positives - (i + 1 - hits);
            accuracy = Math.Max(accuracy, (double)(hits + rejected) / order.Length);
            double p = (double)hits / (i + 1), r = (double)hits / positives, f = hits > 0 ? 2 * p * r / (p + r) : 0;
            if (f > f1) (f1, precision, recall) = (f, p, r);
        }

        return [("accuracy", accuracy), ("f1", f1), ("precision", precision), ("recall", recall), ("ap", AveragePrecision.Of(similarity, _labels))];
    }
}
