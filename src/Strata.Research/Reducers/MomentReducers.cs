using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary>The mean of the rows, [1, columns].</summary>
public sealed record MeanReducer : Reducer
{
    /// <inheritdoc/>
    public override string Name => "mean";

    internal override Reduction Start(int columns, long rows) => new MomentReduction(columns, moments => (moments.Mean(), 1));
}

/// <summary>The covariance of the columns, [columns, columns], with n − 1 in the denominator; not a number for fewer than two rows.</summary>
public sealed record CovarianceReducer : Reducer
{
    /// <inheritdoc/>
    public override string Name => "covariance";

    internal override Reduction Start(int columns, long rows) => new MomentReduction(columns, moments =>
    {
        double[] gram = moments.Gram(centred: true).Values;
        if (moments.Count < 2) Array.Fill(gram, double.NaN);
        else TensorPrimitives.Divide(gram, moments.Count - 1, gram);
        return (gram, columns);
    });
}

/// <summary>XᵀX of all rows, [columns, columns]: not centred, not divided.</summary>
public sealed record GramReducer : Reducer
{
    /// <inheritdoc/>
    public override string Name => "gram";

    internal override Reduction Start(int columns, long rows) => new MomentReduction(columns, moments => (moments.Gram(centred: false).Values, columns));
}

/// <summary>What follows from mean and second moments, which are taken about a shift so that nothing cancels.</summary>
internal sealed class MomentReduction(int columns, Func<Moments, (double[] Values, int Rows)> result) : Reduction
{
    private readonly Moments _moments = new(columns);
    private readonly double[] _row = new double[columns];

    public override long Bytes => _moments.Bytes + 8L * columns * columns;

    public override void Add(ReadOnlySpan<float> row, RowPlace place)
    {
        TensorPrimitives.ConvertTruncating(row, _row);
        _moments.Add(_row);
    }

    public override (double[] Values, int Rows, int Columns, IReadOnlyList<RowPlace> Places) Result()
    {
        (double[] values, int rows) = result(_moments);
        return (values, rows, columns, []);
    }
}
