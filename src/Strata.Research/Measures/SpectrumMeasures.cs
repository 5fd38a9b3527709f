using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>effective-rank</c>: the exponential of the entropy of the singular values.</summary>
public sealed class EffectiveRank : RowsMeasure
{
    /// <inheritdoc/>
    public override string Name => "effective-rank";

    /// <inheritdoc/>
    public override string? Unit => null;

    /// <inheritdoc/>
    public override string Summary =>
        "exp(−Σ p log p), p = σ / Σσ, σ the singular values of all rows (not centred; tokens stacked when not pooled). Singular values are square roots of Gram eigenvalues; those below about 1e-7 of the largest, "
        + "the resolution of float32 data, count as zero. Reference (RankMe): p + 1e-7. Roy and Vetterli 2007; Garrido et al. 2023.";

    private protected override MeasureValue OfRows(FloatMatrix rows, MeasureOptions options, CancellationToken cancellation)
    {
        double[] singular = Array.ConvertAll(SymmetricEigenvalues.OfGram(Spectra.SmallerGram(rows)), Math.Sqrt);
        double total = singular.Sum();
        if (total == 0) return MeasureValue.Undefined(rows.Rows, "all rows are zero");
        double epsilon = options.Form == MeasureForm.Reference ? 1e-7 : 0;
        double entropy = 0;
        foreach (double sigma in singular)
        {
            double p = sigma / total + epsilon;
            if (p > 0) entropy -= p * Math.Log(p);
        }

        return MeasureValue.One(Math.Exp(entropy), rows.Rows);
    }
}

/// <summary><c>participation-ratio</c>: how many principal components carry the variance.</summary>
public sealed class ParticipationRatio : RowsMeasure
{
    /// <inheritdoc/>
    public override string Name => "participation-ratio";

    /// <inheritdoc/>
    public override string? Unit => null;

    /// <inheritdoc/>
    public override string Summary =>
        "(Σλ)² / Σλ², λ the eigenvalues of the covariance of all rows (centred; tokens stacked when not pooled); from trace and Frobenius norm, without eigenvalues. Both forms agree. Gao et al. 2017.";

    private protected override MeasureValue OfRows(FloatMatrix rows, MeasureOptions options, CancellationToken cancellation)
    {
        double[] means = RealMatrix.ColumnMeans(rows);
        RealMatrix gram = rows.Rows <= rows.Columns ? Products.RowGram(RealMatrix.Centred(rows)) : Products.ColumnProduct(rows, means, rows, means);
        double trace = 0;
        for (int i = 0; i < gram.Rows; i++) trace += gram[i, i];
        double squares = TensorPrimitives.SumOfSquares<double>(gram.Values);
        double before = Spectra.SumOfSquares(rows);
        return trace > 1e-14 * before ? MeasureValue.One(trace * trace / squares, rows.Rows) : MeasureValue.Undefined(rows.Rows, "all rows are equal");
    }
}

/// <summary><c>stable-rank</c>: squared Frobenius norm over squared spectral norm.</summary>
public sealed class StableRank : RowsMeasure
{
    /// <inheritdoc/>
    public override string Name => "stable-rank";

    /// <inheritdoc/>
    public override string? Unit => null;

    /// <inheritdoc/>
    public override string Summary => "‖H‖_F² / σ₁², all rows (not centred; tokens stacked when not pooled). Both forms agree. Rudelson and Vershynin 2007.";

    private protected override MeasureValue OfRows(FloatMatrix rows, MeasureOptions options, CancellationToken cancellation)
    {
        double[] eigenvalues = SymmetricEigenvalues.OfGram(Spectra.SmallerGram(rows));
        return eigenvalues[0] > 0 ? MeasureValue.One(Spectra.SumOfSquares(rows) / eigenvalues[0], rows.Rows) : MeasureValue.Undefined(rows.Rows, "all rows are zero");
    }
}

/// <summary>What the measures of a spectrum share.</summary>
internal static class Spectra
{
    /// <summary>H·Hᵀ or Hᵀ·H of rows as they are, whichever is smaller.</summary>
    public static RealMatrix SmallerGram(FloatMatrix rows) =>
        rows.Rows <= rows.Columns ? Products.RowGram(RealMatrix.From(rows)) : Products.ColumnProduct(rows, null, rows, null);

    /// <summary>‖H‖_F² in float64.</summary>
    public static double SumOfSquares(FloatMatrix rows)
    {
        double sum = 0;
        foreach (float value in rows.Values) sum += (double)value * value;
        return sum;
    }
}
