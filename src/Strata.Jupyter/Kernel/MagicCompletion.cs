using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>Completes the line of a magic command: its word, its options, variables, files and folders.</summary>
internal static class MagicCompletion
{
    private const int MaxPaths = 200;

    /// <summary>The candidates at the cursor.</summary>
    public static Candidates Find(DraftCell cell, IEnumerable<string> variables)
    {
        string before = cell.Text[cell.LineStart..cell.Cursor];
        int start = before.LastIndexOfAny([' ', '\t', '"']) + 1;
        string typed = before[start..];
        IEnumerable<(string, string)> found =
            start == 0 ? MagicCommands.Names.Select(command => (command.Name, "magic"))
            : typed.StartsWith('-') ? MagicCommands.OptionsOf(before.Split(' ', '\t')[0]).Select(option => (option.Name, "option"))
            : variables.Select(name => (name, "instance")).Concat(Paths(typed));
        return new Candidates(cell.LineStart + start, found.Where(match => match.Item1.StartsWith(typed, StringComparison.Ordinal)).ToArray());
    }

    private static IEnumerable<(string, string)> Paths(string typed)
    {
        string folder = typed[..(typed.LastIndexOf('/') + 1)];
        try
        {
            return new DirectoryInfo(folder.Length == 0 ? "." : folder).EnumerateFileSystemInfos()
                .Where(entry => !entry.Name.StartsWith('.'))
                .Take(MaxPaths)
                .Select(entry => ($"{folder}{entry.Name}{(entry is DirectoryInfo ? "/" : "")}", "path"))
                .OrderBy(path => path.Item1, StringComparer.Ordinal)
                .ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }
}
