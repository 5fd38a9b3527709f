using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Matrix-based entropy of rows Z: K = Z·Zᵀ when N ≤ D, else Zᵀ·Z; p = λ / Σλ over the positive eigenvalues; H₁ = −Σ p log p, H_α = log(Σ p^α) / (1 − α)
/// (Giraldo et al. 2015; used per layer by Skean et al. 2025). The reference code clamps every element of K at 0 before it takes eigenvalues.
/// </summary>
internal static class MatrixEntropy
{
    /// <summary>Entropy in nats.</summary>
    public static double Of(RealMatrix rows, MeasureOptions options)
    {
        RealMatrix gram = Products.SmallerGram(rows);
        if (options.Form == MeasureForm.Reference)
        {
            for (int i = 0; i < gram.Values.Length; i++) gram.Values[i] = Math.Max(gram.Values[i], 0);
        }

        return OfSpectrum(SymmetricEigenvalues.OfGram(gram), options.Alpha);
    }

    /// <summary>Entropy of the positive weights, brought to sum 1.</summary>
    public static double OfSpectrum(double[] weights, double alpha)
    {
        double total = 0;
        foreach (double weight in weights) total += Math.Max(weight, 0);
        double sum = 0;
        foreach (double weight in weights)
        {
            if (weight <= 0) continue;
            double p = weight / total;
            sum += alpha == 1 ? -p * Math.Log(p) : Math.Pow(p, alpha);
        }

        return alpha == 1 ? sum : Math.Log(sum) / (1 - alpha);
    }

    /// <summary>What an entropy over N rows of width D is divided by; 0 when the normalisation is not defined.</summary>
    public static double Divisor(EntropyNormalization normalization, int rows, int columns) => normalization switch
    {
        EntropyNormalization.Raw => 1,
        EntropyNormalization.LogN => Math.Log(rows),
        EntropyNormalization.LogD => Math.Log(columns),
        EntropyNormalization.Max => Math.Min(Math.Log(rows), Math.Log(columns)),
        _ => throw new StrataException($"Unknown entropy normalisation {normalization}."),
    };

    /// <summary>Nats, or none once divided.</summary>
    public static string? Unit(MeasureOptions options) => options.Normalization == EntropyNormalization.Raw ? "nats" : null;
}

/// <summary><c>prompt-entropy</c>: how many directions the tokens of one prompt spread over.</summary>
public sealed class PromptEntropy : PromptMeasure
{
    /// <inheritdoc/>
    public override string Name => "prompt-entropy";

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override string Summary =>
        "Matrix-based entropy of the tokens of one prompt, mean over prompts. Tokens less their mean, each of length 1: Z; p = eigenvalues of Z·Zᵀ / trace; "
        + "−Σ p log p (Alpha = 1) or log(Σ p^Alpha) / (1 − Alpha), divided as Normalization says. "
        + "Reference (information_flow): every element of the smaller Gram matrix is clamped at 0 before the eigenvalues, which changes the value; its shortcut for Alpha = 2 is not copied. "
        + "Prompts of 1 token, and prompts with a token equal to their mean, are left out. Skean et al. 2025.";

    internal override string? UnitWith(MeasureOptions options) => MatrixEntropy.Unit(options);

    private protected override double OfPrompt(FloatMatrix tokens, MeasureOptions options, out string? undefined)
    {
        double divisor = tokens.Rows < 2 ? 0 : MatrixEntropy.Divisor(options.Normalization, tokens.Rows, tokens.Columns);
        RealMatrix unit = UnitRows.Centred(tokens);
        undefined = tokens.Rows < 2 ? "prompt of fewer than 2 tokens"
            : divisor == 0 ? "normalisation by log 1"
            : !AllHaveDirection(unit) ? "a token equals the mean of its prompt"
            : null;
        return undefined is null ? MatrixEntropy.Of(unit, options) / divisor : double.NaN;
    }

    internal static bool AllHaveDirection(RealMatrix unit)
    {
        for (int i = 0; i < unit.Rows; i++)
        {
            if (!UnitRows.HasDirection(unit.Row(i))) return false;
        }

        return true;
    }
}
