using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How canonical correlations become one number.</summary>
internal static class CorrelationMean
{
    public static readonly string[] Words = ["mean", "mean-squared", "google"];

    public static string Text(string word) => word switch
    {
        "mean" => "mean ρ",
        "mean-squared" => "mean ρ² (R²_CCA)",
        _ => "the mean of the largest ρ whose sum reaches 98 % of all, as Google's svcca code reports it",
    };

    /// <summary>The mean of correlations in descending order; NaN of none.</summary>
    public static double Of(double[] correlations, string word)
    {
        if (correlations.Length == 0) return double.NaN;
        if (word == "mean") return correlations.Average();
        if (word == "mean-squared") return correlations.Average(c => c * c);
        double total = correlations.Sum(), sum = 0;
        int count = 0;
        while (count < correlations.Length && sum < 0.98 * total) sum += correlations[count++];
        return sum / count;
    }

    public static string? Caution(int rows, int width, int width2) => rows >= 5 * Math.Max(width, width2) ? null
        : $"Canonical correlations grow towards 1 where rows are not many times the width, whatever the data: here {rows} rows of width {Math.Max(width, width2)}; 5 to 10 times as many rows are advised.";
}

/// <summary><c>cca</c>: canonical correlation analysis.</summary>
public sealed class Cca : Comparison, IFromMoments
{
    private readonly string _aggregate;

    private Cca(string aggregate) => _aggregate = aggregate;

    /// <inheritdoc/>
    public override string FullName => $"cca-aggregate={_aggregate}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override string Summary =>
        $"{CorrelationMean.Text(_aggregate)} over the min(rank X̃, rank Ỹ) canonical correlations ρ = singular values of U_xᵀU_y, U orthonormal bases of the centred columns; in [0, 1]; "
        + "unchanged by any invertible linear map of either side. 1 for any data with no more rows than columns. Hotelling 1936.";

    internal override int LeastRows => 3;

    internal static Comparison Create(ComparisonName name) => new Cca(name.Word("aggregate", CorrelationMean.Words));

    internal override object Prepare(FloatMatrix rows, ComparisonContext context) => new SampleBasis(rows).Vectors;

    internal override double Compare(object a, object b) => CorrelationMean.Of(Canonical.Correlations((RealMatrix)a, (RealMatrix)b), _aggregate);

    internal override string? Caution(int rows, int width, int width2) => CorrelationMean.Caution(rows, width, width2);

    bool IFromMoments.Streams => true;

    double IFromMoments.FromMoments(SideMoments x, SideMoments y, PairMoments pair) => x.IsConstant || y.IsConstant ? double.NaN
        : CorrelationMean.Of(Canonical.Correlations(Canonical.Whitening(x.Covariance).Directions, Canonical.Whitening(y.Covariance).Directions, pair.Cross), _aggregate);
}

/// <summary><c>svcca</c>: canonical correlation analysis of the leading singular directions.</summary>
public sealed class Svcca : Comparison, IFromMoments
{
    private readonly double _keep;
    private readonly int _dimensions;
    private readonly string _aggregate;

    private Svcca(ComparisonName name)
    {
        _dimensions = name.Count("dims", 0, 1);
        _keep = _dimensions > 0 ? 1 : name.Number("keep", 0.99, 1e-6, 1);
        _aggregate = name.Word("aggregate", CorrelationMean.Words);
    }

    /// <inheritdoc/>
    public override string FullName => $"svcca-{(_dimensions > 0 ? $"dims={_dimensions}" : $"keep={ComparisonName.Text(_keep)}")}-aggregate={_aggregate}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override string Summary =>
        $"{CorrelationMean.Text(_aggregate)} of the canonical correlations of "
        + (_dimensions > 0 ? $"the first {_dimensions} singular directions of each side" : $"the fewest singular directions of each side whose Σσ² reaches {_keep:P4} of all")
        + ", centred; in [0, 1]; unchanged by rotation, scale and shift of either side. Raghu et al. 2017.";

    internal override int LeastRows => 3;

