using System.Buffers;
using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>A token that is looked for in the text before anything else, such as <c>&lt;|endoftext|&gt;</c>.</summary>
internal sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized)
{
    private const int MaxLength = 256;

    /// <summary>Reads one of the <c>added_tokens</c> of tokenizer.json.</summary>
    public static AddedToken Read(ConfigReader config)
    {
        string content = config.RequiredString("content");
        if (content.Length is 0 or > MaxLength) throw config.Refuse("content", $"has {content.Length} characters; expected 1 to {MaxLength}.");
        bool special = config.OptionalBool("special") ?? false;
        return new AddedToken(config.RequiredInt("id", 0, int.MaxValue), content, special, config.OptionalBool("single_word") ?? false,
            config.OptionalBool("lstrip") ?? false, config.OptionalBool("rstrip") ?? false, config.OptionalBool("normalized") ?? !special);
    }
}

/// <summary>Finds added tokens in a text: from left to right, the longest of those that begin at a place.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<(int Node, char Character), int> _edges = [];
    private readonly List<AddedToken?> _tokenAt = [null];
    private readonly SearchValues<char> _beginnings;

    /// <summary>A matcher of tokens, each with the text to look for.</summary>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        HashSet<char> beginnings = [];
        foreach ((string text, AddedToken token) in tokens)
        {
            if (text.Length == 0) continue;
            beginnings.Add(text[0]);
            int node = 0;
            foreach (char c in text)
            {
                if (!_edges.TryGetValue((node, c), out int next))
                {
                    _edges.Add((node, c), next = _tokenAt.Count);
                    _tokenAt.Add(null);
                }

                node = next;
            }

            _tokenAt[node] ??= token;
        }

        _beginnings = SearchValues.Create([.. beginnings]);
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
            if (LongestAt(text[at..], out int length) is { } token)
            {
                end = at + length;
                return token;
            }
        }

        end = text.Length;
        return null;
    }

    private AddedToken? LongestAt(ReadOnlySpan<char> text, out int length)
    {
        AddedToken? longest = null;
        length = 0;
        int node = 0;
        for (int i = 0; i < text.Length && _edges.TryGetValue((node, text[i]), out node); i++)
        {
            if (_tokenAt[node] is not { } token) continue;
            longest = token;
            length = i + 1;
        }

        return longest;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end)
    {
        bool wordBefore = Rune.DecodeLastFromUtf16(text[..start], out Rune before, out _) == OperationStatus.Done && IsWordCharacter(before);
        bool wordAfter = Rune.DecodeFromUtf16(text[end..], out Rune after, out _) == OperationStatus.Done && IsWordCharacter(after);
        return !wordBefore && !wordAfter;
    }

    private static bool IsWordCharacter(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
        or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
