using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary><c>anisotropy</c>: the expected cosine of two states from different sequences.</summary>
public sealed class Anisotropy : Measure
{
    /// <inheritdoc/>
    public override string Name => "anisotropy";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Expected cosine of two rows from different sequences, not centred.",
        Formula = "The exact mean over all such pairs, Σ_s S_s·(T − S_s) / Σ_s n_s (N − n_s) with S_s the sum of a sequence's unit rows and T that of all.",
        Samples = "One value for all rows; zero rows are left out.",
        References = [new("contextual", "The mean over Pairs random pairs drawn with replacement from the sampled rows, the pairs being the samples (kawine/contextual).")],
        Parameters = ["Pairs", "MaxRows"],
        Cost = "O(N·D), D numbers kept.",
        Traps = "A few massive dimensions make it near 1 although the other dimensions are spread well: see anisotropy-centred and max-activation.",
        Source = "Ethayarajh 2019; Godey et al. 2024.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => context.Reference is null ? new UnitSums(context) : new RandomPairs(context, centred: false);
}

/// <summary><c>anisotropy-centred</c>: the same after the mean of all rows has been taken away.</summary>
public sealed class CentredAnisotropy : Measure
{
    /// <inheritdoc/>
    public override string Name => "anisotropy-centred";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Expected cosine of two rows from different sequences after the mean of all rows has been taken away.",
        Formula = "Mean cosine over Pairs random pairs of sampled rows, each less the mean of the sample; pairs are drawn with replacement.",
        Samples = "Pairs.",
        Parameters = ["Pairs", "MaxRows"],
        Cost = "O((M + Pairs)·D), M·D numbers kept for M = min(N, MaxRows).",
        Traps = "Near 0 by construction; what is left tells of clusters, not of a common drift.",
        Source = "Godey et al. 2024.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new RandomPairs(context, centred: true);
}

/// <summary><c>drift</c>: how much of the length of the rows is a common vector.</summary>
public sealed class Drift : Measure
{
    /// <inheritdoc/>
    public override string Name => "drift";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Length of the mean row over the mean length of a row: how far the cloud sits from the origin. At attn.q and attn.k it is the drift of queries and keys.",
        Formula = "‖mean h‖ / mean ‖h‖, in [0, 1].",
        Samples = "One value for all rows.",
        Cost = "O(N·D), D numbers kept.",
        Traps = "Both numbers are carried by the largest dimensions.",
        Source = "Godey et al. 2024.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context.Columns);

    private sealed class Accumulator(int columns) : MeasureAccumulator
    {
        private readonly double[] _sum = new double[columns];
        private double _lengths;
        private long _rows;

        public override long Bytes => 8L * columns;

        public override PromptResult Map(PromptRows prompt)
        {
            _ = prompt.Mean;
            return PromptResult.Of(prompt.Squares.Sum(Math.Sqrt));
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            TensorPrimitives.MultiplyAdd(prompt.Mean, prompt.Count, _sum, _sum);
            _lengths += mapped.Single;
            _rows += prompt.Count;
        }

        public override MeasureValue Finish(CancellationToken cancellation) =>
            _lengths > 0 ? One(TensorPrimitives.Norm<double>(_sum) / _lengths, _rows) : Undefined(_rows, "all rows are zero");
    }
}

/// <summary>Sums of unit rows per sequence and in all: the exact mean cosine over pairs of different sequences.</summary>
internal sealed class UnitSums(MeasureContext context) : MeasureAccumulator
{
    private readonly double[] _total = new double[context.Columns];
    private double _ownSquares, _ownPairs, _rows;
    private int _sequences;

    public override long Bytes => 8L * _total.Length;

    public override PromptResult Map(PromptRows prompt)
    {
        _ = prompt.UnitSum;
        return default;
    }

    public override void Fold(PromptRows prompt, in PromptResult mapped)
    {
        int zero = prompt.Squares.Count(s => s == 0), kept = prompt.Count - zero;
        LeaveOut(zero, "zero row");
        if (kept == 0) return;
        TensorPrimitives.Add(_total, prompt.UnitSum, _total);
        _rows += kept;
        _sequences += prompt.Pooled ? kept : 1;
        // Of pooled rows every one is a sequence: its sum is itself.
        _ownSquares += prompt.Pooled ? kept : TensorPrimitives.SumOfSquares<double>(prompt.UnitSum);
        _ownPairs += prompt.Pooled ? kept : (double)kept * kept;
    }

    public override MeasureValue Finish(CancellationToken cancellation) => _sequences < 2
        ? Undefined((long)_rows, "fewer than 2 sequences with a state other than zero")
        : One(Mean, (long)_rows);

    /// <summary>The mean cosine so far.</summary>
    public double Mean => (TensorPrimitives.SumOfSquares<double>(_total) - _ownSquares) / (_rows * _rows - _ownPairs);
}

/// <summary>Random pairs of sampled rows from different sequences.</summary>
internal sealed class RandomPairs(MeasureContext context, bool centred) : MeasureAccumulator
{
    private readonly RowSample _sample = RowSample.Of(context);

    public override long Bytes => 0;

    public override void Fold(PromptRows prompt, in PromptResult mapped)
    {
        // The shared sample is fed by itself.
    }

    public override MeasureValue Finish(CancellationToken cancellation)
    {
        PromptRows all = new(_sample.Rows, 0, true, 0);
        RealMatrix unit = centred ? all.CentredUnit : all.Unit;
        int[] sequence = _sample.Sequences;
        int[] kept = Enumerable.Range(0, unit.Rows).Where(i => UnitRows.HasDirection(unit.Row(i))).ToArray();
        LeaveOut(_sample.NotSampled, RowSample.NotSampledReason);
        LeaveOut(unit.Rows - kept.Length, centred ? "row equal to the mean" : "zero row");
        if (kept.Select(i => sequence[i]).Distinct().Count() < 2) return Undefined(kept.Length, "fewer than 2 sequences with a state other than zero");
        Random random = new(context.Options.Seed);
        double[] cosines = new double[context.Options.Pairs];
        for (int pair = 0; pair < cosines.Length;)
        {
            int i = kept[random.Next(kept.Length)], j = kept[random.Next(kept.Length)];
            if (sequence[i] != sequence[j]) cosines[pair++] = TensorPrimitives.Dot<double>(unit.Row(i), unit.Row(j));
        }

        double mean = cosines.Average();
        return One(mean, cosines.Length) with { Spread = Math.Sqrt(cosines.Sum(c => (c - mean) * (c - mean)) / cosines.Length), PerSample = context.Options.PerSample ? cosines : [] };
    }
}
