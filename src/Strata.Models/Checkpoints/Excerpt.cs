using System.Text;

namespace Strata.Models;

/// <summary>Quotes text from a file in a message: short, on one line, without control characters.</summary>
internal static class Excerpt
{
    private const int MaxLength = 80;

    /// <summary>The text in quotation marks, cut to 80 characters.</summary>
    public static string Quote(ReadOnlySpan<char> text)
    {
        StringBuilder quoted = new("\"");
        foreach (char c in text[..Math.Min(text.Length, MaxLength)])
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029') quoted.Append($"\\u{(int)c:x4}");
            else quoted.Append(c);
        }

        return quoted.Append(text.Length > MaxLength ? "...\"" : "\"").ToString();
    }
}
