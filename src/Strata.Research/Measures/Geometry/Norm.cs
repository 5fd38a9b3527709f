namespace Strata.Research;

/// <summary><c>norm</c>: the Euclidean length of the states.</summary>
public sealed class Norm : Measure
{
    /// <inheritdoc/>
    public override string Name => "norm";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Euclidean length of the states.",
        Formula = "‖h‖, mean over rows.",
        Samples = "Rows (tokens, when not pooled).",
        Parameters = ["Bootstrap"],
        Cost = "O(N·D); nothing is kept.",
        Traps = "The first token of a prompt often has a length of its own (attention sink): compare with and without it (--positions 1..).",
        Source = "Definition.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) =>
        new MeanAccumulator(context, prompt => new PromptResult(0, Array.ConvertAll(prompt.Squares, Math.Sqrt), 0, null), samplesAreTokens: true);
}
