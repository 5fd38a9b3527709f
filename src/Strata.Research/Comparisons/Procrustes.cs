using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>procrustes</c>: what is left after the best rotation, as a squared distance or as an angle.</summary>
public sealed class Procrustes : Comparison, IFromMoments
{
    private readonly bool _angular;

    private Procrustes(bool angular) => _angular = angular;

    /// <inheritdoc/>
    public override string FullName => $"procrustes-distance={(_angular ? "angular" : "squared")}";

    /// <inheritdoc/>
    public override bool IsSimilarity => false;

    /// <inheritdoc/>
    public override string Summary => (_angular
            ? "arccos ‖X̃ᵀỸ‖_* in radians, with columns centred and each side divided by its Frobenius norm; in [0, π/2], a metric. "
            : "2 − 2·‖X̃ᵀỸ‖_* with columns centred and each side divided by its Frobenius norm; in [0, 2]. ")
        + "0 for equal up to rotation, scale and shift; widths may differ. The nuclear norm is the sum of the singular values of the smallest matrix that has them: "
        + "with fewer rows than columns, X̃ is first replaced by a factor of X̃X̃ᵀ. Schönemann 1966; Ding et al. 2021; Williams et al. 2021 (angular).";

    internal static Comparison Create(ComparisonName name) => new Procrustes(name.Word("distance", "squared", "angular") == "angular");

    internal override object Prepare(FloatMatrix rows, ComparisonContext context) => new Factor(rows);

    internal override double Compare(object a, object b)
    {
        Factor x = (Factor)a, y = (Factor)b;
        if (x.IsConstant || y.IsConstant) return double.NaN;
        return Of(ReferenceEquals(x, y) ? 1 : NuclearNorm(Factor.Product(x, y)) / (x.Norm * y.Norm));
    }

    bool IFromMoments.Streams => true;

    double IFromMoments.FromMoments(SideMoments x, SideMoments y, PairMoments pair) =>
        x.IsConstant || y.IsConstant ? double.NaN : Of(ReferenceEquals(x, y) ? 1 : NuclearNorm(pair.Cross) / Math.Sqrt(x.Trace * y.Trace));

    private double Of(double overlap)
    {
        overlap = Math.Clamp(overlap, 0, 1);
        return _angular ? Math.Acos(overlap) : 2 - 2 * overlap;
    }

    private static double NuclearNorm(RealMatrix product)
    {
        // Singular values of a tall matrix: MathNet's cost grows with the larger side squared otherwise.
        Matrix<double> matrix = (product.Rows >= product.Columns ? product : product.Transpose()).ToMathNet();
        return matrix.Svd(computeVectors: false).S.Sum();
    }

    /// <summary>Centred rows, or columns F with F·Fᵀ = X̃·X̃ᵀ when there are fewer rows than columns: X̃ᵀỸ and F_xᵀF_y have the same singular values other than zero.</summary>
    private sealed class Factor
    {
        private readonly FloatMatrix _rows;
        private readonly double[] _means;
        private readonly RealMatrix? _columns;

        public Factor(FloatMatrix rows)
        {
            _rows = rows;
            _means = RealMatrix.ColumnMeans(rows);
            if (rows.Rows < rows.Columns) _columns = Columns(Products.RowGram(RealMatrix.Centred(rows)));
            double squares = _columns is null ? CentredSumOfSquares() : TensorPrimitives.SumOfSquares<double>(_columns.Values);
            Norm = Math.Sqrt(squares);
            IsConstant = squares <= 1e-14 * Spectra.SumOfSquares(rows);
        }

        public double Norm { get; }

        public bool IsConstant { get; }

        public static RealMatrix Product(Factor x, Factor y) => x._columns is null && y._columns is null
            ? Products.ColumnProduct(x._rows, x._means, y._rows, y._means)
            : Products.TimesTransposed(x.Transposed(), y.Transposed());

        private RealMatrix Transposed() => _columns ?? RealMatrix.Centred(_rows).Transpose();

        /// <summary>Eigenvectors times the square roots of their eigenvalues, one per row; directions that are rounding alone are dropped.</summary>
        private static RealMatrix Columns(RealMatrix gram)
        {
            int n = gram.Rows;
            Evd<double> evd = new DenseMatrix(n, n, gram.Values).Evd(Symmetricity.Symmetric);
            double[] values = evd.EigenValues.Select(v => v.Real).ToArray();
            int[] kept = Enumerable.Range(0, n).Where(i => values[i] > values[^1] * n * 2.2e-16).ToArray();
            RealMatrix result = new(kept.Length, n);
            for (int i = 0; i < kept.Length; i++)
            {
                double root = Math.Sqrt(values[kept[i]]);
                for (int j = 0; j < n; j++) result.Values[i * n + j] = root * evd.EigenVectors[j, kept[i]];
            }

            return result;
        }

        private double CentredSumOfSquares()
        {
            double sum = 0;
            double[] row = new double[_rows.Columns];
            for (int i = 0; i < _rows.Rows; i++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(_rows.Row(i), row);
                TensorPrimitives.Subtract(row, _means, row);
                sum += TensorPrimitives.SumOfSquares<double>(row);
            }

            return sum;
        }
    }
}
