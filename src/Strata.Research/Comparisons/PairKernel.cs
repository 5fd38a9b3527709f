using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Similarities of all pairs of rows, [n, n], ready for inner products: centred on both sides, or with a zero diagonal for the unbiased estimate.</summary>
internal sealed class PairKernel
{
    private readonly RealMatrix _values;
    private readonly double[] _sums;
    private readonly double _total;
    private readonly bool _unbiased;

    private PairKernel(RealMatrix values, bool unbiased)
    {
        _values = values;
        _unbiased = unbiased;
        _sums = RowSums(values);
        _total = TensorPrimitives.Sum<double>(_sums);
        Self = Hsic(this);
    }

    /// <summary>By what <see cref="Hsic"/> exceeds the estimate as it is defined: tr(KHLH), or Song's.</summary>
    public double Factor => _unbiased ? _values.Rows * (_values.Rows - 3.0) : 1;

    /// <summary>The estimate of HSIC of the kernel with itself.</summary>
    public double Self { get; }

    /// <summary>A kernel for the unbiased estimate (Song et al. 2012): the diagonal plays no part. The matrix is overwritten.</summary>
    public static PairKernel Unbiased(RealMatrix kernel)
    {
        for (int i = 0; i < kernel.Rows; i++) kernel.Row(i)[i] = 0;
        return new PairKernel(kernel, unbiased: true);
    }

    /// <summary>A kernel for the biased estimate (Gretton et al. 2005): HKH. The matrix is overwritten.</summary>
    public static PairKernel Biased(RealMatrix kernel)
    {
        Centre(kernel);
        return new PairKernel(kernel, unbiased: false);
    }

    /// <summary>HSIC of two kernels of one kind, up to a factor of n that cancels: ⟨HKH, HLH⟩, or Song's estimate times n(n − 3).</summary>
    public double Hsic(PairKernel other)
    {
        double inner = TensorPrimitives.Dot<double>(_values.Values, other._values.Values);
        if (!_unbiased) return inner;
        double n = _values.Rows;
        return inner + _total * other._total / ((n - 1) * (n - 2)) - 2 / (n - 2) * TensorPrimitives.Dot<double>(_sums, other._sums);
    }

    /// <summary>Subtracts the means of rows and columns from a symmetric matrix.</summary>
    public static void Centre(RealMatrix kernel)
    {
        double[] means = RowSums(kernel);
        TensorPrimitives.Divide(means, kernel.Rows, means);
        double mean = TensorPrimitives.Sum<double>(means) / kernel.Rows;
        for (int i = 0; i < kernel.Rows; i++)
        {
            Span<double> row = kernel.Row(i);
            TensorPrimitives.Subtract(row, means, row);
            TensorPrimitives.Subtract(row, means[i] - mean, row);
        }
    }

    /// <summary>X̃X̃ᵀ of centred rows; exactly zero where all rows are equal to the resolution of float32.</summary>
    public static RealMatrix Linear(FloatMatrix rows)
    {
        RealMatrix centred = RealMatrix.Centred(rows);
        if (TensorPrimitives.SumOfSquares<double>(centred.Values) <= 1e-14 * Spectra.SumOfSquares(rows)) return new RealMatrix(rows.Rows, rows.Rows);
        return Products.RowGram(centred);
    }

    private static double[] RowSums(RealMatrix kernel)
    {
        double[] sums = new double[kernel.Rows];
        for (int i = 0; i < sums.Length; i++) sums[i] = TensorPrimitives.Sum<double>(kernel.Row(i));
        return sums;
    }
}
