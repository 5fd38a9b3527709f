using Strata.Models;

namespace Strata.Research;

/// <summary>A split of rows by group: into train and test, and train again into fit and validation.</summary>
internal sealed class GroupSplit
{
    private GroupSplit(int[] train, int[] test, int[] fit, int[] validation)
    {
        Train = train;
        Test = test;
        Fit = fit;
        Validation = validation;
    }

    /// <summary>Rows to train on; fit and validation together.</summary>
    public int[] Train { get; }

    /// <summary>Rows to test on.</summary>
    public int[] Test { get; }

    /// <summary>Training rows on which every regularisation is tried.</summary>
    public int[] Fit { get; }

    /// <summary>Training rows by which the regularisation is chosen.</summary>
    public int[] Validation { get; }

    /// <summary>Splits by a seeded shuffle of the distinct groups, so that label sets with the same groups share one split whichever rows they leave out.</summary>
    /// <exception cref="StrataException">There are fewer than three groups, or a part has no labelled row.</exception>
    public static GroupSplit Make(string name, int[] groups, Func<int, bool> labelled, ProbeOptions options)
    {
        int[] distinct = groups.Distinct().Order().ToArray();
        if (distinct.Length < 3)
        {
            throw new StrataException(
                $"\"{name}\" has {distinct.Length} group(s) of rows; training, validation and test need one each, so at least 3. Capture more sequences, or give finer groups.");
        }

        new Random(options.Seed).Shuffle(distinct);
        int test = Part(distinct.Length, options.TestShare, leave: 2);
        int validation = Part(distinct.Length - test, options.ValidationShare, leave: 1);
        Dictionary<int, int> place = distinct.Select((g, i) => (g, i)).ToDictionary(p => p.g, p => p.i);
        int[] Rows(int from, int to) => Enumerable.Range(0, groups.Length).Where(i => labelled(i) && place[groups[i]] >= from && place[groups[i]] < to).ToArray();
        GroupSplit split = new(Rows(test, distinct.Length), Rows(0, test), Rows(test + validation, distinct.Length), Rows(test, test + validation));
        if (split.Test.Length == 0 || split.Fit.Length == 0 || split.Validation.Length == 0)
            throw new StrataException($"\"{name}\": a part of the split (fit {split.Fit.Length}, validation {split.Validation.Length}, test {split.Test.Length} rows) has no labelled row; label more rows or change the seed.");
        return split;
    }

    private static int Part(int groups, double share, int leave) => Math.Clamp((int)Math.Round(groups * share), 1, groups - leave);
}
