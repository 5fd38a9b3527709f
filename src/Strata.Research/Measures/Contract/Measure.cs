using Strata.Models;

namespace Strata.Research;

/// <summary>What a measure looks at.</summary>
public enum MeasureInput
{
    /// <summary>The tokens of one prompt at a time; needs activations that were not pooled.</summary>
    Tokens,

    /// <summary>All rows of a point together: pooled rows, or else all tokens of all prompts.</summary>
    Rows,

    /// <summary>The same tokens at two points, such as the stream before and after a block; needs activations that were not pooled.</summary>
    TokenPairs,

    /// <summary>Two or more views of every sequence.</summary>
    Views,

    /// <summary>Rows with a class each.</summary>
    Labels,

    /// <summary>Rows with several labelled factors each.</summary>
    Factors,

    /// <summary>The tokens of one prompt and their ids.</summary>
    TokenIds,
}

/// <summary>
/// A number per hook point, in float64 from float32 activations. A measure is made of an accumulator that takes prompts one after the other, so that many measures at all layers cost one forward pass and no
/// stored activations.
/// </summary>
public abstract class Measure
{
    /// <summary>The name that users write: <c>prompt-entropy</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Formula, samples, cost, traps, source, forms and parameters.</summary>
    public abstract MeasureAbout About { get; }

    /// <summary>What it looks at.</summary>
    public abstract MeasureInput Needs { get; }

    /// <summary>Unit of the value with default options; null for a pure number.</summary>
    public virtual string? Unit => null;

    /// <summary>What, formula, forms and source in one line.</summary>
    public string Summary => About.ToString();

    /// <summary>Whether the measure has a value at a point.</summary>
    public virtual bool AppliesTo(string point) => true;

    /// <summary>The point that the value at <paramref name="point"/> is compared with and that must be captured too; null for most measures.</summary>
    public virtual string? Partner(string point) => null;

    /// <summary>The value at one point of activations that were captured before.</summary>
    /// <param name="activations">Captured activations.</param>
    /// <param name="point">A captured hook point.</param>
    /// <param name="options">Form, normalisation and the like; null for the defaults.</param>
    /// <param name="inputs">Labels, views and the like; null for none.</param>
    /// <param name="cancellation">Stops the work between samples.</param>
    /// <exception cref="StrataException">The point was not captured, the activations were pooled but tokens are needed, something else that the measure needs is missing, or an option is out of range.</exception>
    public MeasureValue Compute(Activations activations, string point, MeasureOptions? options = null, MeasureInputs? inputs = null, CancellationToken cancellation = default) =>
        PointMeasures.Compute(activations, point, [this], options ?? new MeasureOptions(), inputs ?? MeasureInputs.None, cancellation)[0];

    /// <summary>The reference code that a form means for this measure; null for the textbook.</summary>
    internal string? ReferenceOf(MeasureForm form) =>
        !form.IsReference || About.References.Count == 0 ? null
        : form.Name is null ? About.References[0].Name
        : About.References.FirstOrDefault(r => r.Name == form.Name)?.Name;

    /// <summary>The unit under given options.</summary>
    internal virtual string? UnitWith(MeasureOptions options) => Unit;

    /// <summary>An accumulator for one point.</summary>
    /// <exception cref="StrataException">Something that the measure needs is missing.</exception>
    internal abstract MeasureAccumulator Start(MeasureContext context);
}

/// <summary>A measure of the tokens of one prompt; its value at a point is the mean over prompts.</summary>
public abstract class PromptMeasure : Measure
{
    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Tokens;

    /// <summary>One prompt's value, or the reason why it has none.</summary>
    private protected abstract double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined);

    internal sealed override MeasureAccumulator Start(MeasureContext context) => new MeanAccumulator(
        context,
        prompt =>
        {
            double value = OfPrompt(prompt, context, out string? undefined);
            return undefined is null ? PromptResult.Of(value) : PromptResult.None(undefined);
        },
        samplesAreTokens: false);
}
