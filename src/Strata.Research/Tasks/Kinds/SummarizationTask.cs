using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>One text's summaries.</summary>
/// <param name="Human">Summaries by people.</param>
/// <param name="Machine">Summaries by programs.</param>
/// <param name="Relevance">What people think of each of the programs' summaries.</param>
public sealed record SummarizedText(IReadOnlyList<string> Human, IReadOnlyList<string> Machine, IReadOnlyList<double> Relevance);

/// <summary>
/// Summarisation: each machine summary is worth its largest similarity to a human one; per text these are correlated with what people think of them, and the correlations averaged. As in MTEB a text is left
/// out where people, cosine or dot product tell none of its summaries apart.
/// </summary>
public sealed class SummarizationTask : EmbeddingTask
{
    private readonly (int[] Human, int[] Machine, double[] Relevance)[] _rows;

    /// <summary>A task from summarised texts.</summary>
    /// <exception cref="StrataException">There is no text, one has no human summary or not one judgement per machine summary, or a judgement is not finite.</exception>
    public SummarizationTask(string name, IReadOnlyList<SummarizedText> rows) : this(name, new TextIndex(), rows)
    {
    }

    private SummarizationTask(string name, TextIndex texts, IReadOnlyList<SummarizedText> rows) : base(name, TaskKind.Summarization, "cosine_spearman", texts.Texts)
    {
        if (rows.Count == 0) throw new StrataException($"Task \"{name}\" has no texts.");
        if (rows.Any(r => r.Human.Count == 0 || r.Machine.Count != r.Relevance.Count)) throw new StrataException($"Task \"{name}\": a text needs a human summary, and one judgement per machine summary.");
        if (rows.Any(r => r.Relevance.Any(v => !double.IsFinite(v)))) throw new StrataException($"Task \"{name}\": a judgement is NaN or infinite.");
        _rows = rows.Select(r => (texts.Of(r.Human), texts.Of(r.Machine), r.Relevance.ToArray())).ToArray();
    }

    private SummarizationTask(SummarizationTask task, (int[], int[], double[])[] rows) : base(task.Name, task.Kind, task.MainScore, task.Texts) => _rows = rows;

    /// <summary>The judgements are dealt out anew within each text.</summary>
    public override EmbeddingTask Shuffled(long seed)
    {
        SeededRandom random = new(seed);
        return new SummarizationTask(this, Array.ConvertAll(_rows, row => (row.Human, row.Machine, Array.ConvertAll(random.Permutation(row.Relevance.Length), i => row.Relevance[i]))));
    }

    private protected override TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        List<Dictionary<string, double>> texts = [];
        foreach ((int[] human, int[] machine, double[] relevance) in _rows)
        {
            double[] cosine = new double[machine.Length], dot = new double[machine.Length];
            Array.Fill(cosine, double.NegativeInfinity);
            Array.Fill(dot, double.NegativeInfinity);
            for (int m = 0; m < machine.Length; m++)
            {
                foreach (int h in human)
                {
                    (double c, _, _, double d) = PairSimilarities.Of(embeddings.Row(machine[m]), embeddings.Row(h));
                    (cosine[m], dot[m]) = (Math.Max(cosine[m], c), Math.Max(dot[m], d));
                }
            }

            if (new[] { relevance, cosine, dot }.Any(values => values.Distinct().Count() < 2)) continue;
            texts.Add(new()
            {
                ["cosine_pearson"] = Correlations.Pearson(relevance, cosine),
                ["cosine_spearman"] = Correlations.Spearman(relevance, cosine),
                ["dot_pearson"] = Correlations.Pearson(relevance, dot),
                ["dot_spearman"] = Correlations.Spearman(relevance, dot),
            });
        }

        string[] names = ["cosine_pearson", "cosine_spearman", "dot_pearson", "dot_spearman"];
        int left = _rows.Length - texts.Count;
        return new TaskScores(names.ToDictionary(name => name, name => texts.Select(t => t[name]).DefaultIfEmpty(double.NaN).Average()), [], texts.Count, left, left > 0 ? "judgements or similarities of all their summaries are equal" : null);
    }
}
