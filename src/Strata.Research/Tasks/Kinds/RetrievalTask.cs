using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Retrieval: all documents ranked for each query by cosine; <c>ndcg</c>, <c>map</c>, <c>recall</c>, <c>precision</c>, <c>mrr</c> and <c>hit_rate</c> at 1, 3, 5, 10, 20, 100 and 1000, by the rules of
/// trec_eval: documents of equal score, in float32, are ranked by their id, the last in ordinal order first.
/// </summary>
public sealed class RetrievalTask : EmbeddingTask
{
    /// <summary>Queries whose similarities to all documents are held at a time.</summary>
    private const int Block = 32;

    private readonly int[] _documents, _queries, _ties;
    private readonly (int Document, int Gain)[][] _judged;
    private readonly int _leftOut;

    /// <summary>A task from documents, queries and what was judged.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="corpus">Ids and texts of the documents.</param>
    /// <param name="queries">Ids and texts of the queries; those that nothing was judged for are left out.</param>
    /// <param name="judgements">Query, document and gain: 0 for judged and not relevant.</param>
    /// <exception cref="StrataException">An id repeats or is named by no row, or no query has a judgement.</exception>
    public RetrievalTask(string name, IReadOnlyList<(string Id, string Text)> corpus, IReadOnlyList<(string Id, string Text)> queries, IReadOnlyList<(string Query, string Document, int Gain)> judgements)
        : this(name, new TextIndex(), corpus, queries, judgements)
    {
    }

    private RetrievalTask(string name, TextIndex texts, IReadOnlyList<(string Id, string Text)> corpus, IReadOnlyList<(string Id, string Text)> queries, IReadOnlyList<(string Query, string Document, int Gain)> judgements)
        : base(name, TaskKind.Retrieval, "ndcg_at_10", texts.Texts)
    {
        Dictionary<string, int> documents = Numbers(name, "document", corpus), asked = Numbers(name, "query", queries);
        List<(int, int)>[] judged = queries.Select(_ => new List<(int, int)>()).ToArray();
        HashSet<(string, string)> seen = [];
        foreach ((string query, string document, int gain) in judgements)
        {
            if (!asked.TryGetValue(query, out int q)) throw new StrataException($"Task \"{name}\" has a judgement of the query \"{query}\", and no query has this id. {NearestNames.Suggest(query, asked.Keys.Take(1000))}");
            if (!documents.TryGetValue(document, out int d)) throw new StrataException($"Task \"{name}\" has a judgement of the document \"{document}\", and no document has this id. {NearestNames.Suggest(document, documents.Keys.Take(1000))}");
            if (!seen.Add((query, document))) throw new StrataException($"Task \"{name}\" has two judgements of the document \"{document}\" for the query \"{query}\"; give one.");
            judged[q].Add((d, gain));
        }

        int[] kept = Enumerable.Range(0, queries.Count).Where(q => judged[q].Count > 0).ToArray();
        if (kept.Length == 0) throw new StrataException($"Task \"{name}\" has no judgement of any query.");
        _leftOut = queries.Count - kept.Length;
        _documents = texts.Of(corpus.Select(d => d.Text));
        _queries = texts.Of(kept.Select(q => queries[q].Text));
        _judged = Array.ConvertAll(kept, q => judged[q].ToArray());
        _ties = RankScores.TieOrder(corpus.Select(d => d.Id).ToArray());
    }

    private RetrievalTask(RetrievalTask task, (int, int)[][] judged) : base(task.Name, task.Kind, task.MainScore, task.Texts) =>
        (_documents, _queries, _ties, _leftOut, _judged) = (task._documents, task._queries, task._ties, task._leftOut, judged);

    /// <summary>Each query gets the judgements of another.</summary>
    public override EmbeddingTask Shuffled(long seed) => new RetrievalTask(this, Array.ConvertAll(new SeededRandom(seed).Permutation(_judged.Length), q => _judged[q]));

    private protected override TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        RealMatrix documents = UnitVectors.Of(embeddings, _documents);
        RankScores ranks = new();
        float[] row = new float[_documents.Length];
        for (int first = 0; first < _queries.Length; first += Block)
        {
            cancellation.ThrowIfCancellationRequested();
            RealMatrix similarities = Products.TimesTransposed(UnitVectors.Of(embeddings, _queries.AsSpan(first, Math.Min(Block, _queries.Length - first))), documents);
            for (int q = 0; q < similarities.Rows; q++)
            {
                TensorPrimitives.ConvertSaturating<double, float>(similarities.Row(q), row);
                ranks.Add(row, _ties, _judged[first + q]);
            }
        }

        return new TaskScores(ranks.Means(), [], _queries.Length, _leftOut, _leftOut > 0 ? "nothing was judged for these queries" : null);
    }

    private static Dictionary<string, int> Numbers(string task, string what, IReadOnlyList<(string Id, string Text)> rows)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        for (int i = 0; i < rows.Count; i++)
        {
            if (!numbers.TryAdd(rows[i].Id, i)) throw new StrataException($"Task \"{task}\" has two rows with the {what} id \"{rows[i].Id}\"; ids are given once.");
        }

        return numbers;
    }
}

/// <summary>Embeddings of length 1.</summary>
internal static class UnitVectors
{
    /// <summary>Chosen rows in float64 divided by their length; a row of zeros stays one.</summary>
    public static RealMatrix Of(FloatMatrix embeddings, ReadOnlySpan<int> rows)
    {
        RealMatrix unit = new(rows.Length, embeddings.Columns);
        for (int i = 0; i < rows.Length; i++)
        {
            Span<double> row = unit.Row(i);
            TensorPrimitives.ConvertTruncating<float, double>(embeddings.Row(rows[i]), row);
            double length = TensorPrimitives.Norm<double>(row);
            if (length > 0) TensorPrimitives.Divide(row, length, row);
        }

        return unit;
    }
}
