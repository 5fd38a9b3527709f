using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>One of the parts into which a set of plans is split, for tasks on several machines. Plans that begin alike stay together, and the parts cost about the same.</summary>
public readonly record struct SweepPart
{
    /// <summary>A part.</summary>
    /// <param name="index">Zero-based.</param>
    /// <param name="count">Number of parts.</param>
    /// <exception cref="StrataException">The index is not below the count.</exception>
    public SweepPart(int index, int count)
    {
        if (count < 1 || (uint)index >= (uint)count) throw new StrataException($"Part {index} of {count} does not exist; parts are counted from 0, as in 0/8 to 7/8.");
        (Index, Count) = (index, count);
    }

    /// <summary>Zero-based.</summary>
    public int Index { get; }

    /// <summary>Number of parts.</summary>
    public int Count { get; }

    /// <summary>Reads <c>K/N</c>: part K of N, K from 0.</summary>
    /// <exception cref="StrataException">The text is something else.</exception>
    public static SweepPart Parse(string text)
    {
        string[] numbers = text.Split('/');
        return numbers.Length == 2 && int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index) && int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? new SweepPart(index, count)
            : throw new StrataException($"\"{text}\" is no part of a sweep; write K/N, counted from 0: 0/8 is the first of eight parts.");
    }

    /// <summary>The indices of this part's plans, ascending. The parts of a set are disjoint and make up the set, whoever asks.</summary>
    public int[] Select(IReadOnlyList<LayerPlan> plans)
    {
        double[] marginal = new double[plans.Count];
        int[] order = [.. PlanTree.Build(plans).DepthFirst(marginal)];
        double total = marginal.Sum(), before = 0;
        List<int> selected = [];
        foreach (int plan in order)
        {
            // Where the middle of its cost falls.
            int part = Math.Min(Count - 1, (int)((before + marginal[plan] / 2) / total * Count));
            if (part == Index) selected.Add(plan);
            before += marginal[plan];
        }

        selected.Sort();
        return [.. selected];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Index}/{Count}";
}
