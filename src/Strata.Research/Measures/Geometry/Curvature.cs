using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>curvature</c>: by what angle the path through the tokens of a prompt turns.</summary>
public sealed class Curvature : PromptMeasure
{
    /// <inheritdoc/>
    public override string Name => "curvature";

    /// <inheritdoc/>
    public override string? Unit => "rad";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "By what angle the path through the tokens of a prompt turns.",
        Formula = "Mean over positions k of the angle between v_k and v_{k+1}, v_k = z_{k+1} − z_k; mean over prompts.",
        Samples = "Prompts; those of fewer than 3 tokens, and those with two equal neighbours, are left out.",
        References = [new("information_flow", "Mean angle between the states i and i + CurvatureStep after centring within the prompt and bringing each to length 1; its arccos is not clamped, so prompts where rounding carries a cosine above 1 have no value and are left out.")],
        Parameters = ["CurvatureStep", "Bootstrap"],
        Cost = "O(T·D) per prompt; nothing is kept.",
        Traps = "Independent states give 2π/3, not π/2: neighbouring steps share a state. Near that value it says nothing about order.",
        Source = "Hosseini and Fedorenko 2023.",
    };

    private protected override double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined) =>
        context.Reference is null ? BetweenSteps(tokens.Rows, out undefined) : BetweenStates(tokens, context.Options.CurvatureStep, out undefined);

    private static double BetweenSteps(FloatMatrix tokens, out string? undefined)
    {
        undefined = tokens.Rows < 3 ? "prompt of fewer than 3 tokens" : null;
        if (undefined is not null) return double.NaN;
        double before = Math.Sqrt(WideRows.Steps(tokens.Row(0), tokens.Row(0), tokens.Row(1)).Squares), sum = 0;
        for (int k = 2; k < tokens.Rows; k++)
        {
            (double inner, double squares) = WideRows.Steps(tokens.Row(k - 2), tokens.Row(k - 1), tokens.Row(k));
            double length = Math.Sqrt(squares);
            if (length * before == 0)
            {
                undefined = "two neighbouring tokens are equal";
                return double.NaN;
            }

            sum += Math.Acos(Math.Clamp(inner / (before * length), -1, 1));
            before = length;
        }

        return sum / (tokens.Rows - 2);
    }

    private static double BetweenStates(PromptRows tokens, int distance, out string? undefined)
    {
        undefined = tokens.Count <= distance ? $"prompt of fewer than {distance + 1} tokens"
            : !UnitRows.AllHaveDirection(tokens.CentredUnit) ? "a token equals the mean of its prompt"
            : null;
        if (undefined is not null) return double.NaN;
        double sum = 0;
        for (int i = 0; i + distance < tokens.Count; i++) sum += Math.Acos(TensorPrimitives.Dot<double>(tokens.CentredUnit.Row(i), tokens.CentredUnit.Row(i + distance)));
        if (double.IsNaN(sum)) undefined = "arccos of a number beyond 1 (the reference does not clamp)";
        return sum / (tokens.Count - distance);
    }
}
