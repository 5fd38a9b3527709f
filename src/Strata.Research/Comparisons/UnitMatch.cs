using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>unit-match</c>: the mean correlation of units matched one to one, or each with its best partner.</summary>
public sealed class UnitMatch : Comparison
{
    private readonly bool _oneToOne, _signed;

    private UnitMatch(ComparisonName name)
    {
        _oneToOne = name.Word("assignment", "one-to-one", "one-to-many") == "one-to-one";
        _signed = name.Word("correlation", "signed", "absolute") == "signed";
    }

    /// <inheritdoc/>
    public override string FullName => $"unit-match-assignment={(_oneToOne ? "one-to-one" : "one-to-many")}-correlation={(_signed ? "signed" : "absolute")}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override bool IsSymmetric => _oneToOne;

    /// <inheritdoc/>
    public override string Summary =>
        (_oneToOne
            ? "Mean Pearson correlation of units (columns) matched one to one so that the sum is largest (Hungarian algorithm); the wider side keeps units without a partner. "
            : "Mean over the units (columns) of the first side of the largest Pearson correlation with a unit of the second, which may serve many; not symmetric. ")
        + $"{(_signed ? "Signed: a unit and its negative do not match." : "Of absolute correlations.")} Constant units count as uncorrelated. Unchanged by permutation, positive scale and shift of single units; not by rotation. Li et al. 2016.";

    internal override int LeastRows => 3;

    internal static Comparison Create(ComparisonName name) => new UnitMatch(name);

    /// <summary>The partner in <paramref name="b"/> of every unit of <paramref name="a"/> and their correlations.</summary>
    /// <param name="a">[rows, width of a].</param>
    /// <param name="b">[rows, width of b].</param>
    /// <returns>Per unit of <paramref name="a"/>: index of its partner, or -1 for none, and the correlation (NaN for none).</returns>
    /// <exception cref="StrataException">The matrices cannot be compared.</exception>
    public (int[] Partners, double[] Correlations) Match(FloatMatrix a, FloatMatrix b)
    {
        Check("the first matrix", a, "the second matrix", b);
        return Partners(StandardUnits(a), StandardUnits(b));
    }

    internal override object Prepare(FloatMatrix rows, ComparisonContext context) => StandardUnits(rows);

    internal override double Compare(object a, object b)
    {
        RealMatrix x = (RealMatrix)a, y = (RealMatrix)b;
        if (TensorPrimitives.SumOfSquares<double>(x.Values) == 0 || TensorPrimitives.SumOfSquares<double>(y.Values) == 0) return double.NaN;
        double[] correlations = Partners(x, y).Correlations.Where(c => !double.IsNaN(c)).ToArray();
        return correlations.Average();
    }

    private (int[] Partners, double[] Correlations) Partners(RealMatrix x, RealMatrix y)
    {
        RealMatrix correlations = Products.TimesTransposed(x, y);
        if (!_signed) TensorPrimitives.Abs<double>(correlations.Values, correlations.Values);
        int[] partners = new int[x.Rows];
        if (_oneToOne) partners = Assignment.Largest(correlations);
        else for (int i = 0; i < partners.Length; i++) partners[i] = TensorPrimitives.IndexOfMax<double>(correlations.Row(i));
        return (partners, partners.Select((p, i) => p < 0 ? double.NaN : correlations[i, p]).ToArray());
    }

    /// <summary>[width, rows]: each unit centred, at length 1; zero for a constant unit.</summary>
    private static RealMatrix StandardUnits(FloatMatrix rows)
    {
        RealMatrix units = RealMatrix.From(rows).Transpose();
        for (int i = 0; i < units.Rows; i++)
        {
            Span<double> unit = units.Row(i);
            double before = TensorPrimitives.Norm<double>(unit);
            TensorPrimitives.Subtract(unit, TensorPrimitives.Sum<double>(unit) / unit.Length, unit);
            double length = TensorPrimitives.Norm<double>(unit);
            if (length > 1e-7 * before) TensorPrimitives.Divide(unit, length, unit);
            else unit.Clear();
        }

        return units;
    }
}
