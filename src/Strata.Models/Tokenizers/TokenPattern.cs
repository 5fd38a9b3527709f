using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Strata.Models;

/// <summary>
/// A regular expression that cuts text. It sees code points: a character beyond U+FFFF, which .NET stores as two, is shown to the expression as one stand-in of the
/// same general category, so that classes such as <c>\p{L}</c> and counts such as <c>{1,3}</c> mean what they mean elsewhere. Its time is bounded.
/// </summary>
internal sealed partial class TokenPattern
{
    private const int MatchMilliseconds = 900;

    private readonly Lazy<Regex> _regex;
    private readonly string _shown;

    private TokenPattern(Lazy<Regex> regex, string shown)
    {
        _regex = regex;
        _shown = shown;
    }

    /// <summary>The expression of GPT-2's tokenizer, which the byte-level pre-tokenizer uses.</summary>
    public static TokenPattern Gpt2 { get; } = new(new Lazy<Regex>(Gpt2Expression()), "GPT-2's");

    /// <summary>Runs of word characters, and runs of others that are not white space.</summary>
    public static TokenPattern Words { get; } = new(new Lazy<Regex>(WordsExpression()), "the words'");

    /// <summary>An expression of a file.</summary>
    /// <exception cref="FormatException">It is not valid or not supported; the message is to be read behind the name of the place.</exception>
    public static TokenPattern Parse(string pattern)
    {
        string translated = OnigurumaPattern.Translate(pattern);
        const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline;
        try
        {
            // Checks the syntax. Compiling takes much longer and waits for the first text.
            _ = new Regex(translated, Options);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"is not a valid regular expression: {Excerpt.Message(e)}", e);
        }

        Lazy<Regex> compiled = new(() => new Regex(translated, Options | RegexOptions.Compiled, TimeSpan.FromMilliseconds(MatchMilliseconds)));
        return new TokenPattern(compiled, Excerpt.Quote(pattern));
    }

    /// <summary>Where the expression matches, from left to right without overlap.</summary>
    /// <param name="text">The text.</param>
    /// <param name="budget">Time for this text and others; a single match has a limit of its own.</param>
    /// <exception cref="StrataException">Matching takes too long.</exception>
    public List<(int Start, int End)> Matches(ReadOnlySpan<char> text, TimeBudget budget)
    {
        List<(int Start, int End)> matches = [];
        int[]? positions = null;
        ReadOnlySpan<char> shown = text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : StandIns(text, out positions);
        try
        {
            foreach (ValueMatch match in _regex.Value.EnumerateMatches(shown))
            {
                (int start, int end) = (match.Index, match.Index + match.Length);
                matches.Add(positions is null ? (start, end) : (positions[start], positions[end]));
                if (budget.IsSpent) throw new RegexMatchTimeoutException();
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new StrataException($"The tokenizer's regular expression {_shown} took too long on a text of {text.Length:N0} characters. Cut the text into smaller ones.", e);
        }

        return matches;
    }

    /// <summary>The text with one character per code point, and for each of them (and the end) its position in the text.</summary>
    private static char[] StandIns(ReadOnlySpan<char> text, out int[] positions)
    {
        char[] shown = new char[text.Length];
        int[] at = new int[text.Length + 1];
        int count = 0;
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int consumed);
            at[count] = i;
            shown[count++] = rune.IsBmp ? (char)rune.Value : StandIn(CharUnicodeInfo.GetUnicodeCategory(rune.Value));
            i += consumed;
        }

        at[count] = text.Length;
        positions = at;
        return shown[..count];
    }

    /// <summary>A rare character of a category; none lies in a range that an expression is likely to name.</summary>
    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\uA640',
        UnicodeCategory.LowercaseLetter => '\uA641',
        UnicodeCategory.OtherLetter => '\uA66E',
        UnicodeCategory.ModifierLetter => '\uA67F',
        UnicodeCategory.NonSpacingMark => '\uA674',
        UnicodeCategory.SpacingCombiningMark => '\uA823',
        UnicodeCategory.DecimalDigitNumber => '\uA8D0',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.DashPunctuation => '\u2E3A',
        UnicodeCategory.OtherPunctuation => '\uA6F3',
        UnicodeCategory.MathSymbol => '\u2A00',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.Format => '\u2061',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.OtherNotAssigned => '\uFFFF',
        _ => '\uA828',
    };

    [GeneratedRegex(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex Gpt2Expression();

    [GeneratedRegex(@"[\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200c\u200d\u24b6-\u24e9]+|[^\s\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200c\u200d\u24b6-\u24e9]+", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex WordsExpression();
}
