namespace Strata.Models;

/// <summary>A Huffman table of a JPEG file: codes of up to 16 bits.</summary>
internal sealed class JpegHuffman
{
    private readonly short[] _short = new short[256];   // Of the next 8 bits: length and symbol, or −1 where the code is longer.
    private readonly int[] _limits = new int[18];       // Of each length: first code that is longer, aligned to 16 bits.
    private readonly int[] _offsets = new int[17];
    private readonly byte[] _symbols;

    private JpegHuffman(byte[] symbols) => _symbols = symbols;

    /// <summary>The table of 16 counts and the symbols by growing code; null where the counts need more codes than there are.</summary>
    public static JpegHuffman? Create(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        JpegHuffman table = new(symbols.ToArray());
        Array.Fill(table._short, (short)-1);
        int code = 0, symbol = 0;
        for (int length = 1; length <= 16; length++, code <<= 1)
        {
            table._offsets[length] = symbol - code;
            for (int i = 0; i < counts[length - 1]; i++, code++, symbol++)
            {
                if (code >= 1 << length) return null;
                if (length <= 8) table._short.AsSpan(code << (8 - length), 1 << (8 - length)).Fill((short)(length << 8 | symbols[symbol]));
            }

            table._limits[length] = code << (16 - length);
        }

        table._limits[17] = int.MaxValue;
        return table;
    }

    /// <summary>The symbol at the head of 16 bits and the length of its code; length 0 where there is no such code.</summary>
    public (int Length, int Symbol) Find(int bits)
    {
        int found = _short[bits >> 8];
        if (found >= 0) return (found >> 8, found & 255);
        int length = 9;
        while (length <= 16 && bits >= _limits[length]) length++;
        return length > 16 ? (0, 0) : (length, _symbols[_offsets[length] + (bits >> (16 - length))]);
    }
}
