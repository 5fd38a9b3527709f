using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary><c>token-homogeneity</c>: how alike the tokens of a prompt are.</summary>
public sealed class TokenHomogeneity : PromptMeasure
{
    /// <inheritdoc/>
    public override string Name => "token-homogeneity";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How alike the tokens of a prompt are: their mean pairwise cosine.",
        Formula = "2 / (T(T − 1)) Σ_{i<j} cos(h_i, h_j), not centred, from (‖Σ u‖² − T) / (T(T − 1)) with u the unit tokens; mean over prompts.",
        Samples = "Prompts; those of 1 token, and those with a zero token, are left out.",
        Parameters = ["Bootstrap"],
        Cost = "O(T·D) per prompt; nothing is kept.",
        Traps = "A direction that all tokens share (anisotropy) raises it as much as over-smoothing does: compare with anisotropy, which takes pairs from different prompts.",
        Source = "\"A Comparative Analysis of Contextual Representation Flow in State-Space and Transformer Architectures\", arXiv 2510.06640.",
    };

    private protected override double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined)
    {
        int n = tokens.Count;
        undefined = n < 2 ? "prompt of fewer than 2 tokens" : tokens.Squares.Contains(0) ? "a token is zero" : null;
        return (TensorPrimitives.SumOfSquares<double>(tokens.UnitSum) - n) / ((double)n * (n - 1));
    }
}

/// <summary><c>token-variance</c>: the share of the tokens' energy that differs from token to token.</summary>
public sealed class TokenVariance : PromptMeasure
{
    /// <inheritdoc/>
    public override string Name => "token-variance";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Share of the energy of a prompt's tokens that differs from token to token.",
        Formula = "1 − ‖mean h‖² / mean ‖h‖², the trace of the covariance over tokens by the mean squared length; mean over prompts.",
        Samples = "Prompts; those of zeros are left out.",
        Parameters = ["Bootstrap"],
        Cost = "O(T·D) per prompt; nothing is kept.",
        Traps = "Long tokens (an attention sink) carry most of it.",
        Source = "\"A Comparative Analysis of Contextual Representation Flow in State-Space and Transformer Architectures\", arXiv 2510.06640.",
    };

    private protected override double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined)
    {
        double energy = tokens.Squares.Sum();
        undefined = energy > 0 ? null : "all tokens are zero";
        double spread = 0;
        double[] difference = new double[tokens.Columns];
        for (int i = 0; i < tokens.Count; i++)
        {
            TensorPrimitives.Subtract(tokens.Real.Row(i), tokens.Mean, difference);
            spread += TensorPrimitives.SumOfSquares<double>(difference);
        }

        return spread / energy;
    }
}

/// <summary><c>rank-one-residual</c>: how far the tokens of a prompt are from all being the same.</summary>
public sealed class RankOneResidual : PromptMeasure
{
    /// <inheritdoc/>
    public override string Name => "rank-one-residual";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How far the tokens of a prompt are from all being the same: the relative residual to a matrix of equal rows.",
        Formula = "‖X − 1·mᵀ‖ / ‖X‖ with m the mean token and ‖A‖ = √(‖A‖₁·‖A‖_∞) (largest column sum, largest row sum); mean over prompts.",
        Samples = "Prompts; those of zeros are left out.",
        Parameters = ["Bootstrap"],
        Cost = "O(T·D) per prompt; nothing is kept.",
        Traps = "The paper's residual minimises its own norm over m; the mean, which its code takes, is the minimiser in the Frobenius norm and an upper bound here. Its theorem is about attention alone: run plans without MLP or skip to see it.",
        Source = "Dong et al. 2021.",
    };

    private protected override double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined)
    {
        double all = CompositeNorm(tokens.Real, null);
        undefined = all > 0 ? null : "all tokens are zero";
        return CompositeNorm(tokens.Real, tokens.Mean) / all;
    }

    private static double CompositeNorm(RealMatrix x, double[]? mean)
    {
        double[] row = new double[x.Columns], columns = new double[x.Columns];
        double largestRow = 0;
        for (int i = 0; i < x.Rows; i++)
        {
            if (mean is null) x.Row(i).CopyTo(row);
            else TensorPrimitives.Subtract(x.Row(i), mean, row);
            TensorPrimitives.Abs<double>(row, row);
            TensorPrimitives.Add(columns, row, columns);
            largestRow = Math.Max(largestRow, TensorPrimitives.Sum<double>(row));
        }

        return Math.Sqrt(largestRow * TensorPrimitives.Max<double>(columns));
    }
}

/// <summary><c>intra-sentence</c>: how alike the tokens of a prompt are to their mean.</summary>
public sealed class IntraSentenceSimilarity : Measure
{
    /// <inheritdoc/>
    public override string Name => "intra-sentence";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Tokens;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How alike the tokens of a prompt are to their mean.",
        Formula = "Mean over tokens of cos(h_i, mean_j h_j), mean over prompts; less the layer's anisotropy with Adjusted.",
        Samples = "Prompts; those with a zero token or a zero mean are left out.",
        Parameters = ["Adjusted", "Bootstrap"],
        Cost = "O(T·D) per prompt; D numbers kept when adjusted.",
        Traps = "Raw values mostly show anisotropy; the adjusted ones are those of the paper. One token gives 1.",
        Source = "Ethayarajh 2019.",
    };

    internal override MeasureAccumulator Start(MeasureContext context)
    {
        MeanAccumulator mean = new(context, OfPrompt, samplesAreTokens: false);
        return context.Options.Adjusted ? new AdjustedAccumulator(mean, new UnitSums(context)) : mean;
    }

    private static PromptResult OfPrompt(PromptRows tokens)
    {
        double length = TensorPrimitives.Norm<double>(tokens.Mean);
        if (length == 0 || tokens.Squares.Contains(0)) return PromptResult.None("a token or the mean is zero");
        return PromptResult.Of(TensorPrimitives.Dot<double>(tokens.UnitSum, tokens.Mean) / length / tokens.Count);
    }
}

/// <summary>A similarity less the anisotropy of its layer.</summary>
internal sealed class AdjustedAccumulator(MeasureAccumulator inner, UnitSums baseline) : MeasureAccumulator
{
    public override long Bytes => inner.Bytes + baseline.Bytes;

    public override int SamplesOf(PromptRows prompt) => inner.SamplesOf(prompt);

    public override PromptResult Map(PromptRows prompt)
    {
        baseline.Map(prompt);
        return inner.Map(prompt);
    }

    public override void Fold(PromptRows prompt, in PromptResult mapped)
    {
        inner.Fold(prompt, mapped);
        baseline.Fold(prompt, default);
    }

    public override MeasureValue Finish(CancellationToken cancellation)
    {
        MeasureValue raw = inner.Finish(cancellation);
        double shift = baseline.Mean;
        return raw with { Value = raw.Value - shift, Low = raw.Low - shift, High = raw.High - shift, PerSample = raw.PerSample.Select(v => v - shift).ToArray() };
    }
}
