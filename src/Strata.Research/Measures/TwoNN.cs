using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>two-nn</c>: intrinsic dimension from the ratio of the distances to the two nearest neighbours.</summary>
public sealed class TwoNN : RowsMeasure
{
    /// <summary>Share of the points, those with the smallest ratios, that enter the fit.</summary>
    private const double FittedShare = 0.9;

    /// <summary>Rows whose distances are computed together, so that each other row is loaded once for all of them.</summary>
    private const int Stripe = 16;

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
        double[] ratios = new double[points.Rows];
        int stripes = (points.Rows + Stripe - 1) / Stripe;
        Parallel.For(0, stripes, new ParallelOptions { CancellationToken = cancellation }, s => StripeRatios(points, s * Stripe, ratios));
        return ratios.Where(r => double.IsFinite(r) && r >= 1 && !(dropEqual && r == 1)).Select(r => Math.Log(r)).ToArray();
    }

    /// <summary>Differences are taken in float32, where neighbours differ exactly, and not from a Gram matrix, which would cancel.</summary>
    private static void StripeRatios(FloatMatrix points, int first, double[] ratios)
    {
        int count = Math.Min(Stripe, points.Rows - first);
        Span<float> nearest = stackalloc float[Stripe];
        Span<float> second = stackalloc float[Stripe];
        nearest.Fill(float.PositiveInfinity);
        second.Fill(float.PositiveInfinity);
        for (int j = 0; j < points.Rows; j++)
        {
            ReadOnlySpan<float> other = points.Row(j);
            for (int i = 0; i < count; i++)
            {
                if (first + i == j) continue;
                float distance = TensorPrimitives.Distance(points.Row(first + i), other);
                if (distance >= second[i]) continue;
                second[i] = Math.Max(nearest[i], distance);
                nearest[i] = Math.Min(nearest[i], distance);
            }
        }

        for (int i = 0; i < count; i++) ratios[first + i] = nearest[i] > 0 ? (double)second[i] / nearest[i] : double.NaN;
    }
}
