using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>two-nn</c>: intrinsic dimension from the ratio of the distances to the two nearest neighbours.</summary>
public sealed class TwoNN : RowsMeasure
{
    /// <summary>Share of the points, those with the smallest ratios, that enter the fit.</summary>
    private const double FittedShare = 0.9;

    /// <summary>Rows whose distances are computed together, so that each other row is loaded once for all of them.</summary>
    private const int Stripe = 32;

    /// <inheritdoc/>
    public override string Name => "two-nn";

    /// <inheritdoc/>
    public override string? Unit => null;

    /// <inheritdoc/>
    public override string Summary =>
        "Intrinsic dimension: μ = r₂ / r₁ of each row (tokens stacked when not pooled), sorted; slope through the origin of −log(1 − i/N) on log μ over the smallest 90 %. Rows equal to an earlier one are left out first (DADApy's fit, on distinct points). "
        + "Reference (the script of Ansuini et al. 2019): equal rows stay, but rows with r₁ = 0 or r₁ = r₂ are removed, and so are the last two points of the sorted curve. Facco et al. 2017.";

    private protected override MeasureValue OfRows(FloatMatrix rows, MeasureOptions options, CancellationToken cancellation)
    {
        FloatMatrix sampled = options.MaxRows is int most && rows.Rows > most ? rows.Select(Sample(rows.Rows, most, options.Seed)) : rows;
        FloatMatrix points = options.Form == MeasureForm.Textbook ? Distinct(sampled) : sampled;
        double[] logs = LogRatios(points, options.Form == MeasureForm.Reference, cancellation);
        Array.Sort(logs);
        int leftOut = rows.Rows - logs.Length;
        string reason = Reason(rows.Rows - sampled.Rows, sampled.Rows - points.Rows, points.Rows - logs.Length);
        int fitted = (int)(FittedShare * logs.Length);
        if (options.Form == MeasureForm.Reference) fitted = Math.Min(fitted, logs.Length - 2);
        if (logs.Length < 3 || fitted < 1 || logs[fitted - 1] == 0) return MeasureValue.Undefined(rows.Rows, $"fewer than 3 distinct rows with distinct neighbours. {reason}".TrimEnd());
        return MeasureValue.One(Slope(logs, fitted), logs.Length, leftOut, reason);
    }

    private static double Slope(double[] logs, int fitted)
    {
        double xy = 0, xx = 0;
        for (int i = 0; i < fitted; i++)
        {
            xy -= logs[i] * Math.Log(1 - (i + 1.0) / logs.Length);
            xx += logs[i] * logs[i];
        }

        return xy / xx;
    }

    private static string Reason(int notSampled, int equal, int degenerate) => string.Join("; ", new[]
    {
        notSampled > 0 ? $"{notSampled} x not sampled (MaxRows)" : null,
        equal > 0 ? $"{equal} x equal to an earlier row" : null,
        degenerate > 0 ? $"{degenerate} x no distinct first and second neighbour" : null,
    }.Where(part => part is not null));

    private static int[] Sample(int rows, int most, int seed)
    {
        int[] order = Enumerable.Range(0, rows).ToArray();
        new Random(seed).Shuffle(order);
        Array.Resize(ref order, most);
        Array.Sort(order);
        return order;
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

    /// <summary>log(r₂ / r₁) of every point for which it is defined (and, for the reference, not zero).</summary>
    private static double[] LogRatios(FloatMatrix points, bool dropEqual, CancellationToken cancellation)
    {
        if (points.Rows < 3) return [];
        RealMatrix centred = RealMatrix.Centred(points);
        double[] squares = new double[points.Rows];
        for (int i = 0; i < squares.Length; i++) squares[i] = TensorPrimitives.SumOfSquares<double>(centred.Row(i));
        double[] ratios = new double[points.Rows];
        Parallel.For(
            0,
            (points.Rows + Stripe - 1) / Stripe,
            new ParallelOptions { CancellationToken = cancellation },
            () => new RealMatrix(Stripe, points.Rows),
            (s, _, products) =>
            {
                StripeRatios(centred, squares, s * Stripe, products, ratios);
                return products;
            },
            _ => { });
        return ratios.Where(r => double.IsFinite(r) && r >= 1 && !(dropEqual && r == 1)).Select(r => Math.Log(r)).ToArray();
    }

    /// <summary>
    /// The neighbours are found from inner products, which is fast; their distances are then taken from differences, because inner products of near
    /// neighbours cancel.
    /// </summary>
    private static void StripeRatios(RealMatrix points, double[] squares, int first, RealMatrix products, double[] ratios)
    {
        // The last stripe overlaps the one before it rather than being shorter.
        first = Math.Max(0, Math.Min(first, points.Rows - Stripe));
        int count = Math.Min(Stripe, points.Rows);
        RealMatrix rows = new(points.Values.AsSpan(first * points.Columns, count * points.Columns).ToArray(), count, points.Columns);
        RealMatrix inner = products.Rows == count ? products : new RealMatrix(count, points.Rows);
        Products.TimesTransposed(rows, points, inner);
        for (int i = 0; i < count; i++)
        {
            (int nearest, int second) = TwoNearest(inner.Row(i), squares, first + i);
            double r1 = TensorPrimitives.Distance<double>(rows.Row(i), points.Row(nearest)), r2 = TensorPrimitives.Distance<double>(rows.Row(i), points.Row(second));
            ratios[first + i] = r1 > 0 && r2 > 0 ? Math.Max(r1, r2) / Math.Min(r1, r2) : double.NaN;
        }
    }

    private static (int Nearest, int Second) TwoNearest(ReadOnlySpan<double> inner, ReadOnlySpan<double> squares, int self)
    {
        int nearest = -1, second = -1;
        double first = double.PositiveInfinity, next = double.PositiveInfinity;
        for (int j = 0; j < inner.Length; j++)
        {
            double distance = squares[j] - 2 * inner[j];
            if (distance >= next || j == self) continue;
            if (distance < first)
            {
                (second, next) = (nearest, first);
                (nearest, first) = (j, distance);
            }
            else
            {
                (second, next) = (j, distance);
            }
        }

        return (nearest, second);
    }
}
