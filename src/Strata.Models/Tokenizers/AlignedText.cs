namespace Strata.Models;

/// <summary>A text that was made from another one, and for each of its characters the range of the original that it stands for (UTF-16 positions).</summary>
internal sealed class AlignedText
{
    private readonly int _offset;
    private readonly int[]? _starts;
    private readonly int[]? _ends;

    private AlignedText(string text, int offset, int[]? starts, int[]? ends)
    {
        Text = text;
        _offset = offset;
        _starts = starts;
        _ends = ends;
    }

    /// <summary>The characters.</summary>
    public string Text { get; }

    /// <summary>An original text: every character stands for itself.</summary>
    public static AlignedText Of(string text) => new(text, 0, null, null);

    /// <summary>Where the range of a character begins in the original.</summary>
    public int StartOf(int at) => _starts is null ? at + _offset : _starts[at];

    /// <summary>Where the range of a character ends in the original.</summary>
    public int EndOf(int at) => _ends is null ? at + _offset + 1 : _ends[at];

    /// <summary>Where the original ends, as far as the characters tell.</summary>
    public int End => Text.Length == 0 ? _offset : EndOf(Text.Length - 1);

    /// <summary>A part as a text of its own, still aligned with the original.</summary>
    public AlignedText Slice(int start, int length) => start == 0 && length == Text.Length
        ? this
        : new AlignedText(Text.Substring(start, length), _offset + start, _starts?.AsSpan(start, length).ToArray(), _ends?.AsSpan(start, length).ToArray());

    /// <summary>Collects characters with their ranges.</summary>
    public sealed class Builder(int capacity)
    {
        /// <summary>Steps of a file may make a text longer, each many times over; this is where they stop.</summary>
        private const int MaxLength = 1 << 24;

        private char[] _text = new char[Math.Max(capacity, 16)];
        private int[] _starts = new int[Math.Max(capacity, 16)];
        private int[] _ends = new int[Math.Max(capacity, 16)];

        /// <summary>Refuses a length that a step makes of a shorter text.</summary>
        /// <exception cref="StrataException">It is more than a step may make.</exception>
        public static void CheckGrown(long length)
        {
            if (length > MaxLength) throw new StrataException($"The tokenizer's steps make more than {MaxLength:N0} characters of a text. Cut the text into smaller ones; if it is short, the tokenizer's file is damaged.");
        }

        /// <summary>Characters so far.</summary>
        public int Length { get; private set; }

        /// <summary>Adds one UTF-16 character.</summary>
        public void Append(char character, int start, int end)
        {
            Reserve(1);
            _text[Length] = character;
            _starts[Length] = start;
            _ends[Length++] = end;
        }

        /// <summary>Adds a code point; both halves of a surrogate pair stand for the whole range.</summary>
        public void Append(int codePoint, int start, int end)
        {
            if (codePoint > char.MaxValue)
            {
                Append((char)(0xD800 + ((codePoint - 0x10000) >> 10)), start, end);
                Append((char)(0xDC00 + (codePoint & 0x3FF)), start, end);
            }
            else
            {
                Append((char)codePoint, start, end);
            }
        }

        /// <summary>Adds characters that all stand for one range.</summary>
        public void Append(ReadOnlySpan<char> characters, int start, int end)
        {
            Reserve(characters.Length);
            characters.CopyTo(_text.AsSpan(Length));
            _starts.AsSpan(Length, characters.Length).Fill(start);
            _ends.AsSpan(Length, characters.Length).Fill(end);
            Length += characters.Length;
        }

        /// <summary>Adds a part of a text with the ranges it has there.</summary>
        public void Append(AlignedText text, int start, int length)
        {
            Reserve(length);
            text.Text.CopyTo(start, _text, Length, length);
            for (int i = start; i < start + length; i++)
            {
                _starts[Length] = text.StartOf(i);
                _ends[Length++] = text.EndOf(i);
            }
        }

        /// <summary>Takes characters off the end.</summary>
        public void Truncate(int length) => Length = length;

        /// <summary>A character that was added.</summary>
        public char this[int at] => _text[at];

        /// <summary>Where the range of a character begins.</summary>
        public int StartOf(int at) => _starts[at];

        /// <summary>Lets the range of every character end where that of the next begins, as SentencePiece counts; the last ends at the given place.</summary>
        public void CloseGaps(int end)
        {
            for (int i = Length - 1; i >= 0; i--) _ends[i] = i == Length - 1 ? end : char.IsLowSurrogate(_text[i + 1]) ? _ends[i + 1] : _starts[i + 1];
        }

        /// <summary>The text.</summary>
        public AlignedText Build() => new(new string(_text, 0, Length), 0, _starts.AsSpan(0, Length).ToArray(), _ends.AsSpan(0, Length).ToArray());

        private void Reserve(int more)
        {
            if (Length + more <= _text.Length) return;
            CheckGrown((long)Length + more);
            int capacity = Math.Max(Length * 2, Length + more);
            Array.Resize(ref _text, capacity);
            Array.Resize(ref _starts, capacity);
            Array.Resize(ref _ends, capacity);
        }
    }
}

/// <summary>A stretch of a text.</summary>
internal readonly record struct Piece(AlignedText Source, int Start, int Length)
{
    /// <summary>The whole of a text.</summary>
    public static Piece All(AlignedText text) => new(text, 0, text.Text.Length);

    /// <summary>The characters.</summary>
    public ReadOnlySpan<char> Characters => Source.Text.AsSpan(Start, Length);

    /// <summary>A part of this piece.</summary>
    public Piece Part(int start, int length) => new(Source, Start + start, length);

    /// <summary>The range of the original that a part of this piece stands for.</summary>
    public (int Start, int End) Range(int start, int length) => (Source.StartOf(Start + start), Source.EndOf(Start + start + length - 1));
}
