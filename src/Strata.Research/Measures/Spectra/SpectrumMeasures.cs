namespace Strata.Research;

/// <summary>A measure of the singular values of all rows of a point; they are computed once for all such measures.</summary>
public abstract class SpectrumMeasure : Measure
{
    private protected const string OneValue = "One value for all rows (tokens, when not pooled).";
    private protected const string SpectrumCost = "O(N·D²) once for all measures of the spectrum, D² numbers kept, eigenvalues of min(N, D) once.";

    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Rows;

    /// <summary>The value from the moments of the rows, or the reason why there is none.</summary>
    private protected abstract double OfMoments(Moments moments, MeasureContext context, out string? undefined, out MeasureCurve? curve);

    internal sealed override MeasureAccumulator Start(MeasureContext context) => new Accumulator(this, context, RowMoments.OfStates(context));

    private sealed class Accumulator(SpectrumMeasure measure, MeasureContext context, RowMoments rows) : MeasureAccumulator
    {
        public override long Bytes => 0;

        public override PromptResult Map(PromptRows prompt)
        {
            // Summed on all cores, and read when the prompt is folded in.
            _ = (prompt.Sum, prompt.Squares);
            return default;
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            // The shared moments are fed by themselves.
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            if (rows.Moments.Count == 0 || context.Columns == 0) return Undefined(0, "there are no rows");
            double value = measure.OfMoments(rows.Moments, context, out string? undefined, out MeasureCurve? curve);
            return undefined is null ? One(value, rows.Moments.Count) with { Curve = curve } : Undefined(rows.Moments.Count, undefined);
        }
    }
}

/// <summary><c>effective-rank</c>: the exponential of the entropy of the singular values.</summary>
public sealed class EffectiveRank : SpectrumMeasure
{
    /// <inheritdoc/>
    public override string Name => "effective-rank";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How many singular directions carry the rows: the exponential of the entropy of the singular values.",
        Formula = "exp(−Σ p log p), p = σ / Σσ, σ the singular values of all rows, not centred.",
        Samples = OneValue,
        References = [new("rankme", "p + 1e-7 in both places.")],
        Cost = SpectrumCost,
        Traps = "Singular values below about 1e-7 of the largest, the resolution of float32 data, count as zero. On covariance eigenvalues instead of singular values the same formula gives another, smaller number.",
        Source = "Roy and Vetterli 2007; Garrido et al. 2023 (RankMe).",
    };

    private protected override double OfMoments(Moments moments, MeasureContext context, out string? undefined, out MeasureCurve? curve)
    {
        double[] singular = Array.ConvertAll(moments.Eigenvalues(centred: false), Math.Sqrt);
        double total = singular.Sum();
        undefined = total == 0 ? "all rows are zero" : null;
        curve = null;
        double epsilon = context.Reference is null ? 0 : 1e-7;
        double entropy = 0;
        foreach (double sigma in singular)
        {
            double p = sigma / total + epsilon;
            if (p > 0) entropy -= p * Math.Log(p);
        }

        return Math.Exp(entropy);
    }
}

/// <summary><c>participation-ratio</c>: how many principal components carry the variance.</summary>
public sealed class ParticipationRatio : SpectrumMeasure
{
    /// <inheritdoc/>
    public override string Name => "participation-ratio";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How many principal components carry the variance.",
        Formula = "(Σλ)² / Σλ², λ the eigenvalues of the covariance of all rows (centred); from trace and Frobenius norm, without eigenvalues.",
        Samples = OneValue,
        Cost = "O(N·D²) once for all measures of the spectrum, D² numbers kept.",
        Traps = "One massive dimension brings it near 1 whatever the rest does. Needs N far above D.",
        Source = "Gao et al. 2017.",
    };

    private protected override double OfMoments(Moments moments, MeasureContext context, out string? undefined, out MeasureCurve? curve)
    {
        RealMatrix gram = moments.SmallerGram(centred: true);
        curve = null;
        double trace = Spectra.Trace(gram);
        undefined = trace > 1e-14 * moments.SumOfSquares ? null : "all rows are equal";
        return trace * trace / System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(gram.Values);
    }
}

/// <summary><c>stable-rank</c>: squared Frobenius norm over squared spectral norm.</summary>
public sealed class StableRank : SpectrumMeasure
{
    /// <inheritdoc/>
    public override string Name => "stable-rank";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Squared Frobenius norm over squared spectral norm.",
        Formula = "‖H‖_F² / σ₁², all rows, not centred.",
        Samples = OneValue,
        Cost = SpectrumCost,
        Traps = "Not centred, so a large common mean alone brings it near 1.",
        Source = "Rudelson and Vershynin 2007.",
    };

    private protected override double OfMoments(Moments moments, MeasureContext context, out string? undefined, out MeasureCurve? curve)
    {
        double largest = moments.Eigenvalues(centred: false)[0];
        undefined = largest > 0 ? null : "all rows are zero";
        curve = null;
        return moments.SumOfSquares / largest;
    }
}

