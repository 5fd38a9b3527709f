using Strata.Models;

namespace Strata.Research;

/// <summary>What a probe is asked to read: one class per row.</summary>
/// <param name="Name">What the labels are, for tables.</param>
/// <param name="Labels">One per row of the activations: an index into <paramref name="ClassNames"/>, or -1 to leave the row out.</param>
/// <param name="ClassNames">Names of the classes; at least two.</param>
/// <param name="Groups">One per row: rows of one group (usually one sequence) are never split between training and test. See <see cref="SequenceOfRows"/>.</param>
public sealed record LabelSet(string Name, int[] Labels, string[] ClassNames, int[] Groups)
{
    /// <summary>Refuses labels that do not fit the rows.</summary>
    /// <exception cref="StrataException">Lengths differ, a label is out of range, or there is only one class.</exception>
    internal void Check(int rows, string where)
    {
        if (Labels.Length != rows || Groups.Length != rows)
            throw new StrataException($"Label set \"{Name}\" has {Labels.Length} labels and {Groups.Length} groups, but {where} has {rows} rows; give one of each per row.");
        if (ClassNames.Length < 2) throw new StrataException($"Label set \"{Name}\" has {ClassNames.Length} class; a probe needs at least 2.");
        int wrong = Array.FindIndex(Labels, l => l < -1 || l >= ClassNames.Length);
        if (wrong >= 0)
            throw new StrataException($"Label set \"{Name}\" has label {Labels[wrong]} in row {wrong}; valid are 0 to {ClassNames.Length - 1}, or -1 to leave the row out.");
    }
}

/// <summary>What a regression probe is asked to read: one number per row.</summary>
/// <param name="Name">What the numbers are, for tables.</param>
/// <param name="Values">One per row of the activations; NaN leaves the row out.</param>
/// <param name="Groups">One per row: rows of one group are never split between training and test.</param>
public sealed record TargetSet(string Name, double[] Values, int[] Groups);
