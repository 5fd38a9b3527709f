using System.Globalization;
using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A query with its candidates.</summary>
/// <param name="Query">The query.</param>
/// <param name="Positive">Candidates that answer it.</param>
/// <param name="Negative">Candidates that do not.</param>
public sealed record RerankedQuery(string Query, IReadOnlyList<string> Positive, IReadOnlyList<string> Negative);

/// <summary>
/// Re-ranking: the candidates of each query put in order by cosine, scored as a retrieval among them alone (since MTEB 2; the mean average precision is <c>map_at_1000</c>). Queries without candidates of both
/// kinds are left out. Candidates of equal score are ordered as MTEB names them, which puts the wrong ones first.
/// </summary>
public sealed class RerankingTask : EmbeddingTask
{
    private readonly (int Query, int[] Candidates, int[] Ties, (int, int)[] Judged)[] _queries;
    private readonly int _leftOut;

    /// <summary>A task from queries with candidates.</summary>
    /// <exception cref="StrataException">No query has candidates of both kinds.</exception>
    public RerankingTask(string name, IReadOnlyList<RerankedQuery> queries) : this(name, new TextIndex(), queries)
    {
    }

    private RerankingTask(string name, TextIndex texts, IReadOnlyList<RerankedQuery> queries) : base(name, TaskKind.Reranking, "map_at_1000", texts.Texts)
    {
        RerankedQuery[] kept = queries.Where(q => q.Positive.Count > 0 && q.Negative.Count > 0).ToArray();
        if (kept.Length == 0) throw new StrataException($"Task \"{name}\" has {queries.Count} queries, and none with both positive and negative candidates.");
        _leftOut = queries.Count - kept.Length;
        _queries = kept.Select(q => (texts.Of(q.Query), texts.Of(q.Positive.Concat(q.Negative)), RankScores.TieOrder(Ids(q)), Judged(q))).ToArray();
    }

    private RerankingTask(RerankingTask task, (int, int[], int[], (int, int)[])[] queries) : base(task.Name, task.Kind, task.MainScore, task.Texts) => (_queries, _leftOut) = (queries, task._leftOut);

    /// <summary>Which candidates are right is dealt out anew within each query.</summary>
    public override EmbeddingTask Shuffled(long seed)
    {
        SeededRandom random = new(seed);
        return new RerankingTask(this, Array.ConvertAll(_queries, q =>
        {
            int[] order = random.Permutation(q.Candidates.Length);
            return (q.Query, q.Candidates, q.Ties, Array.ConvertAll(q.Judged, j => (order[j.Item1], j.Item2)));
        }));
    }

    private protected override TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        RankScores ranks = new();
        foreach ((int query, int[] candidates, int[] ties, (int, int)[] judged) in _queries)
        {
            RealMatrix similarities = Products.TimesTransposed(UnitVectors.Of(embeddings, [query]), UnitVectors.Of(embeddings, candidates));
            float[] row = new float[candidates.Length];
            TensorPrimitives.ConvertSaturating<double, float>(similarities.Values, row);
            ranks.Add(row, ties, judged);
        }

        return new TaskScores(ranks.Means(), [], _queries.Length, _leftOut, _leftOut > 0 ? "these queries have no positive or no negative candidates" : null);
    }

    private static (int, int)[] Judged(RerankedQuery query) =>
        Enumerable.Range(0, query.Positive.Count + query.Negative.Count).Select(i => (i, i < query.Positive.Count ? 1 : 0)).ToArray();

    private static string[] Ids(RerankedQuery query) =>
        [.. query.Positive.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"apositive_{i:00000}")), .. query.Negative.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"negative_{i:00000}"))];
}
