using System.Text.RegularExpressions;

namespace Strata.Models;

/// <summary>Chooses the files of a data set by the hub's convention: the split stands in the name of the file or of a folder above it, and files without one are <c>train</c>.</summary>
internal static partial class HubDataFiles
{
    private static readonly string[] Readable = [".jsonl", ".ndjson", ".parquet", ".csv", ".tsv", ".txt"];

    /// <summary>Names that hold no rows though their extension could.</summary>
    private static readonly string[] NotRows = ["README.txt", "LICENSE.txt", "NOTICE.txt", "requirements.txt"];

    private static readonly (string Split, string[] Words)[] Splits =
        [("train", ["train", "training"]), ("validation", ["validation", "valid", "val", "dev"]), ("test", ["test", "testing", "eval", "evaluation"])];

    /// <summary>The paths of the files with the rows of a split, in the order of their names.</summary>
    /// <param name="asked">The reference; its file alone, where it names one.</param>
    /// <param name="paths">What there is.</param>
    /// <param name="split">The split; null for all.</param>
    /// <exception cref="HubException">There are no such files.</exception>
    public static IReadOnlyList<string> Of(HubReference asked, IReadOnlyCollection<string> paths, string? split)
    {
        if (asked.File is not null) return [HubSelection.Named(asked, paths)];
        string[] rows = [.. paths.Where(IsReadable).Order(StringComparer.Ordinal)];
        if (rows.Length == 0) throw new HubException($"{asked} has no files that are read: {string.Join(", ", Readable)}.");
        string[] chosen = split is null ? rows : [.. rows.Where(path => SplitOf(path) == split || path.Split('/', '.').Contains(split))];
        if (chosen.Length == 0) throw new HubException($"{asked} has no split {Excerpt.Quote(split)}. {NearestNames.Suggest(split!, rows.Select(SplitOf))}");

        // Parquet beside another format is a copy of it.
        string[] others = [.. chosen.Where(path => !path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase))];
        return others.Length > 0 ? others : chosen;
    }

    /// <summary>The split that a path belongs to.</summary>
    public static string SplitOf(string path)
    {
        string[] words = WordEnd().Split(path.ToLowerInvariant());
        return Splits.FirstOrDefault(split => split.Words.Any(words.Contains)).Split ?? "train";
    }

    private static bool IsReadable(string path) => Readable.Contains(Path.GetExtension(path).ToLowerInvariant()) && !NotRows.Contains(Path.GetFileName(path), StringComparer.OrdinalIgnoreCase) && !path.StartsWith('.');

    [GeneratedRegex(@"[-._ /0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex WordEnd();
}
