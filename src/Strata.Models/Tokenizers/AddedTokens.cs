using System.Buffers;
using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>A token that is looked for in the text before anything else, such as <c>&lt;|endoftext|&gt;</c>.</summary>
internal sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized)
{
    private const int MaxLength = 256;

    /// <summary>A special token that is found as it is written.</summary>
    public static AddedToken SpecialToken(int id, string content) => new(id, content, Special: true, SingleWord: false, LeftStrip: false, RightStrip: false, Normalized: false);

    /// <summary>Reads one of the <c>added_tokens</c> of tokenizer.json.</summary>
    public static AddedToken Read(ConfigReader config) => Read(config, config.RequiredInt("id", 0, int.MaxValue));

    /// <summary>Reads an added token whose id stands elsewhere, as in <c>added_tokens_decoder</c> of tokenizer_config.json.</summary>
    public static AddedToken Read(ConfigReader config, int id)
    {
        string content = config.RequiredString("content");
        if (content.Length is 0 or > MaxLength) throw config.Refuse("content", $"has {content.Length} characters; expected 1 to {MaxLength}.");
        bool special = config.OptionalBool("special") ?? false;
        return new AddedToken(id, content, special, config.OptionalBool("single_word") ?? false,
            config.OptionalBool("lstrip") ?? false, config.OptionalBool("rstrip") ?? false, config.OptionalBool("normalized") ?? !special);
    }
}

/// <summary>Finds added tokens in a text: from left to right, the longest of those that begin at a place.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] _tokens;
    private readonly CharTrie _texts;
    private readonly SearchValues<char> _beginnings;

    /// <summary>A matcher of tokens, each with the text to look for.</summary>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        (string Text, AddedToken Token)[] wanted = [.. tokens.Where(token => token.Text.Length > 0)];
        _tokens = Array.ConvertAll(wanted, token => token.Token);
        _texts = new CharTrie([.. wanted.Select((token, i) => (token.Text, i))]);
        _beginnings = SearchValues.Create([.. wanted.Select(token => token.Text[0]).Distinct()]);
    }

    /// <summary>Cuts a piece into added tokens and what lies between them, in order.</summary>
    public IEnumerable<(Piece Piece, AddedToken? Token)> Split(Piece piece)
    {
        int done = 0;
        int at = 0;
        while (Find(piece.Characters, ref at, out int end) is { } token)
        {
            int start = at;
            at = end;
            if (token.SingleWord && !StandsAlone(piece.Characters, start, end)) continue;
            if (token.LeftStrip)
            {
                while (start > done && char.IsWhiteSpace(piece.Characters[start - 1])) start--;
            }

            if (token.RightStrip)
            {
                while (end < piece.Length && char.IsWhiteSpace(piece.Characters[end])) end++;
            }

            if (start > done) yield return (piece.Part(done, start - done), null);
            yield return (piece.Part(start, end - start), token);
            done = at = end;
        }

        if (done < piece.Length) yield return (piece.Part(done, piece.Length - done), null);
    }

    /// <summary>Moves to the next match at or behind a place.</summary>
    private AddedToken? Find(ReadOnlySpan<char> text, ref int at, out int end)
    {
        for (; at < text.Length; at++)
        {
            int skip = text[at..].IndexOfAny(_beginnings);
            if (skip < 0) break;
            at += skip;
            if (_texts.Longest(text[at..], out int length) is >= 0 and int token)
            {
                end = at + length;
                return _tokens[token];
            }
        }

        end = text.Length;
        return null;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end)
    {
        bool wordBefore = Rune.DecodeLastFromUtf16(text[..start], out Rune before, out _) == OperationStatus.Done && IsWordCharacter(before);
        bool wordAfter = Rune.DecodeFromUtf16(text[end..], out Rune after, out _) == OperationStatus.Done && IsWordCharacter(after);
        return !wordBefore && !wordAfter;
    }

    private static bool IsWordCharacter(Rune rune) => rune.Value is 0x200C or 0x200D or >= 0x24B6 and <= 0x24E9 || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
        or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
