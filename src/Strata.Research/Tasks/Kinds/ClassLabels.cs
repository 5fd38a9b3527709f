using System.Globalization;

namespace Strata.Research;

/// <summary>Labels as numbers of classes, in the order in which scikit-learn sorts them: whole numbers by value, others as text.</summary>
internal static class ClassLabels
{
    /// <summary>The distinct labels in order.</summary>
    public static string[] Sorted(IEnumerable<string> labels)
    {
        string[] distinct = labels.Distinct(StringComparer.Ordinal).ToArray();
        long[] numbers = new long[distinct.Length];
        for (int i = 0; i < distinct.Length; i++)
        {
            if (!long.TryParse(distinct[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i])) return [.. distinct.Order(StringComparer.Ordinal)];
        }

        Array.Sort(numbers, distinct);
        return distinct;
    }

    /// <summary>The number of each label's class.</summary>
    public static int[] Numbers(string[] sorted, IEnumerable<string> labels)
    {
        Dictionary<string, int> numbers = sorted.Select((label, i) => (label, i)).ToDictionary(pair => pair.label, pair => pair.i, StringComparer.Ordinal);
        return labels.Select(label => numbers[label]).ToArray();
    }
}