/// <summary><c>pca-dimension</c>: principal components needed for a share of the variance.</summary>
public sealed class PcaDimension : SpectrumMeasure
{
    /// <inheritdoc/>
    public override string Name => "pca-dimension";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Principal components needed to keep a share of the variance.",
        Formula = "Smallest k with Σ_{i≤k} λ ≥ VarianceShare · Σ λ, λ the eigenvalues of the covariance of all rows (centred). The curve is the share kept against k.",
        Samples = OneValue,
        Parameters = ["VarianceShare"],
        Cost = SpectrumCost,
        Traps = "A linear dimension: a curved surface of dimension 2 may need all components. Jumps by whole numbers.",
        Source = "Jolliffe 2002, section 6.1.1.",
    };

    private protected override double OfMoments(Moments moments, MeasureContext context, out string? undefined, out MeasureCurve? curve)
    {
        double[] lambda = moments.Eigenvalues(centred: true);
        double total = lambda.Sum();
        undefined = total > 1e-14 * moments.SumOfSquares ? null : "all rows are equal";
        double[] shares = new double[lambda.Length];
        double kept = 0;
        for (int i = 0; i < shares.Length; i++) shares[i] = (kept += lambda[i]) / total;
        curve = new MeasureCurve("components", "share of the variance", Enumerable.Range(1, shares.Length).Select(i => (double)i).ToArray(), shares);
        return Spectra.Components(lambda, context.Options.VarianceShare);
    }
}

/// <summary><c>alpha-req</c>: the exponent of the power law of the spectrum.</summary>
public sealed class AlphaReQ : SpectrumMeasure
{
    /// <inheritdoc/>
    public override string Name => "alpha-req";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Exponent of the power law that the eigenvalues of the covariance follow.",
        Formula = "α = −slope of log λ_i on log i for i from FitFrom to FitTo (counted from 1, cut where λ ends), λ the eigenvalues of the covariance of all rows (centred); ordinary least squares. The curve is the spectrum.",
        Samples = OneValue,
        References = [new("stringer", "The same fit with weights 1 / i (get_powerlaw of Stringer et al. 2019, which α-ReQ's code calls).")],
        Parameters = ["FitFrom", "FitTo"],
        Cost = SpectrumCost,
        Traps = "The range of the fit decides: quote it. A spectrum need not be a power law; look at the curve.",
        Source = "Agrawal et al. 2022; Stringer et al. 2019.",
    };

    private protected override double OfMoments(Moments moments, MeasureContext context, out string? undefined, out MeasureCurve? curve)
    {
        double[] lambda = moments.Eigenvalues(centred: true).TakeWhile(l => l > 0).ToArray();
        curve = new MeasureCurve("i", "eigenvalue", Enumerable.Range(1, lambda.Length).Select(i => (double)i).ToArray(), lambda.Select(l => l / moments.Count).ToArray()) { LogX = true, LogY = true };
        int from = context.Options.FitFrom, to = Math.Min(context.Options.FitTo, lambda.Length);
        undefined = to - from < 1 ? $"fewer than {from + 1} positive eigenvalues for a fit that begins at {from}" : null;
        double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
        for (int i = from; i <= to; i++)
        {
            double weight = context.Reference is null ? 1 : 1.0 / i, x = Math.Log(i), y = Math.Log(lambda[i - 1]);
            w += weight;
            wx += weight * x;
            wy += weight * y;
            wxx += weight * x * x;
            wxy += weight * x * y;
        }

        return -(w * wxy - wx * wy) / (w * wxx - wx * wx);
    }
}

/// <summary><c>gram-rank</c>: numerical rank of the activations of a point.</summary>
public sealed class GramRank : SpectrumMeasure
{
    /// <inheritdoc/>
    public override string Name => "gram-rank";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Numerical rank of the Gram matrix of the activations: directions that the data use at all. Its difference to the width counts degenerate directions of the weights that read them.",
        Formula = "Number of eigenvalues of HᵀH above RankTolerance · λ₁, not centred.",
        Samples = OneValue,
        Parameters = ["RankTolerance"],
        Cost = SpectrumCost,
        Traps = "float32 data resolve about 1e-14 of λ₁; a residual stream is full rank for any tolerance below its noise. The Gram matrix of gradients is the other half of the method.",
        Source = "Bushnaq et al. 2024.",
    };

    private protected override double OfMoments(Moments moments, MeasureContext context, out string? undefined, out MeasureCurve? curve)
    {
        double[] lambda = moments.Eigenvalues(centred: false);
        undefined = lambda[0] > 0 ? null : "all rows are zero";
        curve = null;
        return lambda.Count(l => l > context.Options.RankTolerance * lambda[0]);
    }
}

/// <summary>What the measures of a spectrum share.</summary>
internal static class Spectra
{
    /// <summary>Σ of the diagonal.</summary>
    public static double Trace(RealMatrix matrix)
    {
        double trace = 0;
        for (int i = 0; i < matrix.Rows; i++) trace += matrix[i, i];
        return trace;
    }

    /// <summary>‖H‖_F² in float64.</summary>
    public static double SumOfSquares(Strata.Tensors.FloatMatrix rows)
    {
        double sum = 0;
        foreach (float value in rows.Values) sum += (double)value * value;
        return sum;
    }

    /// <summary>Fewest of the largest values whose sum reaches a share of all.</summary>
    public static int Components(double[] sorted, double share)
    {
        double total = sorted.Sum(), kept = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            // A share of 1 must not hang on the rounding of the sum.
            if ((kept += sorted[i]) >= share * total * (1 - 1e-12)) return i + 1;
        }

        return sorted.Length;
    }
}
