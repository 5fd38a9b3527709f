namespace Strata.Research;

/// <summary>An estimate of intrinsic dimension from nearest-neighbour distances of sampled rows.</summary>
internal abstract class NeighbourAccumulator(MeasureContext context, bool distinct, int neighbours) : MeasureAccumulator
{
    protected MeasureContext Context => context;

    protected NeighbourDistances Neighbours { get; } = NeighbourDistances.Of(context, distinct, neighbours);

    public override long Bytes => 0;

    public override void Fold(PromptRows prompt, in PromptResult mapped)
    {
        // The shared sample is fed by itself.
    }

    public override MeasureValue Finish(CancellationToken cancellation)
    {
        RealMatrix distances = Neighbours.Distances(cancellation);
        LeaveOut(Neighbours.NotSampled, RowSample.NotSampledReason);
        LeaveOut(Neighbours.Equal, "equal to an earlier row");
        return Estimate(distances);
    }

    /// <summary>The dimension from [points, neighbours] sorted distances.</summary>
    protected abstract MeasureValue Estimate(RealMatrix distances);
}

/// <summary><c>two-nn</c>: intrinsic dimension from the ratio of the distances to the two nearest neighbours, by a fit.</summary>
public sealed class TwoNN : Measure
{
    /// <summary>Share of the points, those with the smallest ratios, that enter the fit.</summary>
    private const double FittedShare = 0.9;

    /// <inheritdoc/>
    public override string Name => "two-nn";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Intrinsic dimension from the ratio of the distances to the two nearest neighbours, by a fit.",
        Formula = "μ = r₂ / r₁ of each row, sorted; d = slope through the origin of −log(1 − i/N) on log μ over the smallest 90 % (DADApy's fit, on distinct rows).",
        Samples = "One value for all rows; rows equal to an earlier one are left out, and so are rows beyond MaxRows.",
        References = [new("ansuini", "Equal rows stay, but rows with r₁ = 0 or r₁ = r₂ are removed, and so are the last two points of the sorted curve (the script of Ansuini et al. 2019).")],
        Parameters = ["MaxRows"],
        Cost = "O(M²·D) for M = min(N, MaxRows) rows, M·D numbers kept.",
        Traps = "Duplicates give infinite ratios; curvature and noise raise the value at this smallest of scales, see gride; uneven density bends the curve that is fitted.",
        Source = "Facco et al. 2017.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : NeighbourAccumulator(context, context.Reference is null, 2)
    {
        protected override MeasureValue Estimate(RealMatrix distances)
        {
            double[] logs = Ratios.Logs(distances, 1, 2);
            if (Context.Reference is not null) logs = logs.Where(l => l > 0).ToArray();
            Array.Sort(logs);
            LeaveOut(distances.Rows - logs.Length, "no distinct first and second neighbour");
            int fitted = (int)(FittedShare * logs.Length);
            if (Context.Reference is not null) fitted = Math.Min(fitted, logs.Length - 2);
            return logs.Length < 3 || fitted < 1 || logs[fitted - 1] == 0
                ? Undefined(logs.Length, "fewer than 3 distinct rows with distinct neighbours")
                : One(Slope(logs, fitted), logs.Length);
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
    }
}

/// <summary><c>two-nn-ml</c>: the same ratios, by maximum likelihood.</summary>
public sealed class TwoNNLikelihood : Measure
{
    /// <inheritdoc/>
    public override string Name => "two-nn-ml";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Intrinsic dimension from the ratio of the distances to the two nearest neighbours, by maximum likelihood without bias.",
        Formula = "d = (N − 1) / Σ log(r₂ / r₁) over all distinct rows.",
        Samples = "One value for all rows; rows equal to an earlier one are left out, and so are rows beyond MaxRows.",
        Parameters = ["MaxRows"],
        Cost = "O(M²·D) for M = min(N, MaxRows) rows, M·D numbers kept; shared with two-nn.",
        Traps = "Every row counts, so the large ratios that two-nn drops (outliers, uneven density) pull it down.",
        Source = "Facco et al. 2017; Denti et al. 2022; DADApy's \"ml\".",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : NeighbourAccumulator(context, true, 2)
    {
        protected override MeasureValue Estimate(RealMatrix distances)
        {
            double[] logs = Ratios.Logs(distances, 1, 2);
            double sum = logs.Sum();
            return logs.Length < 3 || sum == 0 ? Undefined(logs.Length, "fewer than 3 distinct rows with distinct neighbours") : One((logs.Length - 1) / sum, logs.Length);
        }
    }
}

/// <summary><c>mle</c>: the Levina-Bickel estimate of intrinsic dimension.</summary>
public sealed class LevinaBickel : Measure
{
    /// <inheritdoc/>
    public override string Name => "mle";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Intrinsic dimension from how fast the distances to the nearest neighbours grow.",
        Formula = "Per row m = (k − 1) / Σ_{j<k} log(r_k / r_j), k = Neighbours; the value is the mean of m.",
        Samples = "Rows, each with its local dimension; rows equal to an earlier one are left out, and so are rows beyond MaxRows.",
        References = [new("skdim", "1 / mean(1/m), the aggregation of MacKay and Ghahramani 2005, which is what scikit-dimension returns by default.")],
        Parameters = ["Neighbours", "MaxRows"],
        Cost = "O(M²·D) for M = min(N, MaxRows) rows, M·D numbers kept; shared with two-nn.",
        Traps = "Falls with k where the sample is thin (negative bias in high dimension); the mean of m has a larger bias than the harmonic mean.",
        Source = "Levina and Bickel 2004.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : NeighbourAccumulator(context, true, context.Options.Neighbours)
    {
        protected override MeasureValue Estimate(RealMatrix distances)
        {
            int k = Context.Options.Neighbours;
            if (distances.Columns < k) return Undefined(distances.Rows, $"fewer than {k + 1} distinct rows");
            double[] local = new double[distances.Rows];
            for (int i = 0; i < local.Length; i++)
            {
                double sum = 0;
                for (int j = 0; j < k - 1; j++) sum += Math.Log(distances[i, k - 1] / distances[i, j]);
                local[i] = (k - 1) / sum;
            }

            double[] defined = local.Where(double.IsFinite).ToArray();
            LeaveOut(local.Length - defined.Length, "all neighbours equally far");
            if (defined.Length == 0) return Undefined(0, "no row has neighbours at distinct distances");
            double mean = defined.Average(), spread = Math.Sqrt(defined.Sum(m => (m - mean) * (m - mean)) / defined.Length);
            double value = Context.Reference is null ? mean : 1 / defined.Average(m => 1 / m);
            return One(value, defined.Length) with { Spread = spread, PerSample = Context.Options.PerSample ? defined : [] };
        }
    }
}

/// <summary><c>gride</c>: intrinsic dimension at a chosen scale, with the whole scale plot.</summary>
public sealed class Gride : Measure
{
    private const int LargestScale = 64;

