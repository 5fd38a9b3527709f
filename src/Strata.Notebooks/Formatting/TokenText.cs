using System.Globalization;
using System.Text;

namespace Strata.Notebooks;

/// <summary>Tokens as labels: what has no glyph is written out, so that no token looks empty and none turns the text around it.</summary>
internal static class TokenText
{
    /// <summary>A token with visible spaces, and with control, format and other invisible characters as <c>\u{...}</c>.</summary>
    public static string Visible(string token)
    {
        StringBuilder text = new(token.Length + 8);
        foreach (Rune rune in token.EnumerateRunes())
        {
            if (rune.Value == ' ') text.Append('␣');
            else if (rune.Value == '\n') text.Append('⏎');
            else if (Hidden(rune)) text.Append("\\u{").Append(rune.Value.ToString("X", CultureInfo.InvariantCulture)).Append('}');
            else text.Append(rune);
        }

        return text.Length == 0 ? "(empty)" : text.ToString();
    }

    private static bool Hidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
