using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A number for two matrices whose rows correspond: the same sequences (and positions) at two hook points, or in two models.</summary>
public abstract class Comparison
{
    /// <summary>The name that users write: <c>cka</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The name that tells this variant from all others of its family: <c>cka-kernel=linear-hsic=gretton</c>.</summary>
    public abstract string FullName { get; }

    /// <summary>The formula, its range, what it does not change under, and its source.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether equal representations score highest (a similarity) or 0 (a distance).</summary>
    public abstract bool IsSimilarity { get; }

    /// <summary>Rows that are needed at least.</summary>
    internal virtual int LeastRows => 2;

    /// <summary>Whether both matrices must have the same width.</summary>
    internal virtual bool NeedsEqualWidths => false;

    /// <summary>Compares two matrices.</summary>
    /// <param name="a">[rows, width of a].</param>
    /// <param name="b">[rows, width of b]; row i corresponds to row i of <paramref name="a"/>.</param>
    /// <returns>The value; NaN when it is not defined, because a side is constant or zero.</returns>
    /// <exception cref="StrataException">The row counts differ, are too small, the widths differ where they must not, or a number is not finite.</exception>
    public double Compute(FloatMatrix a, FloatMatrix b)
    {
        Check("the first matrix", a, "the second matrix", b);
        int width = Math.Min(a.Columns, b.Columns);
        object first = Prepare(a, width);
        return Compare(first, ReferenceEquals(a, b) ? first : Prepare(b, width));
    }

    /// <summary>What a matrix needs once, however often it is then compared.</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="leastWidth">The smallest width among all matrices that will be compared, by which to choose between row and feature space.</param>
    internal abstract object Prepare(FloatMatrix rows, int leastWidth);

    /// <summary>Compares two prepared matrices.</summary>
    internal abstract double Compare(object a, object b);

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
        if (NeedsEqualWidths && a.Columns != b.Columns)
            throw new StrataException($"\"{Name}\" compares rows of equal width, but {nameA} is {a.Columns} wide and {nameB} {b.Columns}. Compare points of one width, or use cka or procrustes.");
        foreach ((string name, FloatMatrix rows) in new[] { (nameA, a), (nameB, b) })
        {
            if (!TensorPrimitives.IsFiniteAll<float>(rows.Values)) throw new StrataException($"{name} holds NaN or infinity, so \"{Name}\" is not defined.");
        }
    }
}

/// <summary>All comparisons by name.</summary>
public static class Comparisons
{
    /// <summary>Every comparison, in the order in which they are listed for users.</summary>
    public static IReadOnlyList<Comparison> All { get; } = [new LinearCka(), new DebiasedCka(), new MeanCosine(), new Procrustes()];

    /// <summary>The comparison of a name.</summary>
    /// <exception cref="StrataException">No comparison has this name; the message names the nearest ones.</exception>
    public static Comparison Get(string name) => All.FirstOrDefault(c => c.Name == name)
        ?? throw new StrataException($"There is no comparison \"{name}\". {NearestNames.Suggest(name, All.Select(c => c.Name))}");
}
