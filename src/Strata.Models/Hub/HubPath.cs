using System.Text;

namespace Strata.Models;

/// <summary>Which names of files, revisions and commits may become paths inside the cache. Whatever the hub says, a name that could lead elsewhere on any system is refused.</summary>
internal static class HubPath
{
    private const int MaxPathLength = 1024;
    private const int MaxPartBytes = 240;

    private static readonly HashSet<string> DeviceNames = new(
        [
            "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
            .. Enumerable.Range(0, 10).SelectMany(n => new[] { $"COM{n}", $"LPT{n}" }), "COM¹", "COM²", "COM³", "LPT¹", "LPT²", "LPT³",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a text cannot be the path of a file inside a repository; null when it can.</summary>
    public static string? Refusal(string path)
    {
        if (path.Length is 0 or > MaxPathLength) return $"it has {path.Length:N0} characters, and 1 to {MaxPathLength} are allowed";
        if (path.Any(c => char.IsControl(c) || c is '\\' or ':' or '<' or '>' or '"' or '|' or '?' or '*')) return "it holds a character that not every file system allows in a name";
        if (path.Any(char.IsSurrogate) && !IsUnicode(path)) return "it is not valid Unicode";
        return path.Split('/').Select(RefusalOfPart).FirstOrDefault(reason => reason is not null);
    }

    /// <summary>Why a text cannot be a branch, tag, commit or reference; null when it can.</summary>
    public static string? RefusalOfRevision(string revision) =>
        Refusal(revision)
        ?? (revision.Any(c => c is ' ' or '~' or '^' or '[' or '@') || revision.StartsWith('-') || revision.Contains("..", StringComparison.Ordinal) || revision.EndsWith(".lock", StringComparison.Ordinal)
            ? "git does not allow such a name" : null);

    /// <summary>Is a text a full commit: 40 lower-case hexadecimal digits?</summary>
    public static bool IsCommit(string text) => IsHex(text, 40);

    /// <summary>Is a text this many lower-case hexadecimal digits?</summary>
    public static bool IsHex(string text, int digits) => text.Length == digits && text.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');

    private static string? RefusalOfPart(string part)
    {
        if (part.Length == 0) return "it begins or ends with \"/\", or has two of them in a row";
        if (part is "." or "..") return $"it holds \"{part}\", which leads to another folder";
        if (part[^1] is '.' or ' ' || part[0] == ' ') return "a name in it begins or ends with a blank, or ends with a dot";
        if (Encoding.UTF8.GetByteCount(part) > MaxPartBytes) return $"a name in it is longer than {MaxPartBytes} bytes";
        return DeviceNames.Contains(part.Split('.')[0].TrimEnd()) ? "a name in it is that of a device on Windows" : null;
    }

    private static bool IsUnicode(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }
}
