using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;

namespace Strata.Models;

/// <summary>
/// A table of replacements as SentencePiece compiles it: a double-array trie over UTF-8 (Darts-clone's layout, 32-bit units), whose values are places in a block of
/// replacements that end with a zero byte. A walk takes at most one step for each byte of the text, and every step is checked against the table's bounds.
/// </summary>
internal sealed class CharsMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;
    private readonly ConcurrentDictionary<int, string> _read = [];

    private CharsMap(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <summary>Reads a table: the length of the trie in bytes, the trie, the replacements.</summary>
    /// <exception cref="FormatException">The table is not valid; the message is to be read behind the name of the place.</exception>
    public static CharsMap Parse(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < 8) throw new FormatException($"has {blob.Length} bytes; a table of replacements has at least 8");
        uint trieBytes = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (trieBytes % 4 != 0 || trieBytes == 0 || trieBytes > blob.Length - 4)
            throw new FormatException($"says that its trie has {trieBytes:N0} bytes; expected a multiple of 4 up to {blob.Length - 4:N0}");
        uint[] units = new uint[trieBytes / 4];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + i * 4)..]);
        byte[] replacements = blob[(4 + (int)trieBytes)..].ToArray();
        if (!System.Text.Unicode.Utf8.IsValid(replacements)) throw new FormatException("has replacements that are not UTF-8");
        return new CharsMap(units, replacements);
    }

    /// <summary>The replacement of the longest entry that the bytes begin with.</summary>
    public bool TryLongest(ReadOnlySpan<byte> text, out int length, out string replacement) => TryFind(text, longest: true, out length, out replacement);

    /// <summary>The replacement of the shortest entry that the bytes begin with.</summary>
    public bool TryShortest(ReadOnlySpan<byte> text, out string replacement) => TryFind(text, longest: false, out _, out replacement);

    private bool TryFind(ReadOnlySpan<byte> text, bool longest, out int length, out string replacement)
    {
        length = 0;
        int value = -1;
        uint at = Offset(_units[0]);
        for (int i = 0; i < text.Length && text[i] != 0; i++)
        {
            at ^= text[i];
            if (at >= _units.Length) break;
            uint unit = _units[at];
            if ((unit & (1U << 31 | 0xFF)) != text[i]) break;
            at ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (at >= _units.Length) break;
            value = (int)(_units[at] & 0x7FFFFFFF);
            length = i + 1;
            if (!longest) break;
        }

        replacement = value < 0 ? "" : _read.GetOrAdd(value, Read);
        return value >= 0;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1U << 9) >> 6);

    private string Read(int start)
    {
        if (start >= _replacements.Length || (start > 0 && (_replacements[start] & 0xC0) == 0x80))
            throw new StrataException($"The tokenizer's table of replacements points to byte {start} of {_replacements.Length}, where no replacement begins. The file is damaged; download it again.");
        int length = _replacements.AsSpan(start).IndexOf((byte)0);
        return Encoding.UTF8.GetString(_replacements.AsSpan(start, length < 0 ? _replacements.Length - start : length));
    }
}
