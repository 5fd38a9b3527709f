using System.Text;
using System.Text.RegularExpressions;

namespace Strata.Cli.Reporting;

/// <summary>Pictures inside the page. As the source of an <c>img</c> element even an SVG runs no script.</summary>
internal static partial class DataUri
{
    private static readonly Dictionary<string, string> MimeOfExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".svg"] = "image/svg+xml",
    };

    /// <summary>Largest picture file taken into a report, in bytes.</summary>
    private const int LargestFile = 10 << 20;

    /// <summary>Whether a MIME type is a picture that a report can hold.</summary>
    public static bool IsPicture(string mime) => MimeOfExtension.ContainsValue(mime);

    /// <summary>A picture from base64, or SVG text; null when the content is neither.</summary>
    public static string? Of(string mime, string content)
    {
        if (!IsPicture(mime)) return null;
        if (mime == "image/svg+xml" && content.Contains('<')) return $"data:{mime};base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(content))}";
        string packed = Whitespace().Replace(content, "");
        return Convert.TryFromBase64String(packed, new byte[packed.Length], out int length) && length > 0 ? $"data:{mime};base64,{packed}" : null;
    }

    /// <summary>A picture file inside <paramref name="folder"/>; null when there is none, or when the path leads out of it.</summary>
    public static string? OfFile(string folder, string relative)
    {
        if (!MimeOfExtension.TryGetValue(Path.GetExtension(relative), out string? mime)) return null;
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        try
        {
            FileInfo file = new(Path.GetFullPath(Path.Combine(root, Uri.UnescapeDataString(relative))));
            if (!file.FullName.StartsWith(root, StringComparison.Ordinal) || !file.Exists || file.LinkTarget is not null || file.Length > LargestFile) return null;
            return $"data:{mime};base64,{Convert.ToBase64String(File.ReadAllBytes(file.FullName))}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
