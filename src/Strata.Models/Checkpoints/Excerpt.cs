using System.Text;

namespace Strata.Models;

/// <summary>Quotes text from a file in a message: short, on one line, without control characters.</summary>
internal static class Excerpt
{
    private const int MaxQuoted = 80;
    private const int MaxMessage = 200;

    /// <summary>The text in quotation marks, cut to 80 characters.</summary>
    public static string Quote(ReadOnlySpan<char> text) => $"\"{Cut(text, MaxQuoted)}\"";

    /// <summary>A parser's message, which may quote the file, cut to 200 characters.</summary>
    public static string Message(Exception e) => Cut(e.Message, MaxMessage);

    /// <summary>What a name that a file does not have probably meant. Names that are too long or too odd to be typed are left out.</summary>
    public static string Nearest(string given, IEnumerable<string> names) =>
        given.Length > MaxQuoted ? "" : NearestNames.Suggest(given, names.Where(name => name.Length <= MaxQuoted && !name.Any(char.IsControl)));

    /// <summary>The text without quotation marks, cut to 80 characters.</summary>
    public static string Cut(ReadOnlySpan<char> text) => Cut(text, MaxQuoted);

    private static string Cut(ReadOnlySpan<char> text, int most)
    {
        StringBuilder cut = new();
        foreach (char c in text[..Math.Min(text.Length, most)])
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029') cut.Append($"\\u{(int)c:x4}");
            else cut.Append(c);
        }

        return cut.Append(text.Length > most ? "..." : "").ToString();
    }
}
