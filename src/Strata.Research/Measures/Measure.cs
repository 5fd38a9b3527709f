using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What a measure looks at.</summary>
public enum MeasureInput
{
    /// <summary>The tokens of one prompt at a time; needs activations that were not pooled.</summary>
    Tokens,

    /// <summary>All rows of a point together; each measure's summary says what a row is when the activations were not pooled.</summary>
    Rows,

    /// <summary>The same token in the residual stream before and after a block; needs activations that were not pooled.</summary>
    TokenPairs,
}

/// <summary>A number per hook point. Computed in float64 from captured float32 activations.</summary>
public abstract class Measure
{
    /// <summary>The name that users write: <c>prompt-entropy</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Unit of the value with default options; null for a pure number.</summary>
    public abstract string? Unit { get; }

    /// <summary>The formula in both forms, what the samples are, and its source.</summary>
    public abstract string Summary { get; }

    /// <summary>What it looks at.</summary>
    public abstract MeasureInput Needs { get; }

    /// <summary>Whether the measure has a value at a point.</summary>
    public virtual bool AppliesTo(string point) => true;

    /// <summary>The value at one point.</summary>
    /// <param name="activations">Captured activations.</param>
    /// <param name="point">A captured hook point.</param>
    /// <param name="options">Form, normalisation and the like; null for the defaults.</param>
    /// <param name="cancellation">Stops the work between samples.</param>
    /// <exception cref="StrataException">The point was not captured, the activations were pooled but tokens are needed, or an option is out of range.</exception>
    public MeasureValue Compute(Activations activations, string point, MeasureOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new MeasureOptions();
        options.Check();
        if (Needs != MeasureInput.Rows && activations.Pooling != Pooling.None)
        {
            throw new StrataException(
                $"\"{Name}\" looks at single tokens, but these activations were pooled ({activations.Pooling.ToString().ToLowerInvariant()}); capture without pooling.");
        }

        return ComputeAt(activations, point, options, cancellation);
    }

    /// <summary>The value, after the arguments were checked.</summary>
    private protected abstract MeasureValue ComputeAt(Activations activations, string point, MeasureOptions options, CancellationToken cancellation);

    /// <summary>The unit under given options.</summary>
    internal virtual string? UnitWith(MeasureOptions options) => Unit;
}

/// <summary>A measure of the tokens of one prompt; its value at a point is the mean over prompts.</summary>
public abstract class PromptMeasure : Measure
{
    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Tokens;

    /// <summary>One prompt's value, or the reason why it has none.</summary>
    private protected abstract double OfPrompt(FloatMatrix tokens, MeasureOptions options, out string? undefined);

    private protected sealed override MeasureValue ComputeAt(Activations activations, string point, MeasureOptions options, CancellationToken cancellation)
    {
        IReadOnlyList<FloatMatrix> prompts = activations.Samples(point);
        double[] values = new double[prompts.Count];
        string?[] undefined = new string?[prompts.Count];
        ParallelWork.For(prompts.Count, cancellation, i =>
        {
            if (TensorPrimitives.IsFiniteAll<float>(prompts[i].Values)) values[i] = OfPrompt(prompts[i], options, out undefined[i]);
            else undefined[i] = "NaN or infinity in the activations";
        });

        double[] defined = values.Where((_, i) => undefined[i] is null).ToArray();
        return MeasureValue.Over(defined, prompts.Count - defined.Length, Reasons(undefined));
    }

    /// <summary>Each reason once, with how often it applied.</summary>
    private static string? Reasons(string?[] undefined)
    {
        string[] reasons = undefined.Where(r => r is not null).GroupBy(r => r).Select(g => $"{g.Count()} x {g.Key}").ToArray();
        return reasons.Length == 0 ? null : string.Join("; ", reasons);
    }
}

/// <summary>A measure of all rows of a point together: pooled rows, or else all tokens of all prompts stacked.</summary>
public abstract class RowsMeasure : Measure
{
    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Rows;

    /// <summary>The value of a matrix of rows without NaN or infinity.</summary>
    private protected abstract MeasureValue OfRows(FloatMatrix rows, MeasureOptions options, CancellationToken cancellation);

    private protected sealed override MeasureValue ComputeAt(Activations activations, string point, MeasureOptions options, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        FloatMatrix rows = activations.Rows(point);
        if (rows.Rows == 0 || rows.Columns == 0) return MeasureValue.Undefined(0, "there are no rows");
        return TensorPrimitives.IsFiniteAll<float>(rows.Values)
            ? OfRows(rows, options, cancellation)
            : MeasureValue.Undefined(rows.Rows, "NaN or infinity in the activations");
    }
}
