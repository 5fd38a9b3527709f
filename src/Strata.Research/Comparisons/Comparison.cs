using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What a comparison is told besides the rows.</summary>
/// <param name="LeastWidth">The smallest width among all matrices that will be compared, by which to choose between row and feature space.</param>
/// <param name="Confounder">Rows whose similarity structure is regressed out; null where the comparison needs none.</param>
internal readonly record struct ComparisonContext(int LeastWidth, FloatMatrix? Confounder);

/// <summary>A number for two matrices whose rows correspond: the same sequences (and positions) at two hook points, or in two models.</summary>
public abstract class Comparison
{
    private string? _shortName;

    /// <summary>The name that users write: <c>cka</c>, or <see cref="FullName"/> where the variant has no short one.</summary>
    public string Name => _shortName ?? FullName;

    /// <summary>The name that tells this variant from all others of its family: <c>cka-kernel=linear-hsic=gretton</c>. <see cref="Comparisons.Get"/> understands it.</summary>
    public abstract string FullName { get; }

    /// <summary>The formula, its range, what it does not change under, and its source.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether equal representations score highest (a similarity) or 0 (a distance).</summary>
    public abstract bool IsSimilarity { get; }

    /// <summary>Whether exchanging the sides leaves the value as it is.</summary>
    public virtual bool IsSymmetric => true;

    /// <summary>Whether the similarity structure of a third matrix, the confounder, is regressed out first.</summary>
    public virtual bool NeedsConfounder => false;

    /// <summary>Rows that are needed at least.</summary>
    internal virtual int LeastRows => 2;

    /// <summary>Whether both matrices must have the same width.</summary>
    internal virtual bool NeedsEqualWidths => false;

    /// <summary>Whether memory grows with the square of the rows.</summary>
    internal virtual bool HoldsPairsOfRows => false;

    /// <summary>Compares two matrices.</summary>
    /// <param name="a">[rows, width of a].</param>
    /// <param name="b">[rows, width of b]; row i corresponds to row i of <paramref name="a"/>.</param>
    /// <param name="confounder">[rows, any width]: what <see cref="NeedsConfounder"/> asks for, usually the input or the embedding.</param>
    /// <returns>The value; NaN when it is not defined, because a side is constant or zero.</returns>
    /// <exception cref="StrataException">The row counts differ, are too small or too many, the widths differ where they must not, a confounder is missing, or a number is not finite.</exception>
    public double Compute(FloatMatrix a, FloatMatrix b, FloatMatrix? confounder = null)
    {
        Check("the first matrix", a, "the second matrix", b);
        ComparisonContext context = new(Math.Min(a.Columns, b.Columns), CheckConfounder("the confounder", confounder, a.Rows));
        object first = Prepare(a, context);
        return Compare(first, ReferenceEquals(a, b) ? first : Prepare(b, context));
    }

    /// <summary>What a matrix needs once, however often it is then compared.</summary>
    internal abstract object Prepare(FloatMatrix rows, ComparisonContext context);

    /// <summary>Compares two prepared matrices.</summary>
    internal abstract double Compare(object a, object b);

    /// <summary>Computes beforehand what all pairs of two lists need, where that costs less together than pair by pair.</summary>
    internal virtual void PreparePairs(object[] first, object[] second, CancellationToken cancellation)
    {
    }

    /// <summary>What readers should know of values on so many rows; null for nothing.</summary>
    internal virtual string? Caution(int rows, int width, int width2) => null;

    /// <summary>The same comparison under a short name.</summary>
    internal Comparison Named(string name)
    {
        _shortName = name;
        return this;
    }

    /// <summary>Refuses matrices that cannot be compared.</summary>
    internal void Check(string nameA, FloatMatrix a, string nameB, FloatMatrix b)
    {
        if (a.Rows != b.Rows)
        {
            throw new StrataException(
                $"\"{Name}\" compares corresponding rows, but {nameA} has {a.Rows} and {nameB} has {b.Rows}. Capture both on the same sequences; "
                + "where two models cut texts into different tokens, capture with pooling (one row per sequence).");
        }

        if (a.Rows < LeastRows) throw new StrataException($"\"{Name}\" needs at least {LeastRows} rows; {nameA} and {nameB} have {a.Rows}.");
        if (HoldsPairsOfRows && a.Rows > MostRows)
            throw new StrataException($"\"{Name}\" holds a number per pair of rows, so it takes at most {MostRows:N0} rows; {nameA} has {a.Rows:N0}. Capture fewer sequences, or with pooling.");
        if (NeedsEqualWidths && a.Columns != b.Columns)
            throw new StrataException($"\"{Name}\" compares rows of equal width, but {nameA} is {a.Columns} wide and {nameB} {b.Columns}. Compare points of one width, or use cka or procrustes.");
        CheckFinite(nameA, a);
        CheckFinite(nameB, b);
    }

    /// <summary>The confounder where the comparison needs one, else null.</summary>
    internal FloatMatrix? CheckConfounder(string name, FloatMatrix? confounder, int rows)
    {
        if (!NeedsConfounder) return null;
        if (confounder is null) throw new StrataException($"\"{Name}\" regresses the similarity of the inputs out; give the inputs as the confounder, for example the rows of \"embed\".");
        if (confounder.Rows != rows) throw new StrataException($"\"{Name}\": {name} has {confounder.Rows} rows, and what is compared has {rows}; give the confounder of the same sequences.");
        CheckFinite(name, confounder);
        return confounder;
    }

    /// <summary>A gigabyte of float64 pairs.</summary>
    private const int MostRows = 11_500;

    private void CheckFinite(string name, FloatMatrix rows)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(rows.Values)) throw new StrataException($"{name} holds NaN or infinity, so \"{Name}\" is not defined.");
    }
}
