using System.Text;

namespace Strata.Models;

/// <summary>
/// A text as SentencePiece prepares it: at each place the longest entry of the table of replacements, extra spaces out, a space before the whole, spaces as U+2581. Each
/// character's range ends where the next one's begins, so that spaces which were left out belong to the character before them.
/// </summary>
internal sealed class SentencePieceNormalizer : Normalizer
{
    private const char Space = '\u2581';

    private readonly SentencePieceFile _file;
    private readonly CharTrie _userDefined;
    private readonly bool _prefixEverywhere;

    /// <summary>The preparation that a model asks for.</summary>
    /// <param name="file">The model.</param>
    /// <param name="prefixEverywhere">Whether the space before the text is set before what follows a special token too.</param>
    public SentencePieceNormalizer(SentencePieceFile file, bool prefixEverywhere)
    {
        _file = file;
        _prefixEverywhere = prefixEverywhere;
        _userDefined = new CharTrie([.. file.Pieces.Where(piece => piece.Kind == PieceKind.UserDefined).Select((piece, i) => (piece.Text, i))]);
    }

    public override AlignedText Apply(AlignedText text)
    {
        Source source = new(text);
        while (_file.RemoveExtraSpaces && !source.AtEnd && Prefix(source, out int spaces) is " ") source.Advance(spaces);
        AlignedText.Builder result = new(text.Text.Length + 1);
        if (source.AtEnd) return result.Build();
        bool prefix = _file.AddDummyPrefix && (_prefixEverywhere || text.StartOf(0) == 0);
        if (prefix && !_file.SpaceIsSuffix) AppendSpace(result, source.Position);
        int end = AppendAll(source, result);
        if (prefix && _file.SpaceIsSuffix) AppendSpace(result, end);
        result.CloseGaps(end);
        return result.Build();
    }

    /// <summary>Adds the rest of the source; the position where it ends comes back, before spaces that were cut off.</summary>
    private int AppendAll(Source source, AlignedText.Builder result)
    {
        bool afterSpace = _file.RemoveExtraSpaces;
        while (!source.AtEnd)
        {
            int start = source.Position;
            ReadOnlySpan<char> replacement = Prefix(source, out int length);
            if (afterSpace) replacement = replacement.TrimStart(' ');
            foreach (char c in replacement)
            {
                if (c == ' ') AppendSpace(result, start);
                else result.Append(c, start, start);
            }

            if (!replacement.IsEmpty) afterSpace = replacement[^1] == ' ';
            afterSpace &= _file.RemoveExtraSpaces;
            source.Advance(length);
        }

        int end = source.Position;
        char space = _file.EscapeSpaces ? Space : ' ';
        while (_file.RemoveExtraSpaces && result.Length > 0 && result[result.Length - 1] == space)
        {
            end = result.StartOf(result.Length - 1);
            result.Truncate(result.Length - 1);
        }

        return end;
    }

    private void AppendSpace(AlignedText.Builder result, int at) => result.Append(_file.EscapeSpaces ? Space : ' ', at, at);

    /// <summary>What the beginning of the rest becomes, and how many bytes of the source it takes.</summary>
    private string Prefix(Source source, out int bytes)
    {
        if (_userDefined.Longest(source.Rest, out int length) >= 0)
        {
            bytes = source.BytesOf(length);
            return source.Rest[..length].ToString();
        }

        if (_file.CharsMap is { } map && map.TryLongest(source.RestBytes, out bytes, out string replacement)) return replacement;
        Rune.DecodeFromUtf16(source.Rest, out Rune rune, out int units);
        bytes = source.BytesOf(units);
        return rune.ToString();
    }

    /// <summary>A text read as UTF-16 and as UTF-8 at once.</summary>
    private sealed class Source
    {
        private readonly AlignedText _text;
        private readonly byte[] _utf8;
        private int _at;
        private int _byte;

        public Source(AlignedText text)
        {
            _text = text;
            // Half a surrogate pair becomes U+FFFD, which has three bytes.
            _utf8 = Encoding.UTF8.GetBytes(text.Text);
        }

        public bool AtEnd => _at == _text.Text.Length;

        public ReadOnlySpan<char> Rest => _text.Text.AsSpan(_at);

        public ReadOnlySpan<byte> RestBytes => _utf8.AsSpan(_byte);

        /// <summary>The place in the original.</summary>
        public int Position => AtEnd ? _text.End : _text.StartOf(_at);

        public int BytesOf(int units) => Encoding.UTF8.GetByteCount(Rest[..units]);

        public void Advance(int bytes)
        {
            _byte += bytes;
            for (int passed = 0; passed < bytes;)
            {
                Rune.DecodeFromUtf16(Rest, out Rune rune, out int units);
                passed += rune.Utf8SequenceLength;
                _at += units;
            }
        }
    }
}
