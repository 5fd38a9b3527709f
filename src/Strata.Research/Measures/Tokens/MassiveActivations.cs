using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary><c>activation-variance</c>: the variance over the dimensions of a state, which a layer norm divides by.</summary>
public sealed class ActivationVariance : Measure
{
    /// <inheritdoc/>
    public override string Name => "activation-variance";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Variance over the dimensions of a state, which a layer norm divides by: how fast the stream grows with depth.",
        Formula = "mean_j h_j² − (mean_j h_j)², mean over rows.",
        Samples = "Rows (tokens, when not pooled).",
        Parameters = ["Bootstrap"],
        Cost = "O(N·D); nothing is kept.",
        Traps = "One massive dimension carries it: see max-activation.",
        Source = "Kim et al. 2025 (Peri-LN).",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new MeanAccumulator(
        context,
        prompt =>
        {
            double[] variances = new double[prompt.Count];
            for (int i = 0; i < variances.Length; i++)
            {
                double mean = TensorPrimitives.Sum<double>(prompt.Real.Row(i)) / prompt.Columns;
                variances[i] = prompt.Squares[i] / prompt.Columns - mean * mean;
            }

            return new PromptResult(0, variances, 0, null);
        },
        samplesAreTokens: true);
}

/// <summary><c>max-activation</c>: the largest element of all, with the token and the dimension where it sits.</summary>
public sealed class MaxActivation : Measure
{
    /// <inheritdoc/>
    public override string Name => "max-activation";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "The largest element in size of all states, with the sequence, position and dimension where it sits.",
        Formula = "max |h_j| over rows and dimensions.",
        Samples = "One value for all rows.",
        Cost = "O(N·D); nothing is kept.",
        Traps = "A maximum grows with the number of rows. Massive activations sit in few dimensions of the first and of delimiter tokens and act as biases; see massive-ratio for how far they stand out.",
        Source = "Sun et al. 2024; Kim et al. 2025 (Peri-LN).",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator();

    private sealed class Accumulator : MeasureAccumulator
    {
        private double _largest = -1;
        private ExtremePlace? _where;
        private long _rows;

        public override long Bytes => 0;

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            _rows += prompt.Count;
            int at = prompt.Rows.Values.Length == 0 ? -1 : TensorPrimitives.IndexOfMaxMagnitude<float>(prompt.Rows.Values);
            if (at < 0 || Math.Abs(prompt.Rows.Values[at]) <= _largest) return;
            _largest = Math.Abs(prompt.Rows.Values[at]);
            int row = at / prompt.Columns;
            _where = new ExtremePlace(prompt.SequenceOf(row), prompt.Pooled ? null : row, at % prompt.Columns);
        }

        public override MeasureValue Finish(CancellationToken cancellation) => _where is null ? Undefined(0, "there are no rows") : One(_largest, _rows) with { Where = _where.ToString(), Place = _where };
    }
}

/// <summary><c>massive-ratio</c>: how far the largest element of a prompt stands out.</summary>
public sealed class MassiveRatio : PromptMeasure
{
    /// <inheritdoc/>
    public override string Name => "massive-ratio";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How far the largest element of a prompt's states stands out from the median one.",
        Formula = "max |h| / median |h| over all tokens and dimensions of a prompt; mean over prompts. The paper calls an activation massive above 100 in size and about 1000 times the median.",
        Samples = "Prompts; those whose median is zero are left out.",
        Parameters = ["Bootstrap"],
        Cost = "O(T·D log(T·D)) per prompt; nothing is kept.",
        Traps = "After a ReLU the median is often zero.",
        Source = "Sun et al. 2024.",
    };

    private protected override double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined)
    {
        float[] sizes = new float[tokens.Rows.Values.Length];
        TensorPrimitives.Abs<float>(tokens.Rows.Values, sizes);
        Array.Sort(sizes);
        double median = sizes.Length == 0 ? 0 : (sizes[(sizes.Length - 1) / 2] + (double)sizes[sizes.Length / 2]) / 2;
        undefined = median > 0 ? null : "the median is zero";
        return sizes.Length == 0 ? double.NaN : sizes[^1] / median;
    }
}
