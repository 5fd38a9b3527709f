using System.Text;

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

    /// <summary>A part as a text of its own, still aligned with the original.</summary>
    public AlignedText Slice(int start, int length) => start == 0 && length == Text.Length
        ? this
        : new AlignedText(Text.Substring(start, length), _offset + start, _starts?.AsSpan(start, length).ToArray(), _ends?.AsSpan(start, length).ToArray());

    /// <summary>Collects characters with their ranges.</summary>
    public sealed class Builder(int capacity)
    {
        private readonly StringBuilder _text = new(capacity);
        private readonly List<int> _starts = new(capacity);
        private readonly List<int> _ends = new(capacity);

        /// <summary>Characters so far.</summary>
        public int Length => _starts.Count;

        /// <summary>Adds one UTF-16 character.</summary>
        public void Append(char character, int start, int end)
        {
            _text.Append(character);
            _starts.Add(start);
            _ends.Add(end);
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

        /// <summary>The text.</summary>
        public AlignedText Build() => new(_text.ToString(), 0, [.. _starts], [.. _ends]);
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
