using System.Text.RegularExpressions;

namespace Strata.Research;

/// <summary><c>block-influence</c>: how far a block turns the residual stream.</summary>
public sealed partial class BlockInfluence : Measure
{
    /// <inheritdoc/>
    public override string Name => "block-influence";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.TokenPairs;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How far a block turns the residual stream, a number per block, reported at blocks.i.resid_post.",
        Formula = "1 − mean over all tokens of cos(x, y), x the residual stream that enters block i (blocks.i.resid_pre) and y what leaves it (blocks.i.resid_post, before any final norm).",
        Samples = "Tokens; those with a zero state are left out.",
        References = [new("shortgpt", "A cosine that is not defined counts as 0.5.")],
        Parameters = ["Bootstrap"],
        Cost = "O(N·D); nothing is kept. Needs resid_pre as well.",
        Traps = "A massive dimension that all tokens share holds the cosine near 1. Hidden states of common libraries end with the final norm, which makes their value for the last block another one.",
        Source = "Men et al. 2024.",
    };

    /// <inheritdoc/>
    public override bool AppliesTo(string point) => ResidPost().IsMatch(point);

    /// <inheritdoc/>
    public override string? Partner(string point) => ResidPost().Match(point) is { Success: true } match ? $"blocks.{match.Groups[1].Value}.resid_pre" : null;

    internal override MeasureAccumulator Start(MeasureContext context) => new MeanAccumulator(context, prompt => OfPrompt(prompt, context.Reference is not null), samplesAreTokens: true);

    private static PromptResult OfPrompt(PromptRows after, bool half)
    {
        PromptRows before = after.Partner!;
        double[] influences = new double[after.Count];
        int defined = 0;
        for (int t = 0; t < after.Count; t++)
        {
            double lengths = Math.Sqrt(before.Squares[t]) * Math.Sqrt(after.Squares[t]);
            double cosine = lengths > 0 ? Math.Clamp(WideRows.Dot(before.Rows.Row(t), after.Rows.Row(t)) / lengths, -1, 1) : half ? 0.5 : double.NaN;
            if (!double.IsNaN(cosine)) influences[defined++] = 1 - cosine;
        }

        int leftOut = after.Count - defined;
        return new PromptResult(0, leftOut == 0 ? influences : influences[..defined], leftOut, leftOut > 0 ? "token with a zero state" : null);
    }

    [GeneratedRegex(@"^blocks\.([0-9]+)\.resid_post$", RegexOptions.CultureInvariant)]
    private static partial Regex ResidPost();
}