    /// <inheritdoc/>
    public override string Name => "gride";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Intrinsic dimension at a chosen scale, from the ratio of the distances to neighbours n₁ and 2n₁, with the curve over all scales.",
        Formula = "μ = r_{2n₁} / r_{n₁}; d maximises Σ log[ d (μ^d − 1)^{n₁−1} / μ^{(2n₁−1)d+1} ]; n₁ = GrideScale. The curve has n₁ = 1, 2, 4, … 64 against the mean distance to neighbour 2n₁.",
        Samples = "One value for all rows; rows equal to an earlier one are left out, and so are rows beyond MaxRows.",
        Parameters = ["GrideScale", "MaxRows"],
        Cost = "O(M²·D) for M = min(N, MaxRows) rows, M·D numbers kept; shared with two-nn.",
        Traps = "One scale is one point of a curve: look for the plateau. Ratios of one row at several scales are not independent.",
        Source = "Denti et al. 2022.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : NeighbourAccumulator(context, true, Math.Max(2 * context.Options.GrideScale, 2 * LargestScale))
    {
        protected override MeasureValue Estimate(RealMatrix distances)
        {
            int scale = Context.Options.GrideScale;
            if (distances.Columns < 2 * scale) return Undefined(distances.Rows, $"fewer than {2 * scale + 1} distinct rows");
            double value = Dimension(distances, scale);
            if (double.IsNaN(value)) return Undefined(distances.Rows, "all ratios are 1");
            int[] scales = Enumerable.Range(0, 7).Select(i => 1 << i).Where(n => 2 * n <= distances.Columns).ToArray();
            double[] far = scales.Select(n => Enumerable.Range(0, distances.Rows).Average(i => distances[i, 2 * n - 1])).ToArray();
            return One(value, distances.Rows) with { Curve = new MeasureCurve("mean distance to neighbour 2n₁", "dimension", far, scales.Select(n => Dimension(distances, n)).ToArray()) { LogX = true } };
        }

        /// <summary>Root of the score N/d + (n₁ − 1)·Σ L·μ^d/(μ^d − 1) − (2n₁ − 1)·Σ L, L = log μ, which falls in d: bisection on log d.</summary>
        private static double Dimension(RealMatrix distances, int scale)
        {
            double[] logs = Ratios.Logs(distances, scale, 2 * scale).Where(l => l > 0).ToArray();
            if (logs.Length == 0) return double.NaN;
            double total = logs.Sum(), low = Math.Log(1e-3), high = Math.Log(1e4);
            for (int step = 0; step < 80; step++)
            {
                double middle = (low + high) / 2, d = Math.Exp(middle), score = logs.Length / d - (2 * scale - 1) * total;
                if (scale > 1) foreach (double l in logs) score += (scale - 1) * l / -double.ExpM1(-d * l);
                if (score > 0) low = middle;
                else high = middle;
            }

            return Math.Exp((low + high) / 2);
        }
    }
}

/// <summary>Ratios of distances to two neighbours.</summary>
internal static class Ratios
{
    /// <summary>log(r_far / r_near) of every row for which it is defined; neighbours are counted from 1.</summary>
    public static double[] Logs(RealMatrix distances, int near, int far)
    {
        if (distances.Columns < far) return [];
        List<double> logs = [];
        for (int i = 0; i < distances.Rows; i++)
        {
            double ratio = Math.Log(distances[i, far - 1] / distances[i, near - 1]);
            if (double.IsFinite(ratio)) logs.Add(ratio);
        }

        return [.. logs];
    }
}
