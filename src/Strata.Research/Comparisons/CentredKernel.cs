using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What linear CKA on all rows needs of a matrix: its centred rows, or their Gram matrix where that is smaller.</summary>
internal sealed class CentredKernel
{
    private readonly FloatMatrix _rows;
    private readonly double[] _means;
    private readonly RealMatrix? _gram;
    private readonly Dictionary<CentredKernel, double> _inner = [];

    public CentredKernel(FloatMatrix rows, int leastWidth)
    {
        _rows = rows;
        _means = RealMatrix.ColumnMeans(rows);

        // A pair costs n² from Gram matrices and n·d² from features; the factor 2 weighs that a Gram matrix is made once per point.
        if (rows.Rows <= 2 * leastWidth) _gram = Products.RowGram(RealMatrix.Centred(rows));
        SquaredLengths = Lengths(rows, _means);
        Trace = SquaredLengths.Sum();
        IsConstant = Trace <= 1e-14 * Spectra.SumOfSquares(rows);
    }

    public int Rows => _rows.Rows;

    /// <summary>The diagonal of K = X̃·X̃ᵀ.</summary>
    public double[] SquaredLengths { get; }

    public double Trace { get; }

    /// <summary>⟨K, K⟩.</summary>
    public double Self => Inner(this);

    /// <summary>All rows equal, to the resolution of float32.</summary>
    public bool IsConstant { get; }

    /// <summary>⟨K, L⟩ = tr(KL) = ‖ỸᵀX̃‖_F².</summary>
    public double Inner(CentredKernel other)
    {
        if (!_inner.TryGetValue(other, out double inner)) _inner[other] = inner = InnerWith(other);
        return inner;
    }

    /// <summary>Takes the inner products of all pairs at once, where that is worth it: many wide matrices of not too many rows.</summary>
    public static void Join(IReadOnlyList<CentredKernel> first, IReadOnlyList<CentredKernel> second, CancellationToken cancellation)
    {
        CentredKernel[] all = first.Concat(second).Distinct().ToArray();
        long pairs = ReferenceEquals(first, second) ? (long)all.Length * (all.Length + 1) / 2 : (long)first.Count * second.Count + all.Length;
        int least = all.Min(k => k._rows.Columns), most = all.Max(k => k._rows.Columns);
        // Small ones stay in float64 throughout: there is nothing to be gained.
        if (all.Any(k => k._gram is not null) || (double)pairs * all[0].Rows * least * least < 1e9 || !KernelProducts.Pays(all.Length, pairs, all[0].Rows, least, most)) return;
        double[,] products = KernelProducts.OfAll([.. all.Select(k => (k._rows, k._means))], cancellation);
        for (int i = 0; i < all.Length; i++)
        {
            for (int j = 0; j < all.Length; j++) all[i]._inner[all[j]] = products[i, j];
        }
    }

    /// <summary>CKA with the biased estimate of HSIC: ‖ỸᵀX̃‖_F² / (‖X̃ᵀX̃‖_F · ‖ỸᵀỸ‖_F). NaN where a side is constant. The guard is added to the denominator.</summary>
    public double Biased(CentredKernel other, double guard) => IsConstant || other.IsConstant ? double.NaN : Inner(other) / (Math.Sqrt(Self * other.Self) + guard);

    /// <summary>CKA with the unbiased estimate of HSIC in its feature form: ⟨K, L⟩ − n/(n−2) · Σ K_ii L_ii + tr K · tr L / ((n−1)(n−2)). NaN where a side is constant. The guard is added to the denominator.</summary>
    public double Debiased(CentredKernel other, double guard) => IsConstant || other.IsConstant ? double.NaN
        : Hsic(other, Inner(other)) / (Math.Sqrt(Hsic(this, Self) * other.Hsic(other, other.Self)) + guard * Rows * (Rows - 3.0));

    /// <summary>n(n − 3) times the unbiased estimate; the factor cancels.</summary>
    private double Hsic(CentredKernel other, double inner)
    {
        double n = Rows;
        return inner
            - n / (n - 2) * TensorPrimitives.Dot<double>(SquaredLengths, other.SquaredLengths)
            + Trace * other.Trace / ((n - 1) * (n - 2));
    }

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
