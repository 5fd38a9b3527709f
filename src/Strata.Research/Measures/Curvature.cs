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
    public override string Summary =>
        "Mean over positions k of the angle between v_k and v_{k+1}, v_k = z_{k+1} − z_k; mean over prompts. Prompts of fewer than 3 tokens, and prompts with two equal neighbours, are left out. "
        + "Reference (information_flow, the version with states): mean angle between the states i and i + CurvatureStep after centring within the prompt and bringing each to length 1; its arccos is not clamped, so prompts where rounding "
        + "carries a cosine above 1 have no value and are left out. Hosseini and Fedorenko 2023.";

    private protected override double OfPrompt(FloatMatrix tokens, MeasureOptions options, out string? undefined) =>
        options.Form == MeasureForm.Textbook ? BetweenSteps(tokens, out undefined) : BetweenStates(tokens, options.CurvatureStep, out undefined);

    private static double BetweenSteps(FloatMatrix tokens, out string? undefined)
    {
        undefined = tokens.Rows < 3 ? "prompt of fewer than 3 tokens" : null;
        if (undefined is not null) return double.NaN;
        double[] before = Step(tokens, 0);
        double sum = 0;
        for (int k = 1; k < tokens.Rows - 1; k++)
        {
            double[] after = Step(tokens, k);
            double lengths = TensorPrimitives.Norm<double>(before) * TensorPrimitives.Norm<double>(after);
            if (lengths == 0)
            {
                undefined = "two neighbouring tokens are equal";
                return double.NaN;
            }

            sum += Math.Acos(Math.Clamp(TensorPrimitives.Dot<double>(before, after) / lengths, -1, 1));
            before = after;
        }

        return sum / (tokens.Rows - 2);
    }

    private static double[] Step(FloatMatrix tokens, int k)
    {
        double[] step = new double[tokens.Columns];
        for (int j = 0; j < step.Length; j++) step[j] = (double)tokens[k + 1, j] - tokens[k, j];
        return step;
    }

    private static double BetweenStates(FloatMatrix tokens, int distance, out string? undefined)
    {
        RealMatrix unit = UnitRows.Centred(tokens);
        undefined = tokens.Rows <= distance ? $"prompt of fewer than {distance + 1} tokens"
            : !PromptEntropy.AllHaveDirection(unit) ? "a token equals the mean of its prompt"
            : null;
        if (undefined is not null) return double.NaN;
        double sum = 0;
        for (int i = 0; i + distance < unit.Rows; i++) sum += Math.Acos(TensorPrimitives.Dot<double>(unit.Row(i), unit.Row(i + distance)));
        if (double.IsNaN(sum)) undefined = "arccos of a number beyond 1 (the reference does not clamp)";
        return sum / (unit.Rows - distance);
    }
}
