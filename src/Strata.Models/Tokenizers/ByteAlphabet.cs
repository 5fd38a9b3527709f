using System.Text;

namespace Strata.Models;

/// <summary>GPT-2's alphabet: each of the 256 bytes is written as one printable character, so that a vocabulary of bytes is a vocabulary of text.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharacterOf = new char[256];
    private static readonly Dictionary<char, byte> ByteOf = new(256);

    static ByteAlphabet()
    {
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            CharacterOf[b] = (char)(printable ? b : next++);
            ByteOf.Add(CharacterOf[b], (byte)b);
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => CharacterOf[value];

    /// <summary>Adds the bytes of a token; one with a character outside the alphabet stands for its own UTF-8.</summary>
    public static void AddBytes(string token, List<byte> bytes)
    {
        int before = bytes.Count;
        foreach (char c in token)
        {
            if (ByteOf.TryGetValue(c, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            bytes.RemoveRange(before, bytes.Count - before);
            bytes.AddRange(Encoding.UTF8.GetBytes(token));
            return;
        }
    }

    /// <summary>The UTF-8 bytes of a text in this alphabet, aligned with the original, and for each character of the text (and its end) the position of its first byte.</summary>
    public static AlignedText Spell(AlignedText text, out int[] positions)
    {
        AlignedText.Builder result = new(text.Text.Length);
        positions = new int[text.Text.Length + 1];
        Span<byte> utf8 = stackalloc byte[4];
        int at = 0;
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            int units = rune.Utf16SequenceLength;
            positions[at] = result.Length;
            int start = text.StartOf(at);
            int end = text.EndOf(at + units - 1);
            foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)]) result.Append(Character(b), start, end);
            // The second half of a pair begins where the pair ends.
            if (units == 2) positions[at + 1] = result.Length;
            at += units;
        }

        positions[at] = result.Length;
        return result.Build();
    }
}
