using System.Globalization;

namespace Strata.Research;

/// <summary>
/// Scores of rankings as trec_eval defines them and MTEB reports them: means over the queries. Documents with equal scores (in float32, as trec_eval holds them) are ranked by their id, the last in
/// ordinal order first.
/// </summary>
internal sealed class RankScores
{
    /// <summary>The depths that MTEB cuts at.</summary>
    private static readonly int[] Cuts = [1, 3, 5, 10, 20, 100, 1000];

    private readonly Dictionary<string, double> _sums = [];
    private int _queries;

    /// <summary>Documents in the order in which trec_eval ranks those of equal score: place of each in that order.</summary>
    public static int[] TieOrder(IReadOnlyList<string> ids)
    {
        int[] order = Enumerable.Range(0, ids.Count).ToArray(), places = new int[ids.Count];
        Array.Sort(order, (a, b) => string.CompareOrdinal(ids[b], ids[a]));
        for (int i = 0; i < order.Length; i++) places[order[i]] = i;
        return places;
    }

    /// <summary>Adds a query.</summary>
    /// <param name="scores">Score of every candidate.</param>
    /// <param name="ties">Place of every candidate among those of equal score (<see cref="TieOrder"/>).</param>
    /// <param name="judged">Candidates that were judged, with their gain; relevant are those above 0.</param>
    public void Add(ReadOnlySpan<float> scores, int[] ties, IReadOnlyList<(int Candidate, int Gain)> judged)
    {
        (int Candidate, int Gain)[] relevant = judged.Where(j => j.Gain > 0).ToArray();
        int[] ranks = RanksOf(scores, ties, Array.ConvertAll(relevant, r => r.Candidate));
        int[] gains = new int[relevant.Length];
        for (int i = 0; i < gains.Length; i++) gains[i] = relevant[i].Gain;
        Array.Sort(ranks, gains);
        int[] ideal = gains.OrderDescending().ToArray();
        _queries++;
        foreach (int k in Cuts)
        {
            int found = ranks.Count(r => r <= k);
            double gained = 0, best = 0, precision = 0;
            for (int i = 0; i < found; i++)
            {
                gained += gains[i] / Math.Log2(ranks[i] + 1);
                precision += (i + 1.0) / ranks[i];
            }

            for (int i = 0; i < Math.Min(k, ideal.Length); i++) best += ideal[i] / Math.Log2(i + 2);
            Add("ndcg", k, best > 0 ? gained / best : 0);
            Add("map", k, relevant.Length > 0 ? precision / relevant.Length : 0);
            Add("recall", k, relevant.Length > 0 ? (double)found / relevant.Length : 0);
            Add("precision", k, (double)found / k);
            Add("mrr", k, found > 0 ? 1.0 / ranks[0] : 0);
            Add("hit_rate", k, found > 0 ? 1 : 0);
        }
    }

    /// <summary>The means, in MTEB's names: <c>ndcg_at_10</c>.</summary>
    public Dictionary<string, double> Means() => _sums.OrderBy(s => Array.IndexOf(Order, s.Key[..s.Key.IndexOf("_at_", StringComparison.Ordinal)])).ToDictionary(s => s.Key, s => s.Value / _queries);

    private static readonly string[] Order = ["ndcg", "map", "recall", "precision", "mrr", "hit_rate"];

    private void Add(string name, int k, double value)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{name}_at_{k}");
        _sums[key] = _sums.GetValueOrDefault(key) + value;
    }

    /// <summary>Ranks from 1 of some candidates among all, in one pass: each candidate is placed among the wanted ones, and those before are summed.</summary>
    private static int[] RanksOf(ReadOnlySpan<float> scores, int[] ties, int[] wanted)
    {
        (float Score, int Tie, int Place)[] order = new (float, int, int)[wanted.Length];
        for (int i = 0; i < order.Length; i++) order[i] = (-scores[wanted[i]], ties[wanted[i]], i);
        Array.Sort(order);
        int[] before = new int[wanted.Length + 1], ranks = new int[wanted.Length];
        for (int d = 0; d < scores.Length; d++)
        {
            int low = 0, high = order.Length;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (-scores[d] < order[middle].Score || (-scores[d] == order[middle].Score && ties[d] < order[middle].Tie)) high = middle;
                else low = middle + 1;
            }

            before[low]++;
        }

        int sum = 0;
        for (int i = 0; i < order.Length; i++)
        {
            sum += before[i];
            ranks[order[i].Place] = sum + 1;
        }

        return ranks;
    }
}
