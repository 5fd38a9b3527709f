using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>subspace-angle</c>: principal angles between the leading principal subspaces.</summary>
public sealed class SubspaceAngle : Comparison
{
    private readonly int _dimensions;
    private readonly string _space, _aggregate;

    private SubspaceAngle(ComparisonName name)
    {
        _dimensions = name.Count("dims", 10, 1);
        _space = name.Word("space", "samples", "features");
        _aggregate = name.Word("aggregate", "mean", "max", "projection");
    }

    /// <inheritdoc/>
    public override string FullName => $"subspace-angle-dims={_dimensions}-space={_space}-aggregate={_aggregate}";

    /// <inheritdoc/>
    public override bool IsSimilarity => false;

    /// <inheritdoc/>
    public override string Summary =>
        (_aggregate == "projection" ? "√(Σ sin² θ / k), in [0, 1], " : $"The {(_aggregate == "mean" ? "mean" : "largest")} of the principal angles θ in radians, in [0, π/2], ")
        + $"between the spans of the first {_dimensions} principal components, centred, "
        + (_space == "samples" ? "as scores over the rows (widths may differ; unchanged by rotation, scale and shift). " : "as directions of the features (widths must match; not unchanged by rotation of one side). ")
        + "θ from the sines where they are small (Björck and Golub 1973).";

    internal override int LeastRows => 3;

    internal override bool NeedsEqualWidths => _space == "features";

    internal static Comparison Create(ComparisonName name) => new SubspaceAngle(name);

    internal override object Prepare(FloatMatrix rows, ComparisonContext context)
    {
        SampleBasis basis = new(rows);
        int count = Math.Min(_dimensions, basis.Rank);
        RealMatrix scores = basis.Leading(count);
        return _space == "samples" ? scores : Orthonormal(Products.TimesTransposed(scores, basis.Centred.Transpose()));
    }

    internal override double Compare(object a, object b)
    {
        RealMatrix x = (RealMatrix)a, y = (RealMatrix)b;
        if (x.Rows == 0 || y.Rows == 0) return double.NaN;
        double[] sines = Sines(x, y), angles = Angles(Canonical.Correlations(x, y), sines);
        return _aggregate switch
        {
            "mean" => angles.Average(),
            "max" => angles.Max(),
            _ => Math.Sqrt(angles.Average(t => Math.Sin(t) * Math.Sin(t))),
        };
    }

    /// <summary>Cosines descend and sines ascend; below 45° the sine keeps digits that the cosine loses.</summary>
    private static double[] Angles(double[] cosines, double[] sines) => cosines.Select((c, i) => c * c > 0.5 ? Math.Asin(Math.Min(1, sines[i])) : Math.Acos(c)).ToArray();

    /// <summary>Singular values of B − (BAᵀ)A for the narrower B, from smallest to largest.</summary>
    private static double[] Sines(RealMatrix x, RealMatrix y)
    {
        (RealMatrix a, RealMatrix b) = x.Rows >= y.Rows ? (x, y) : (y, x);
        RealMatrix inner = Products.TimesTransposed(b, a);
        RealMatrix rest = new([.. b.Values], b.Rows, b.Columns);
        for (int i = 0; i < rest.Rows; i++)
        {
            for (int j = 0; j < a.Rows; j++) TensorPrimitives.MultiplyAdd(a.Row(j), -inner[i, j], rest.Row(i), rest.Row(i));
        }

        return SymmetricEigenvalues.OfGram(Products.RowGram(rest)).Select(v => Math.Sqrt(v)).Order().ToArray();
    }

    private static RealMatrix Orthonormal(RealMatrix rows)
    {
        // The rows are principal directions times singular values: orthogonal already.
        for (int i = 0; i < rows.Rows; i++) TensorPrimitives.Divide(rows.Row(i), TensorPrimitives.Norm<double>(rows.Row(i)), rows.Row(i));
        return rows;
    }
}
