using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>Finds the matches in a text, from left to right without overlap.</summary>
internal delegate List<(int Start, int End)> MatchFinder(ReadOnlySpan<char> text, TimeBudget budget);

/// <summary>What tokenizer.json may look for in a text: an expression, a string, or characters of a kind.</summary>
internal static class TextPattern
{
    /// <summary>Reads the <c>pattern</c> of a step: <c>{"String": ...}</c> or <c>{"Regex": ...}</c>.</summary>
    /// <exception cref="InvalidFileException">It is neither, or the expression is not supported.</exception>
    public static MatchFinder Read(ConfigReader config)
    {
        ConfigReader pattern = config.Object("pattern");
        if (pattern.OptionalString("String") is { } text) return Literal(text);
        if (pattern.OptionalString("Regex") is not { } regex) throw config.Refuse("pattern", "has neither \"Regex\" nor \"String\".");
        try
        {
            return TokenPattern.Parse(regex).Matches;
        }
        catch (FormatException e)
        {
            throw pattern.Refuse("Regex", $"{e.Message}. Given: {Excerpt.Quote(regex)}.");
        }
    }

    /// <summary>A single code point.</summary>
    /// <exception cref="InvalidFileException">Absent, or not one code point.</exception>
    public static string RequiredCharacter(ConfigReader config, string name)
    {
        string text = config.RequiredString(name);
        return Rune.DecodeFromUtf16(text, out _, out int length) == System.Buffers.OperationStatus.Done && length == text.Length
            ? text
            : throw config.Refuse(name, $"is {Excerpt.Quote(text)}; expected one character.");
    }

    /// <summary>The occurrences of a string.</summary>
    public static MatchFinder Literal(string wanted) => (text, _) =>
    {
        List<(int Start, int End)> found = [];
        if (wanted.Length == 0) return found;
        for (int at = 0, next; (next = text[at..].IndexOf(wanted, StringComparison.Ordinal)) >= 0; at += next + wanted.Length) found.Add((at + next, at + next + wanted.Length));
        return found;
    };

    /// <summary>Each character of a kind.</summary>
    public static MatchFinder Characters(Func<Rune, bool> kind) => (text, _) =>
    {
        List<(int Start, int End)> found = [];
        for (int at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out Rune rune, out int length);
            if (kind(rune)) found.Add((at, at + length));
            at += length;
        }

        return found;
    };

    /// <summary>Punctuation as BERT counts it: Unicode's, and all of ASCII that is neither a letter, a digit nor a space.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is >= 33 and <= 47 or >= 58 and <= 64 or >= 91 and <= 96 or >= 123 and <= 126
        : Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;
}
