using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary>A share of the variance of the states in the decomposition by position and context.</summary>
public abstract class PositionContextMeasure : Measure
{
    private protected const string Decomposition = "h_{c,t} = μ + pos_t + ctx_c + resid_{c,t}: μ the mean of all, pos_t the mean over prompts c at position t less μ, ctx_c the mean over positions of prompt c less μ.";
    private protected const string Prompts = "Prompts; those shorter than the first are left out, longer ones are cut to its length.";

    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Tokens;

    private protected abstract double OfSums(PositionContextSums sums, out string? undefined);

    internal sealed override MeasureAccumulator Start(MeasureContext context) =>
        new Accumulator(this, context.Shared.Get("position and context", () => new PositionContextSums(context.Columns, context.Options.MaxRows)));

    private sealed class Accumulator(PositionContextMeasure measure, PositionContextSums sums) : MeasureAccumulator
    {
        public override long Bytes => 0;

        public override int SamplesOf(PromptRows prompt) => 1;

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            // The shared sums are fed by themselves.
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            LeaveOut(sums.Shorter, "prompt shorter than the first");
            if (sums.Prompts < 2 || sums.Length < 2) return Undefined(sums.Prompts, "fewer than 2 prompts of 2 tokens");
            double value = measure.OfSums(sums, out string? undefined);
            return undefined is null ? One(value, sums.Prompts) : Undefined(sums.Prompts, undefined);
        }
    }
}

/// <summary><c>position-share</c>: the variance that position alone explains.</summary>
public sealed class PositionShare : PositionContextMeasure
{
    /// <inheritdoc/>
    public override string Name => "position-share";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Share of the variance of the states that position alone explains.",
        Formula = Decomposition + " mean_t ‖pos_t‖² / mean ‖h − μ‖².",
        Samples = Prompts,
        Cost = "O(N·D); T·D numbers kept, shared with context-share and incoherence.",
        Traps = "The first position is often far from all others and makes up most of it: measure again without it (--positions 1..).",
        Source = "Song and Zhong 2024.",
    };

    private protected override double OfSums(PositionContextSums sums, out string? undefined) => sums.Share(sums.PositionVariance, out undefined);
}

/// <summary><c>context-share</c>: the variance that the prompt alone explains.</summary>
public sealed class ContextShare : PositionContextMeasure
{
    /// <inheritdoc/>
    public override string Name => "context-share";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Share of the variance of the states that the prompt alone explains; what neither it nor position explains is the residual.",
        Formula = Decomposition + " mean_c ‖ctx_c‖² / mean ‖h − μ‖².",
        Samples = Prompts,
        Cost = "O(N·D); T·D numbers kept, shared with position-share and incoherence.",
        Traps = "Independent noise gives 1/T, not 0.",
        Source = "Song and Zhong 2024.",
    };

    private protected override double OfSums(PositionContextSums sums, out string? undefined) => sums.Share(sums.ContextVariance, out undefined);
}

/// <summary><c>incoherence</c>: the largest cosine of a position vector and a context vector.</summary>
public sealed class PositionContextIncoherence : PositionContextMeasure
{
    /// <inheritdoc/>
    public override string Name => "incoherence";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Largest cosine in size of a position vector and a context vector: near 0 where the two live in orthogonal subspaces.",
        Formula = Decomposition + " max over t and c of |cos(pos_t, ctx_c)|.",
        Samples = Prompts,
        Parameters = ["MaxRows"],
        Cost = "O(N·D) plus T·C·D; (T + C)·D numbers kept for C = min(prompts, MaxRows) context vectors, the first ones.",
        Traps = "A maximum over many random pairs is not near 0 in few dimensions: compare with random weights.",
        Source = "Song and Zhong 2024.",
    };

    private protected override double OfSums(PositionContextSums sums, out string? undefined)
    {
        double largest = sums.LargestCosine();
        undefined = double.IsNaN(largest) ? "all position vectors or all context vectors are zero" : null;
        return largest;
    }
}