    internal static Comparison Create(ComparisonName name) => new Svcca(name);

    internal override object Prepare(FloatMatrix rows, ComparisonContext context)
    {
        SampleBasis basis = new(rows);
        return basis.Leading(CountFor(basis.SquaredSingularValues));
    }

    internal override double Compare(object a, object b) => CorrelationMean.Of(Canonical.Correlations((RealMatrix)a, (RealMatrix)b), _aggregate);

    bool IFromMoments.Streams => true;

    double IFromMoments.FromMoments(SideMoments x, SideMoments y, PairMoments pair) =>
        x.IsConstant || y.IsConstant ? double.NaN : CorrelationMean.Of(Canonical.Correlations(Leading(x), Leading(y), pair.Cross), _aggregate);

    private RealMatrix Leading(SideMoments side)
    {
        (RealMatrix directions, double[] values) = Canonical.Whitening(side.Covariance);
        int count = CountFor(values);
        return new RealMatrix(directions.Values[..(count * directions.Columns)], count, directions.Columns);
    }

    private int CountFor(double[] squares)
    {
        if (_dimensions > 0) return Math.Min(_dimensions, squares.Length);
        double total = squares.Sum(), sum = 0;
        int count = 0;
        while (count < squares.Length && sum < _keep * total * (1 - 1e-15)) sum += squares[count++];
        return count;
    }
}

/// <summary><c>pwcca</c>: canonical correlations weighted by how much of the first side each direction carries.</summary>
public sealed class Pwcca : Comparison
{
    /// <inheritdoc/>
    public override string FullName => "pwcca-weights=first";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override bool IsSymmetric => false;

    /// <inheritdoc/>
    public override string Summary =>
        "Σ αᵢρᵢ / Σ αᵢ over the canonical correlations, αᵢ = Σⱼ |⟨hᵢ, x̃ⱼ⟩| for canonical vector hᵢ and column x̃ⱼ of the first side; in [0, 1]; not symmetric; unchanged by an invertible map of the second side. "
        + "α runs over the min(rank) canonical pairs alone: codes that sum it over all directions of a wider first side and then cut report less, by an amount that depends on which basis of the uncorrelated directions their SVD returns. Morcos et al. 2018.";

    internal override int LeastRows => 3;

    internal static Comparison Create(ComparisonName name)
    {
        name.Word("weights", "first");
        return new Pwcca();
    }

    internal override object Prepare(FloatMatrix rows, ComparisonContext context)
    {
        SampleBasis basis = new(rows);
        return new Side(basis.Vectors, Products.TimesTransposed(basis.Vectors, basis.Centred.Transpose()));
    }

    internal override double Compare(object a, object b)
    {
        Side x = (Side)a, y = (Side)b;
        int count = Math.Min(x.Vectors.Rows, y.Vectors.Rows), rank = x.Vectors.Rows;
        if (count == 0) return double.NaN;
        RealMatrix gram = Products.RowGram(Products.TimesTransposed(x.Vectors, y.Vectors));
        Evd<double> evd = new DenseMatrix(rank, rank, gram.Values).Evd(Symmetricity.Symmetric);
        double weighted = 0, weights = 0;
        double[] column = new double[x.Loadings.Columns];
        for (int i = rank - 1; i >= rank - count; i--)
        {
            Array.Clear(column);
            for (int j = 0; j < rank; j++) TensorPrimitives.MultiplyAdd(x.Loadings.Row(j), evd.EigenVectors[j, i], column, column);
            double weight = TensorPrimitives.SumOfMagnitudes<double>(column);
            weighted += weight * Math.Sqrt(Math.Clamp(evd.EigenValues[i].Real, 0, 1));
            weights += weight;
        }

        return weighted / weights;
    }

    internal override string? Caution(int rows, int width, int width2) => CorrelationMean.Caution(rows, width, width2);

    /// <summary>A basis [rank, samples] and the inner products of its vectors with every column, [rank, width].</summary>
    private sealed record Side(RealMatrix Vectors, RealMatrix Loadings);
}
