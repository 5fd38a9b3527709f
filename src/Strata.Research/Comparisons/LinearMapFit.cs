using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>linear-map</c>: how much of the second side an affine map of the first explains.</summary>
public sealed class LinearMapFit : Comparison, IFromMoments
{
    private readonly double _lambda, _test;
    private readonly int _seed;

    private LinearMapFit(ComparisonName name)
    {
        _lambda = name.Number("lambda", 0.001, 1e-12, 1e6);
        _test = name.Number("test", 0.25, 0, 0.9);
        _seed = name.Count("seed", 0, 0);
    }

    /// <inheritdoc/>
    public override string FullName => $"linear-map-lambda={ComparisonName.Text(_lambda)}-test={ComparisonName.Text(_test)}-seed={_seed}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override bool IsSymmetric => false;

    /// <inheritdoc/>
    public override string Summary =>
        "R² = 1 − ‖Y − (XA + b)‖² / ‖Y − ȳ‖², A from X to Y by ridge: penalty λ·n·s²‖A‖² with s² the mean variance of a column of X. "
        + (_test > 0 ? $"Fitted on {1 - _test:P0} of the rows and judged on the rest, drawn by seed row by row (rows of one sequence may fall on both sides); ȳ the mean of the fitted rows; at most 1, below 0 where the mean is nearer. "
            : "Fitted and judged on the same rows: 1 for any data with no more rows than columns. ")
        + "Not symmetric. Unchanged by rotation, scale and shift of either side.";

    internal override int LeastRows => 4;

    internal static Comparison Create(ComparisonName name) => new LinearMapFit(name);

    internal override object Prepare(FloatMatrix rows, ComparisonContext context) => new Side(rows, _test, _seed, _lambda);

    internal override double Compare(object a, object b)
    {
        Side x = (Side)a, y = (Side)b;
        if (x.IsConstant || y.IsConstant) return double.NaN;
        RealMatrix map = x.System.Solve(SidesOf(x, y), x.Penalty);
        RealMatrix read = Products.TimesTransposed(x.Judged, map);
        TensorPrimitives.Subtract(y.Judged.Values, read.Values, read.Values);
        return 1 - TensorPrimitives.SumOfSquares<double>(read.Values) / TensorPrimitives.SumOfSquares<double>(y.Judged.Values);
    }

    bool IFromMoments.Streams => _test == 0;

    double IFromMoments.FromMoments(SideMoments x, SideMoments y, PairMoments pair)
    {
        if (x.IsConstant || y.IsConstant) return double.NaN;
        RealMatrix cross = pair.Cross.Transpose();
        RealMatrix map = RidgeSystem.OfMoment(x.Covariance).Solve(cross, _lambda * x.Trace / x.Covariance.Rows);
        double explained = 2 * TensorPrimitives.Dot<double>(map.Values, cross.Values) - TensorPrimitives.Dot<double>(Products.TimesTransposed(map, x.Covariance).Values, map.Values);
        return explained / y.Trace;
    }

    /// <summary>ỸᵀX̃/n, [width of y, width of x].</summary>
    private static RealMatrix SidesOf(Side x, Side y)
    {
        RealMatrix sides = Products.TimesTransposed(y.FittedColumns, x.FittedColumns);
        TensorPrimitives.Divide(sides.Values, x.FittedColumns.Columns, sides.Values);
        return sides;
    }

    /// <summary>The rows to fit on (transposed) and to judge by, both less the mean of the fitted rows, and the factorisable system of the former.</summary>
    private sealed class Side
    {
        private readonly Lazy<RidgeSystem> _system;

        public Side(FloatMatrix rows, double test, int seed, double lambda)
        {
            int[] order = Enumerable.Range(0, rows.Rows).ToArray();
            new Random(seed).Shuffle(order);
            int held = test > 0 ? Math.Clamp((int)Math.Round(test * rows.Rows), 1, rows.Rows - 2) : 0;
            FloatMatrix fit = rows.Select(order[held..]), judged = held > 0 ? rows.Select(order[..held]) : fit;
            double[] means = RealMatrix.ColumnMeans(fit);
            RealMatrix fitted = Less(fit, means);
            Judged = Less(judged, means);
            FittedColumns = fitted.Transpose();
            double squares = TensorPrimitives.SumOfSquares<double>(fitted.Values);
            IsConstant = squares <= 1e-14 * Spectra.SumOfSquares(fit) || TensorPrimitives.SumOfSquares<double>(Judged.Values) == 0;
            Penalty = lambda * squares / fitted.Values.Length;
            _system = new Lazy<RidgeSystem>(() => RidgeSystem.OfRows(fitted));
        }

        public RealMatrix FittedColumns { get; }

        public RealMatrix Judged { get; }

        public double Penalty { get; }

        public bool IsConstant { get; }

        public RidgeSystem System => _system.Value;

        private static RealMatrix Less(FloatMatrix rows, double[] means)
        {
            RealMatrix result = RealMatrix.From(rows);
            for (int i = 0; i < result.Rows; i++) TensorPrimitives.Subtract(result.Row(i), means, result.Row(i));
            return result;
        }
    }
}
