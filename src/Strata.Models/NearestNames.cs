namespace Strata.Models;

/// <summary>Finds what a mistyped name probably meant, for error messages.</summary>
public static class NearestNames
{
    /// <summary>A clause for the end of a message: <c>Did you mean "curvature"?</c>, or the valid names when none is near.</summary>
    /// <param name="given">What the user wrote.</param>
    /// <param name="valid">What would have been understood.</param>
    public static string Suggest(string given, IEnumerable<string> valid)
    {
        string[] names = valid.Distinct().ToArray();
        string[] near = names
            .Select(name => (name, distance: Distance(given.ToLowerInvariant(), name.ToLowerInvariant())))
            .Where(pair => pair.distance <= Math.Max(2, given.Length / 3) || Letters(pair.name).Contains(Letters(given)) && given.Length > 2)
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.name, StringComparer.Ordinal)
            .Take(3)
            .Select(pair => $"\"{pair.name}\"")
            .ToArray();
        if (near.Length > 0) return $"Did you mean {string.Join(" or ", near)}?";
        string list = string.Join(", ", names.Take(20));
        return names.Length > 20 ? $"Valid are: {list}, ... ({names.Length} in all)." : $"Valid are: {list}.";
    }

    private static string Letters(string name) => new([.. name.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant)]);

    /// <summary>Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.</summary>
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
