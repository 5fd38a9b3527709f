namespace Strata.Research;

/// <summary><c>coding-rate</c>: how many nats the tokens of a prompt need up to a distortion.</summary>
public sealed class CodingRate : PromptMeasure
{
    /// <inheritdoc/>
    public override string Name => "coding-rate";

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How many nats it takes to code the tokens of a prompt up to a distortion: large when they spread over many directions.",
        Formula = "½ log det(I + D / (T·ε²) · ZᵀZ), rows of Z the tokens at length 1, not centred, ε = Epsilon; mean over prompts.",
        Samples = "Prompts; those with a zero token are left out.",
        References = [new("mcr2", "D / (T·ε) in place of D / (T·ε²): the codes of MCR² and CRATE divide by their eps once.")],
        Parameters = ["Epsilon", "Bootstrap"],
        Cost = "O(min(T, D)²·max(T, D)) per prompt; nothing is kept.",
        Traps = "Depends on T, D and ε: compare equal lengths. Without bringing tokens to length 1 it would mostly follow their norm.",
        Source = "Yu et al. 2020 (MCR²); Yu et al. 2023 (CRATE).",
    };

    private protected override double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined)
    {
        undefined = tokens.Squares.Contains(0) ? "a token is zero" : null;
        if (undefined is not null) return double.NaN;
        return Of(tokens.Unit, context);
    }

    /// <summary>½ log det(I + D / (T·ε²) · ZᵀZ) of rows Z.</summary>
    internal static double Of(RealMatrix rows, MeasureContext context)
    {
        RealMatrix gram = Products.SmallerGram(rows);
        double epsilon = context.Options.Epsilon, scale = rows.Columns / (rows.Rows * (context.Reference is null ? epsilon * epsilon : epsilon));
        for (int i = 0; i < gram.Values.Length; i++) gram.Values[i] *= scale;
        for (int i = 0; i < gram.Rows; i++) gram.Values[i * gram.Columns + i] += 1;
        return Cholesky.LogDeterminant(gram) / 2;
    }
}

/// <summary><c>sparsity</c>: the share of elements that are zero.</summary>
public sealed class Sparsity : Measure
{
    /// <inheritdoc/>
    public override string Name => "sparsity";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Share of the elements of a row that are zero.",
        Formula = "#{j : |h_j| ≤ ZeroBelow} / D, mean over rows.",
        Samples = "Rows (tokens, when not pooled).",
        Parameters = ["ZeroBelow", "Bootstrap"],
        Cost = "O(N·D); nothing is kept.",
        Traps = "Exact zeros exist after ReLU only; for GELU and gated MLPs choose ZeroBelow and quote it.",
        Source = "Yu et al. 2023 (CRATE).",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new MeanAccumulator(
        context,
        prompt =>
        {
            double[] shares = new double[prompt.Count];
            for (int i = 0; i < shares.Length; i++)
            {
                int zero = 0;
                foreach (float value in prompt.Rows.Row(i)) zero += Math.Abs((double)value) <= context.Options.ZeroBelow ? 1 : 0;
                shares[i] = zero / (double)prompt.Columns;
            }

            return new PromptResult(0, shares, 0, null);
        },
        samplesAreTokens: true);
}
