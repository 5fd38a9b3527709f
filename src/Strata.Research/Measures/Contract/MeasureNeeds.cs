using Strata.Models;

namespace Strata.Research;

/// <summary>Refuses a measure before any work is done for it, and says what it needs.</summary>
internal static class MeasureNeeds
{
    /// <summary>Checks one measure at one point of captured activations.</summary>
    /// <exception cref="StrataException">Something that the measure needs is missing.</exception>
    public static void Check(Measure measure, Activations activations, string point, MeasureInputs inputs)
    {
        if (!measure.AppliesTo(point)) throw new StrataException($"\"{measure.Name}\" has no value at \"{point}\". {measure.About.What}");
        bool tokens = measure.Needs is MeasureInput.Tokens or MeasureInput.TokenPairs or MeasureInput.TokenIds;
        if (tokens && activations.Pooling != Pooling.None)
        {
            throw new StrataException(
                $"\"{measure.Name}\" looks at single tokens, but these activations were pooled ({activations.Pooling.ToString().ToLowerInvariant()}); capture without pooling.");
        }

        if (measure.Partner(point) is string partner && !activations.Points.Contains(partner))
            throw new StrataException($"\"{measure.Name}\" at \"{point}\" compares it with \"{partner}\", which was not captured. Capture both.");
        Check(measure, activations.Sequences, inputs, inputs.Views.Select(v => v.Sequences).ToArray());
    }

    /// <summary>Checks what a measure needs beside the activations.</summary>
    /// <exception cref="StrataException">Something that the measure needs is missing, or there is not one per sequence.</exception>
    public static void Check(Measure measure, int sequences, MeasureInputs inputs, IReadOnlyList<int> views)
    {
        switch (measure.Needs)
        {
            case MeasureInput.Labels:
                Require(measure, inputs.Labels, "a class per sequence or per token (Labels)");
                RequireOnePerSequence(measure, "labels", inputs.Labels!.Count, sequences);
                break;
            case MeasureInput.Factors:
                Require(measure, inputs.Factors is { Count: > 0 } ? inputs.Factors : null, "labelled factors per sequence (Factors)");
                foreach (int[] factor in inputs.Factors!) RequireOnePerSequence(measure, "labels of a factor", factor.Length, sequences);
                break;
            case MeasureInput.TokenIds:
                Require(measure, inputs.Tokens, "the token ids (Tokens)");
                RequireOnePerSequence(measure, "token rows", inputs.Tokens!.Count, sequences);
                break;
            case MeasureInput.Views:
                Require(measure, views.Count > 0 ? views : null, "at least one more view of every sequence (Views, or ViewRows of a battery)");
                foreach (int count in views) RequireOnePerSequence(measure, "rows of a view", count, sequences);
                break;
        }
    }

    private static void Require(Measure measure, object? given, string what)
    {
        if (given is null) throw new StrataException($"\"{measure.Name}\" needs {what} in its inputs; none was given.");
    }

    private static void RequireOnePerSequence(Measure measure, string what, int given, int sequences)
    {
        if (given != sequences) throw new StrataException($"\"{measure.Name}\" was given {given} {what} for {sequences} sequences; expected one per sequence, in the same order.");
    }
}
