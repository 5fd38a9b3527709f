using Strata.Tensors;

namespace Strata.Research;

/// <summary>Distances of every sampled row to its k nearest others, from the nearest on: what all estimates of intrinsic dimension read.</summary>
internal sealed class NeighbourDistances : SharedStatistic
{
    private readonly RowSample _sample;
    private readonly bool _distinctRows;
    private int _wanted;
    private RealMatrix? _distances;

    private NeighbourDistances(RowSample sample, bool distinctRows)
    {
        _sample = sample;
        _distinctRows = distinctRows;
    }

    /// <summary>The distances at a point.</summary>
    /// <param name="context">Where.</param>
    /// <param name="distinct">Leave rows out that equal an earlier one.</param>
    /// <param name="neighbours">How many are needed; the largest wish of all measures of the point is computed.</param>
    public static NeighbourDistances Of(MeasureContext context, bool distinct, int neighbours)
    {
        RowSample sample = RowSample.Of(context);
        NeighbourDistances found = context.Shared.Get(distinct ? "distinct" : "all", () => new NeighbourDistances(sample, distinct));
        found._wanted = Math.Max(found._wanted, neighbours);
        return found;
    }

    public override long Bytes => 0;

    /// <summary>Rows of the sample that equal an earlier one and were left out.</summary>
    public int Equal { get; private set; }

    /// <summary>Rows of the sample that took part.</summary>
    public int Points { get; private set; }

    /// <summary>Rows that were not sampled.</summary>
    public int NotSampled => _sample.NotSampled;

    /// <summary>Rows that went by.</summary>
    public long Seen => _sample.Seen;

    public override void Fold(PromptRows prompt)
    {
        // The sample is fed by itself.
    }

    /// <summary>[points, neighbours]; fewer neighbours where there are fewer points.</summary>
    public RealMatrix Distances(CancellationToken cancellation)
    {
        if (_distances is not null) return _distances;
        FloatMatrix rows = _distinctRows ? Distinct(_sample.Rows) : _sample.Rows;
        Equal = _sample.Rows.Rows - rows.Rows;
        Points = rows.Rows;
        return _distances = NearestRows.Distances(RealMatrix.Centred(rows), Math.Min(_wanted, Math.Max(0, rows.Rows - 1)), cancellation);
    }

    /// <summary>The rows that differ from all earlier ones.</summary>
    private static FloatMatrix Distinct(FloatMatrix rows)
    {
        Dictionary<int, List<int>> byHash = [];
        List<int> kept = [];
        for (int i = 0; i < rows.Rows; i++)
        {
            HashCode hash = default;
            foreach (float value in rows.Row(i)) hash.Add(value);
            int key = hash.ToHashCode();
            if (!byHash.TryGetValue(key, out List<int>? alike)) byHash[key] = alike = [];
            if (alike.Any(j => rows.Row(j).SequenceEqual(rows.Row(i)))) continue;
            alike.Add(i);
            kept.Add(i);
        }

        return kept.Count == rows.Rows ? rows : rows.Select(kept.ToArray());
    }
}
