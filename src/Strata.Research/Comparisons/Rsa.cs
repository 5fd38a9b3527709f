using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>rsa</c>: representational similarity analysis, the agreement of two dissimilarity matrices over pairs of rows.</summary>
public sealed class Rsa : Comparison
{
    private readonly string _dissimilarity, _comparator;
    private readonly bool _confounded;

    private Rsa(ComparisonName name)
    {
        _dissimilarity = name.Word("rdm", "correlation", "cosine", "euclidean", "squared-euclidean");
        _comparator = name.Word("compare", "spearman", "pearson", "cosine");
        _confounded = name.Word("confounder", "none", "input") == "input";
    }

    /// <inheritdoc/>
    public override string FullName => $"rsa-rdm={_dissimilarity}-compare={_comparator}{(_confounded ? "-confounder=input" : "")}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override bool NeedsConfounder => _confounded;

    /// <inheritdoc/>
    public override string Summary =>
        $"{Comparator} of the dissimilarities of all pairs of rows, {Dissimilarity}; in [−1, 1]. Rows for which the dissimilarity is not defined make it undefined. Kriegeskorte et al. 2008."
        + (_confounded ? " Before, the part of each that is a linear function (with a constant) of the dissimilarities of the inputs is taken away (Cui et al. 2022)." : "");

    private string Comparator => _comparator switch
    {
        "spearman" => "Spearman correlation (average ranks on ties)",
        "pearson" => "Pearson correlation",
        _ => "Cosine (not centred)",
    };

    private string Dissimilarity => _dissimilarity switch
    {
        "correlation" => "1 − Pearson(xᵢ, xⱼ): unchanged by positive scale and shift of each row, not by rotation",
        "cosine" => "1 − cos(xᵢ, xⱼ): unchanged by rotation and by positive scale of each row",
        "euclidean" => "‖xᵢ − xⱼ‖: unchanged by rotation, scale and shift",
        _ => "‖xᵢ − xⱼ‖²: unchanged by rotation, scale and shift",
    };

    internal override int LeastRows => 3;

    internal override bool HoldsPairsOfRows => true;

    internal static Comparison Create(ComparisonName name) => new Rsa(name);

    internal override object Prepare(FloatMatrix rows, ComparisonContext context)
    {
        double[] pairs = Pairs(rows);
        if (context.Confounder is not null) TakeAway(pairs, Pairs(context.Confounder));
        if (_comparator == "spearman") pairs = Ranks.Of(pairs);
        return Unit(pairs, centred: _comparator != "cosine");
    }

    internal override double Compare(object a, object b) => Math.Clamp(TensorPrimitives.Dot<double>((double[])a, (double[])b), -1, 1);

    /// <summary>The strict lower triangle of the dissimilarity matrix.</summary>
    private double[] Pairs(FloatMatrix rows)
    {
        RealMatrix matrix = _dissimilarity is "correlation" or "cosine" ? Products.RowGram(UnitRowsOf(rows, centred: _dissimilarity == "correlation")) : Distances.Squared(rows);
        double[] pairs = new double[rows.Rows * (rows.Rows - 1) / 2];
        for (int i = 1, at = 0; i < rows.Rows; at += i++) matrix.Row(i)[..i].CopyTo(pairs.AsSpan(at));
        if (_dissimilarity == "euclidean") TensorPrimitives.Sqrt<double>(pairs, pairs);
        if (_dissimilarity is "correlation" or "cosine") TensorPrimitives.Subtract(1, pairs, pairs);
        return pairs;
    }

    /// <summary>Rows of length 1, each less its own mean first when centred; NaN for a row that is zero then.</summary>
    private static RealMatrix UnitRowsOf(FloatMatrix rows, bool centred)
    {
        RealMatrix result = RealMatrix.From(rows);
        for (int i = 0; i < result.Rows; i++)
        {
            Span<double> row = result.Row(i);
            double length = TensorPrimitives.Norm<double>(row);
            if (centred) TensorPrimitives.Subtract(row, TensorPrimitives.Sum<double>(row) / row.Length, row);
            double left = TensorPrimitives.Norm<double>(row);
            TensorPrimitives.Divide(row, left > 1e-7 * length ? left : double.NaN, row);
        }

        return result;
    }

    /// <summary>Residuals of a straight line with a constant.</summary>
    private static void TakeAway(double[] pairs, double[] inputs)
    {
        double[] x = Unit(inputs, centred: true);
        if (double.IsNaN(x[0])) return;
        double before = TensorPrimitives.SumOfSquares<double>(pairs);
        TensorPrimitives.Subtract(pairs, TensorPrimitives.Sum<double>(pairs) / pairs.Length, pairs);
        TensorPrimitives.MultiplyAdd(x, -TensorPrimitives.Dot<double>(pairs, x), pairs, pairs);
        if (TensorPrimitives.SumOfSquares<double>(pairs) <= 1e-14 * before) Array.Clear(pairs);
    }

    /// <summary>The vector at length 1; NaN where it is constant (or zero, when not centred).</summary>
    private static double[] Unit(double[] values, bool centred)
    {
        double[] result = [.. values];
        double length = TensorPrimitives.Norm<double>(result);
        if (centred) TensorPrimitives.Subtract(result, TensorPrimitives.Sum<double>(result) / result.Length, result);
        double left = TensorPrimitives.Norm<double>(result);
        TensorPrimitives.Divide(result, left > 1e-10 * length ? left : double.NaN, result);
        return result;
    }
}
