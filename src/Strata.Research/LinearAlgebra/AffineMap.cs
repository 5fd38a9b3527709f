using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>An affine map between two representations, y ≈ W·x + b, fitted in closed form by ridge regression.</summary>
public sealed class AffineMap
{
    private readonly RealMatrix _weights;
    private readonly double[] _constant;

    private AffineMap(RealMatrix weights, double[] constant)
    {
        _weights = weights;
        _constant = constant;
    }

    /// <summary>Width of what is read.</summary>
    public int InputWidth => _weights.Columns;

    /// <summary>Width of what is written.</summary>
    public int OutputWidth => _weights.Rows;

    /// <summary>One weight: from an input to an output.</summary>
    public double this[int output, int input] => _weights[output, input];

    /// <summary>Fits W and b on centred rows: (X̃ᵀX̃/n + λs²I)·Wᵀ = X̃ᵀỸ/n with s² the mean variance of a column of X, b = ȳ − W·x̄.</summary>
    /// <param name="x">[rows, input width].</param>
    /// <param name="y">[rows, output width]; rows correspond.</param>
    /// <param name="lambda">The penalty λ; above 0 where there may be fewer rows than columns.</param>
    /// <exception cref="StrataException">The row counts differ, there are fewer than 2 rows, x is constant, λ is not positive, or a number is not finite.</exception>
    public static AffineMap Fit(FloatMatrix x, FloatMatrix y, double lambda = 1e-3) => Fit(new AffineInput(x, lambda), y);

    /// <summary>The same for an input that is mapped to several outputs, whose factor is computed once.</summary>
    internal static AffineMap Fit(AffineInput input, FloatMatrix y)
    {
        if (input.Rows.Rows != y.Rows) throw new StrataException($"A map needs corresponding rows, but {input.Rows.Rows} rows are to be mapped to {y.Rows}.");
        if (!TensorPrimitives.IsFiniteAll<float>(y.Values)) throw new StrataException("The rows that a map should write hold NaN or infinity.");
        double[] means = RealMatrix.ColumnMeans(y);
        RealMatrix sides = Products.ColumnProduct(y, means, input.Rows, input.Means);
        TensorPrimitives.Divide(sides.Values, y.Rows, sides.Values);
        RealMatrix weights = input.System.Solve(sides, input.Penalty);
        for (int i = 0; i < means.Length; i++) means[i] -= TensorPrimitives.Dot<double>(weights.Row(i), input.Means);
        return new AffineMap(weights, means);
    }

    /// <summary>W·x + b for every row.</summary>
    /// <exception cref="StrataException">The rows have another width.</exception>
    public FloatMatrix Apply(FloatMatrix rows)
    {
        if (rows.Columns != InputWidth) throw new StrataException($"The map reads rows of width {InputWidth}; these are {rows.Columns} wide.");
        RealMatrix mapped = Products.TimesTransposed(RealMatrix.From(rows), _weights);
        for (int i = 0; i < mapped.Rows; i++) TensorPrimitives.Add(mapped.Row(i), _constant, mapped.Row(i));
        float[] values = new float[mapped.Values.Length];
        TensorPrimitives.ConvertSaturating<double, float>(mapped.Values, values);
        return new FloatMatrix(values, mapped.Rows, OutputWidth);
    }

    /// <summary>1 − ‖y − (W·x + b)‖² / ‖y − ȳ‖² over all rows and columns, ȳ the mean of these rows.</summary>
    /// <exception cref="StrataException">Widths or row counts do not fit.</exception>
    public double R2(FloatMatrix x, FloatMatrix y)
    {
        FloatMatrix mapped = Apply(x);
        if (mapped.Rows != y.Rows || mapped.Columns != y.Columns) throw new StrataException($"The map writes {mapped}, and is judged by {y}.");
        double[] means = RealMatrix.ColumnMeans(y);
        double error = 0, spread = 0;
        for (int i = 0; i < y.Rows; i++)
        {
            for (int j = 0; j < y.Columns; j++)
            {
                double e = y[i, j] - mapped[i, j], s = y[i, j] - means[j];
                error += e * e;
                spread += s * s;
            }
        }

        return 1 - error / spread;
    }
}

/// <summary>What a ridge regression needs of its input once.</summary>
internal sealed class AffineInput
{
    public AffineInput(FloatMatrix rows, double lambda)
    {
        if (rows.Rows < 2) throw new StrataException($"A map needs at least 2 rows to be fitted on; there are {rows.Rows}.");
        if (!(lambda > 0) || double.IsInfinity(lambda)) throw new StrataException($"The penalty of a map is {lambda}; give a positive number.");
        if (!TensorPrimitives.IsFiniteAll<float>(rows.Values)) throw new StrataException("The rows that a map should read hold NaN or infinity.");
        Rows = rows;
        Means = RealMatrix.ColumnMeans(rows);
        RealMatrix moment = Products.ColumnProduct(rows, Means, rows, Means);
        TensorPrimitives.Divide(moment.Values, rows.Rows, moment.Values);
        double trace = 0;
        for (int j = 0; j < moment.Rows; j++) trace += moment[j, j];
        if (trace <= 0) throw new StrataException("The rows that a map should read are all equal; nothing can be fitted on them.");
        Penalty = lambda * trace / moment.Rows;
        System = RidgeSystem.OfMoment(moment);
    }

    public FloatMatrix Rows { get; }

    public double[] Means { get; }

    public double Penalty { get; }

    public RidgeSystem System { get; }
}