/// <summary>Sums over positions and prompts about the mean of the first prompt, so that a large common vector does not cancel.</summary>
internal sealed class PositionContextSums(int columns, int? mostContexts) : SharedStatistic
{
    private readonly List<double[]> _contexts = [];
    private RealMatrix? _byPosition;
    private double[]? _shift;
    private double _squares, _contextSquares;

    /// <summary>Prompts that took part.</summary>
    public int Prompts { get; private set; }

    /// <summary>Prompts that were too short.</summary>
    public int Shorter { get; private set; }

    /// <summary>Positions of every prompt.</summary>
    public int Length => _byPosition?.Rows ?? 0;

    public override long Bytes => 8L * ((_byPosition?.Values.Length ?? 0) + columns + (long)_contexts.Count * columns);

    public override void Fold(PromptRows prompt)
    {
        if (prompt.Pooled) return;
        _byPosition ??= new RealMatrix(prompt.Count, columns);
        _shift ??= (double[])prompt.Mean.Clone();
        if (prompt.Count < Length)
        {
            Shorter++;
            return;
        }

        double[] row = new double[columns], context = new double[columns];
        for (int t = 0; t < Length; t++)
        {
            TensorPrimitives.Subtract(prompt.Real.Row(t), _shift, row);
            TensorPrimitives.Add(_byPosition.Row(t), row, _byPosition.Row(t));
            TensorPrimitives.Add(context, row, context);
            _squares += TensorPrimitives.SumOfSquares<double>(row);
        }

        TensorPrimitives.Divide(context, Length, context);
        _contextSquares += TensorPrimitives.SumOfSquares<double>(context);
        if (mostContexts is not int most || _contexts.Count < most) _contexts.Add(context);
        Prompts++;
    }

    /// <summary>mean_t ‖pos_t‖².</summary>
    public double PositionVariance
    {
        get
        {
            double sum = 0;
            for (int t = 0; t < Length; t++) sum += TensorPrimitives.SumOfSquares<double>(Position(t));
            return sum / Length;
        }
    }

    /// <summary>mean_c ‖ctx_c‖².</summary>
    public double ContextVariance => _contextSquares / Prompts - TensorPrimitives.SumOfSquares<double>(Mean());

    /// <summary>A variance by that of all states.</summary>
    public double Share(double variance, out string? undefined)
    {
        double energy = _squares / ((double)Prompts * Length), total = energy - TensorPrimitives.SumOfSquares<double>(Mean());
        undefined = total > 1e-14 * energy ? null : "all states are equal";
        return variance / total;
    }

    /// <summary>pos_t.</summary>
    public double[] Position(int t)
    {
        double[] position = new double[columns];
        TensorPrimitives.Divide(_byPosition!.Row(t), Prompts, position);
        TensorPrimitives.Subtract(position, Mean(), position);
        return position;
    }

    /// <summary>max |cos(pos_t, ctx_c)|; NaN when there is no pair other than zero.</summary>
    public double LargestCosine()
    {
        double[] mean = Mean(), context = new double[columns];
        double[][] positions = Enumerable.Range(0, Length).Select(Position).ToArray();
        double largest = double.NaN;
        foreach (double[] raw in _contexts)
        {
            TensorPrimitives.Subtract(raw, mean, context);
            foreach (double[] position in positions)
            {
                double cosine = Math.Abs(TensorPrimitives.Dot<double>(position, context)) / (TensorPrimitives.Norm<double>(position) * TensorPrimitives.Norm<double>(context));
                if (double.IsFinite(cosine) && !(cosine <= largest)) largest = cosine;
            }
        }

        return largest;
    }

    /// <summary>The mean of all states less the shift.</summary>
    private double[] Mean()
    {
        double[] mean = new double[columns];
        for (int t = 0; t < Length; t++) TensorPrimitives.Add(mean, _byPosition!.Row(t), mean);
        TensorPrimitives.Divide(mean, (double)Prompts * Length, mean);
        return mean;
    }
}
