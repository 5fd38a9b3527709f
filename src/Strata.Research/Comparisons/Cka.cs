using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What both forms of linear CKA need of a matrix: its centred rows, or their Gram matrix where that is smaller.</summary>
internal sealed class CentredKernel
{
    private readonly FloatMatrix _rows;
    private readonly double[] _means;
    private readonly RealMatrix? _gram;

    public CentredKernel(FloatMatrix rows, int leastWidth)
    {
        _rows = rows;
        _means = RealMatrix.ColumnMeans(rows);

        // A pair costs n² from Gram matrices and n·d² from features; the factor 2 weighs that a Gram matrix is made once per point.
        if (rows.Rows <= 2 * leastWidth) _gram = Products.RowGram(RealMatrix.Centred(rows));
        SquaredLengths = Lengths(rows, _means);
        Trace = SquaredLengths.Sum();
        Self = InnerWith(this);
        IsConstant = Trace <= 1e-14 * Spectra.SumOfSquares(rows);
    }

    public int Rows => _rows.Rows;

    /// <summary>The diagonal of K = X̃·X̃ᵀ.</summary>
    public double[] SquaredLengths { get; }

    public double Trace { get; }

    /// <summary>⟨K, K⟩.</summary>
    public double Self { get; }

    /// <summary>All rows equal, to the resolution of float32.</summary>
    public bool IsConstant { get; }

    /// <summary>⟨K, L⟩ = tr(KL) = ‖ỸᵀX̃‖_F².</summary>
    public double Inner(CentredKernel other) => ReferenceEquals(this, other) ? Self : InnerWith(other);

    private double InnerWith(CentredKernel other) => _gram is not null && other._gram is not null
        ? TensorPrimitives.Dot<double>(_gram.Values, other._gram.Values)
        : TensorPrimitives.SumOfSquares<double>(Products.ColumnProduct(_rows, _means, other._rows, other._means).Values);

    private static double[] Lengths(FloatMatrix rows, double[] means)
    {
        double[] lengths = new double[rows.Rows];
        double[] row = new double[rows.Columns];
        for (int i = 0; i < lengths.Length; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(rows.Row(i), row);
            TensorPrimitives.Subtract(row, means, row);
            lengths[i] = TensorPrimitives.SumOfSquares<double>(row);
        }

        return lengths;
    }
}

/// <summary><c>cka</c>: linear centred kernel alignment with the biased estimate of HSIC.</summary>
public sealed class LinearCka : Comparison
{
    /// <inheritdoc/>
    public override string Name => "cka";

    /// <inheritdoc/>
    public override string FullName => "cka-kernel=linear-hsic=gretton";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override string Summary =>
        "‖ỸᵀX̃‖_F² / (‖X̃ᵀX̃‖_F · ‖ỸᵀỸ‖_F), centred columns; in [0, 1]; unchanged by rotation, scale and shift of either side. Biased upwards: independent data score about √(d₁d₂ / ((n + d₁)(n + d₂))). Kornblith et al. 2019.";

    internal override object Prepare(FloatMatrix rows, int leastWidth) => new CentredKernel(rows, leastWidth);

    internal override double Compare(object a, object b)
    {
        CentredKernel x = (CentredKernel)a, y = (CentredKernel)b;
        return x.IsConstant || y.IsConstant ? double.NaN : x.Inner(y) / Math.Sqrt(x.Self * y.Self);
    }
}

/// <summary><c>cka-debiased</c>: linear CKA with the unbiased estimate of HSIC.</summary>
public sealed class DebiasedCka : Comparison
{
    /// <inheritdoc/>
    public override string Name => "cka-debiased";

    /// <inheritdoc/>
    public override string FullName => "cka-kernel=linear-hsic=song";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override string Summary =>
        "HSIC₁(K, L) / √(HSIC₁(K, K) · HSIC₁(L, L)), HSIC₁ the unbiased estimate (Song et al. 2012, eq. 5), in its feature form on centred rows: "
        + "⟨K, L⟩ − n/(n−2) · Σ K_ii L_ii + tr K · tr L / ((n−1)(n−2)). About 0 for independent data, where it may be negative; needs 4 rows; unchanged by rotation, scale and shift of either side.";

    internal override int LeastRows => 4;

    internal override object Prepare(FloatMatrix rows, int leastWidth) => new CentredKernel(rows, leastWidth);

    internal override double Compare(object a, object b)
    {
        CentredKernel x = (CentredKernel)a, y = (CentredKernel)b;
        if (x.IsConstant || y.IsConstant) return double.NaN;
        return Hsic(x, y, x.Inner(y)) / Math.Sqrt(Hsic(x, x, x.Self) * Hsic(y, y, y.Self));
    }

    /// <summary>n(n − 3) times the unbiased estimate; the factor cancels.</summary>
    private static double Hsic(CentredKernel x, CentredKernel y, double inner)
    {
        double n = x.Rows;
        return inner
            - n / (n - 2) * TensorPrimitives.Dot<double>(x.SquaredLengths, y.SquaredLengths)
            + x.Trace * y.Trace / ((n - 1) * (n - 2));
    }
}
