using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Distances of every sampled row to its k nearest others, from the nearest on: what all estimates of intrinsic dimension read.</summary>
internal sealed class NeighbourDistances : SharedStatistic
{
    /// <summary>Rows whose distances are computed together, so that each other row is loaded once for all of them.</summary>
    private const int Stripe = 32;

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
        return _distances = Nearest(RealMatrix.Centred(rows), Math.Min(_wanted, Math.Max(0, rows.Rows - 1)), cancellation);
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

    private static RealMatrix Nearest(RealMatrix points, int neighbours, CancellationToken cancellation)
    {
        RealMatrix result = new(points.Rows, neighbours);
        if (neighbours == 0) return result;
        double[] squares = new double[points.Rows];
        for (int i = 0; i < squares.Length; i++) squares[i] = TensorPrimitives.SumOfSquares<double>(points.Row(i));
        ParallelWork.For((points.Rows + Stripe - 1) / Stripe, cancellation, s => NearestOfStripe(points, squares, s * Stripe, result));
        return result;
    }

    /// <summary>
    /// The neighbours are found from inner products, which is fast; their distances are then taken from differences, because inner products of near
    /// neighbours cancel.
    /// </summary>
    private static void NearestOfStripe(RealMatrix points, double[] squares, int first, RealMatrix result)
    {
        int count = Math.Min(Stripe, points.Rows - first), k = result.Columns;
        RealMatrix rows = new(points.Values.AsSpan(first * points.Columns, count * points.Columns).ToArray(), count, points.Columns);
        RealMatrix inner = Products.TimesTransposed(rows, points);
        int[] nearest = new int[k];
        double[] squared = new double[k];
        for (int i = 0; i < count; i++)
        {
            KNearest(inner.Row(i), squares, first + i, nearest, squared);
            Span<double> own = result.Row(first + i);
            for (int n = 0; n < k; n++) own[n] = TensorPrimitives.Distance<double>(rows.Row(i), points.Row(nearest[n]));
            own.Sort();
        }
    }

    /// <summary>The k smallest of |y|² − 2x·y, by insertion into a short sorted list.</summary>
    private static void KNearest(ReadOnlySpan<double> inner, ReadOnlySpan<double> squares, int self, int[] nearest, double[] distances)
    {
        int last = distances.Length - 1;
        Array.Fill(distances, double.PositiveInfinity);
        for (int j = 0; j < inner.Length; j++)
        {
            double distance = squares[j] - 2 * inner[j];
            if (distance >= distances[last] || j == self) continue;
            int at = last;
            for (; at > 0 && distances[at - 1] > distance; at--)
            {
                distances[at] = distances[at - 1];
                nearest[at] = nearest[at - 1];
            }

            distances[at] = distance;
            nearest[at] = j;
        }
    }
}
