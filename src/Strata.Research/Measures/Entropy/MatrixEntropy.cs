using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Matrix-based entropy of rows Z: K = Z·Zᵀ when N ≤ D, else Zᵀ·Z; p = λ / Σλ over the positive eigenvalues; H₁ = −Σ p log p, H_α = log(Σ p^α) / (1 − α)
/// (Giraldo et al. 2015; used per layer by Skean et al. 2025). The reference code clamps every element of K at 0 before it takes eigenvalues.
/// </summary>
internal static class MatrixEntropy
{
    public const string Clamp = "Every element of the smaller Gram matrix is clamped at 0 before the eigenvalues, which changes the value; its shortcut for alpha 2 is not copied.";

    /// <summary>Entropy in nats of a Gram matrix, of which what lies below and on the diagonal is read, and overwritten.</summary>
    public static double OfGram(RealMatrix gram, double alpha, bool clamp)
    {
        if (clamp) for (int i = 0; i < gram.Values.Length; i++) gram.Values[i] = Math.Max(gram.Values[i], 0);
        return OfSpectrum(SymmetricEigenvalues.OfGram(gram), alpha);
    }

    /// <summary>Entropy of the positive weights, brought to sum 1.</summary>
    public static double OfSpectrum(ReadOnlySpan<double> weights, double alpha)
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
    public static double Divisor(EntropyNormalization normalization, double rows, int columns) => normalization switch
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
    public override MeasureAbout About { get; } = new()
    {
        What = "How many directions the tokens of one prompt spread over: their matrix-based entropy.",
        Formula = "Tokens less their mean, each of length 1: Z; p = eigenvalues of Z·Zᵀ / trace; −Σ p log p (Alpha = 1) or log(Σ p^Alpha) / (1 − Alpha), divided as Normalization says; mean over prompts.",
        Samples = "Prompts; those of 1 token, and those with a token equal to their mean, are left out.",
        References = [new("information_flow", MatrixEntropy.Clamp)],
        Parameters = ["Alpha", "Normalization", "Bootstrap"],
        Cost = "O(min(T, D)²·max(T, D)) per prompt, then eigenvalues of min(T, D); nothing is kept.",
        Traps = "Grows with the length of the prompt: compare equal lengths, or divide by log N. Centring costs one dimension, so T orthonormal tokens give log(T − 1).",
        Source = "Skean et al. 2025; Giraldo et al. 2015.",
    };

    internal override string? UnitWith(MeasureOptions options) => MatrixEntropy.Unit(options);

    private protected override double OfPrompt(PromptRows tokens, MeasureContext context, out string? undefined)
    {
        MeasureOptions options = context.Options;
        double divisor = tokens.Count < 2 ? 0 : MatrixEntropy.Divisor(options.Normalization, tokens.Count, tokens.Columns);
        undefined = tokens.Count < 2 ? "prompt of fewer than 2 tokens"
            : divisor == 0 ? "normalisation by log 1"
            : !UnitRows.AllHaveDirection(tokens.CentredUnitOfThread) ? "a token equals the mean of its prompt"
            : null;
        return undefined is null ? MatrixEntropy.OfGram(Products.LowerGramOfThread(tokens.CentredUnitOfThread), options.Alpha, context.Reference is not null) / divisor : double.NaN;
    }
}

/// <summary><c>dataset-entropy</c>: how many directions the prompts of a data set spread over.</summary>
public sealed class DatasetEntropy : Measure
{
    /// <inheritdoc/>
    public override string Name => "dataset-entropy";

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How many directions the prompts of a data set spread over: matrix-based entropy with one row per prompt.",
        Formula = "As prompt-entropy. Not pooled: a row is the mean over the prompt's tokens after centring them within the prompt and bringing each to length 1, used as it is. Pooled: the pooled rows, less their mean, each of length 1.",
        Samples = "One value for all prompts; prompts without a direction are left out.",
        References = [new("information_flow", MatrixEntropy.Clamp)],
        Parameters = ["Alpha", "Normalization"],
        Cost = "O(D²) per prompt, D² numbers kept, eigenvalues of min(N, D) once.",
        Traps = "Of tokens the rows are what row normalisation leaves of a mean that was zero, so they are short and nearly arbitrary; pooled captures avoid this. Depends on the number of prompts until that is far above D.",
        Source = "Skean et al. 2025.",
    };

    internal override string? UnitWith(MeasureOptions options) => MatrixEntropy.Unit(options);

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : MeasureAccumulator
    {
        private readonly Moments _moments = new(context.Columns);

        public override long Bytes => _moments.Bytes;

        public override int SamplesOf(PromptRows prompt) => prompt.Pooled ? prompt.Count : 1;

        public override PromptResult Map(PromptRows prompt)
        {
            // Derived here, on all cores, and read when the prompt is folded in.
            _ = prompt.Pooled ? null : prompt.CentredUnitMean;
            return default;
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            int rows = prompt.Pooled ? prompt.Count : 1;
            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<double> row = prompt.Pooled ? prompt.CentredUnit.Row(i) : prompt.CentredUnitMean;
                if (TensorSquares(row) > 0) _moments.Add(row);
                else LeaveOut(1, "no direction after centring (one token, or equal to the mean)");
            }
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            if (_moments.Count < 2) return Undefined(_moments.Count, "fewer than 2 prompts have a direction");
            double divisor = MatrixEntropy.Divisor(context.Options.Normalization, _moments.Count, context.Columns);
            if (divisor == 0) return Undefined(_moments.Count, "normalisation by log 1");
            return One(MatrixEntropy.OfGram(_moments.SmallerGram(centred: false), context.Options.Alpha, context.Reference is not null) / divisor, _moments.Count);
        }

        private static double TensorSquares(ReadOnlySpan<double> row) => System.Numerics.Tensors.TensorPrimitives.SumOfSquares(row);
    }
}

/// <summary><c>vne</c>: von Neumann entropy of the autocorrelation of unit rows.</summary>
public sealed class VonNeumannEntropy : Measure
{
    /// <inheritdoc/>
    public override string Name => "vne";

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Von Neumann entropy of the autocorrelation matrix of all rows.",
        Formula = "Rows of length 1, not centred: C = HᵀH / N, −Σ λ log λ over its eigenvalues; exp of it is an effective rank on λ.",
        Samples = "One value for all rows; zero rows are left out.",
        Cost = "O(N·D²), D² numbers kept, eigenvalues of min(N, D) once.",
        Traps = "Not centred, so a common direction of all rows lowers it; RankMe takes singular values instead and gives another number.",
        Source = "Kim et al. 2023.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(RowMoments.OfUnitStates(context));

    private sealed class Accumulator(RowMoments moments) : MeasureAccumulator
    {
        private long _rows;

        public override long Bytes => 0;

        public override PromptResult Map(PromptRows prompt)
        {
            _ = prompt.Unit;
            return default;
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            int zero = prompt.Squares.Count(s => s == 0);
            LeaveOut(zero, "zero row");
            _rows += prompt.Count - zero;
        }

        public override MeasureValue Finish(CancellationToken cancellation) => _rows == 0
            ? Undefined(0, "there are no rows other than zero")
            : One(MatrixEntropy.OfSpectrum(moments.Moments.Eigenvalues(centred: false), 1), _rows);
    }
}
