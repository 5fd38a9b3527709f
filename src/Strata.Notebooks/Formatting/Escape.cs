using System.Text;

namespace Strata.Notebooks;

/// <summary>Makes text from models and data harmless in each kind of output: it is shown as text, never interpreted.</summary>
public static class Escape
{
    /// <summary>Text for HTML, SVG and XML, in content and in attributes. Characters that XML cannot hold become U+FFFD.</summary>
    public static string Html(string text)
    {
        StringBuilder result = new(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) result.Append(c).Append(text[++i]);
            else result.Append(Entity(c) ?? (Allowed(c) ? c.ToString() : "\uFFFD"));
        }

        return result.ToString();
    }

    /// <summary>Text for Markdown, in paragraphs and in table cells: one line, without meaning to Markdown or HTML.</summary>
    public static string Markdown(string text)
    {
        StringBuilder result = new(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\r' or '\t') result.Append(' ');
            else if (rune.Value is '<' or '>' or '&') result.Append(Entity((char)rune.Value));
            else if (rune.IsAscii && (char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value)) && !",:;'\"/?%=@".Contains((char)rune.Value)) result.Append('\\').Append(rune);
            else if (!Rune.IsControl(rune)) result.Append(rune);
        }

        return result.ToString();
    }

    /// <summary>A text cut to a length, with an ellipsis where something is missing.</summary>
    public static string Clip(string text, int length)
    {
        if (text.Length <= length) return text;
        int end = char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1;
        return text[..end] + "…";
    }

    private static string? Entity(char c) => c switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => null,
    };

    private static bool Allowed(char c) => c is '\t' or '\n' or '\r' || (c >= ' ' && !char.IsSurrogate(c) && c < '\uFFFE');
}
