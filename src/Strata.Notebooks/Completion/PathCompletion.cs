namespace Strata.Notebooks;

/// <summary>Continues the path of a file or folder; folders end in <c>/</c>, so that completion goes on inside.</summary>
public static class PathCompletion
{
    /// <summary>The entries of the folder that a text names whose names continue it. What cannot be read is empty.</summary>
    /// <param name="typed">What stands before the cursor, as in <c>data/oth</c>; relative paths begin at the current folder.</param>
    /// <param name="takes">Which files are offered; folders always are.</param>
    public static CompletionList Of(string typed, Func<string, bool>? takes = null)
    {
        string folder = typed[..(typed.LastIndexOf('/') + 1)];
        try
        {
            return CompletionList.Continuing(typed, 0, new DirectoryInfo(folder.Length == 0 ? "." : folder).EnumerateFileSystemInfos()
                .Where(entry => !entry.Name.StartsWith('.') || typed[folder.Length..].StartsWith('.'))
                .Where(entry => entry is DirectoryInfo || takes is null || takes(entry.Name))
                .Select(entry => new CompletionCandidate($"{folder}{entry.Name}{(entry is DirectoryInfo ? "/" : "")}", "path"))
                .OrderBy(entry => entry.Text, StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return CompletionList.Empty;
        }
    }
}
