using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Semantic textual similarity: correlation of the pairs' cosine (and of minus their distances) with the scores that people gave.</summary>
public sealed class StsTask : EmbeddingTask
{
    private readonly (int First, int Second)[] _pairs;
    private readonly double[] _scores;

    /// <summary>A task from pairs with the similarity that people see.</summary>
    /// <exception cref="StrataException">There are fewer than two pairs, a score is not finite, or all are equal.</exception>
    public StsTask(string name, IReadOnlyList<(string First, string Second, double Score)> pairs) : this(name, new TextIndex(), pairs)
    {
    }

    private StsTask(string name, TextIndex texts, IReadOnlyList<(string First, string Second, double Score)> pairs) : base(name, TaskKind.Sts, "cosine_spearman", texts.Texts)
    {
        if (pairs.Any(p => !double.IsFinite(p.Score))) throw new StrataException($"Task \"{name}\": a score is NaN or infinite.");
        if (pairs.Select(p => p.Score).Distinct().Count() < 2) throw new StrataException($"Task \"{name}\" has {pairs.Count} pairs that do not differ in their score; a correlation needs some that do.");
        _pairs = pairs.Select(p => (texts.Of(p.First), texts.Of(p.Second))).ToArray();
        _scores = pairs.Select(p => p.Score).ToArray();
    }

    private StsTask(StsTask task, double[] scores) : base(task.Name, task.Kind, task.MainScore, task.Texts) => (_pairs, _scores) = (task._pairs, scores);

    /// <summary>The scores are dealt out anew over the pairs.</summary>
    public override EmbeddingTask Shuffled(long seed) => new StsTask(this, Array.ConvertAll(new SeededRandom(seed).Permutation(_scores.Length), i => _scores[i]));

    private protected override TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        double[][] values = PairSimilarities.Of(embeddings, _pairs);
        Dictionary<string, double> scores = [];
        for (int k = 0; k < values.Length; k++)
        {
            (string kind, bool similarity) = PairSimilarities.Kinds[k];
            if (kind == "dot") continue;
            double[] alike = similarity ? values[k] : Array.ConvertAll(values[k], v => -v);
            scores[$"{kind}_pearson"] = Correlations.Pearson(_scores, alike);
            scores[$"{kind}_spearman"] = Correlations.Spearman(_scores, alike);
        }

        return new TaskScores(scores, [], _pairs.Length);
    }
}
