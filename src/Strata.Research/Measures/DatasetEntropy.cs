using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>dataset-entropy</c>: how many directions the prompts of a data set spread over.</summary>
public sealed class DatasetEntropy : Measure
{
    /// <inheritdoc/>
    public override string Name => "dataset-entropy";

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override string Summary =>
        "Matrix-based entropy (see prompt-entropy) over prompts, one row each. Not pooled: a row is the mean over the prompt's tokens after centring them within the prompt and bringing each to length 1, "
        + "as in the reference; these rows are used as they are. Pooled: the pooled rows, less their mean, each of length 1. "
        + "Reference (information_flow): elements of the smaller Gram matrix clamped at 0 before the eigenvalues. Prompts without a direction are left out. Skean et al. 2025.";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    internal override string? UnitWith(MeasureOptions options) => MatrixEntropy.Unit(options);

    private protected override MeasureValue ComputeAt(Activations activations, string point, MeasureOptions options, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        IReadOnlyList<FloatMatrix> samples = activations.Samples(point);
        if (samples.Any(s => !TensorPrimitives.IsFiniteAll<float>(s.Values))) return MeasureValue.Undefined(activations.Sequences, "NaN or infinity in the activations");
        RealMatrix all = activations.Pooling == Pooling.None ? MeanUnitTokens(activations.Rows(point).Columns, samples, cancellation) : UnitRows.Centred(samples[0]);
        int[] kept = Enumerable.Range(0, all.Rows).Where(i => TensorPrimitives.SumOfSquares<double>(all.Row(i)) > 0).ToArray();
        int leftOut = all.Rows - kept.Length;
        double divisor = kept.Length < 2 ? 0 : MatrixEntropy.Divisor(options.Normalization, kept.Length, all.Columns);
        if (divisor == 0) return MeasureValue.Undefined(all.Rows, kept.Length < 2 ? "fewer than 2 prompts have a direction" : "normalisation by log 1");
        RealMatrix rows = new(kept.Length, all.Columns);
        for (int i = 0; i < kept.Length; i++) all.Row(kept[i]).CopyTo(rows.Row(i));
        return MeasureValue.One(MatrixEntropy.Of(rows, options) / divisor, kept.Length, leftOut, $"{leftOut} x no direction after centring (one token, or equal to the mean)");
    }

    /// <summary>Per prompt the mean of its centred unit tokens: [prompts, width]. A prompt of one token has none: its row is zero.</summary>
    private static RealMatrix MeanUnitTokens(int width, IReadOnlyList<FloatMatrix> prompts, CancellationToken cancellation)
    {
        RealMatrix result = new(prompts.Count, width);
        ParallelWork.For(prompts.Count, cancellation, i =>
        {
            RealMatrix tokens = UnitRows.Centred(prompts[i]);
            Span<double> mean = result.Row(i);
            for (int t = 0; t < tokens.Rows; t++) TensorPrimitives.Add(mean, tokens.Row(t), mean);
            if (tokens.Rows > 0) TensorPrimitives.Divide(mean, tokens.Rows, mean);
        });
        return result;
    }
}
