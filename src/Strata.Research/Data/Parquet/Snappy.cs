namespace Strata.Research;

/// <summary>Snappy's raw format (google/snappy, format_description.txt): stretches of bytes, and copies of what came before.</summary>
internal static class Snappy
{
    /// <summary>The longest copy, 64 bytes, takes three: so much can the format compress at best.</summary>
    private const int LargestRatio = 22;

    /// <summary>Unpacks.</summary>
    /// <param name="packed">The compressed bytes.</param>
    /// <param name="length">How many there were.</param>
    /// <exception cref="InvalidDataException">The bytes are not so many, or none of this format.</exception>
    public static byte[] Unpack(ReadOnlySpan<byte> packed, int length)
    {
        ByteCursor bytes = new(packed);
        ulong announced = bytes.Varint();
        if (announced != (ulong)length || length > (long)LargestRatio * packed.Length) throw new InvalidDataException($"{packed.Length} bytes of Snappy announce {announced}; {length} were expected");
        byte[] result = new byte[length];
        int at = 0;
        while (bytes.Left > 0)
        {
            byte tag = bytes.Next();
            if ((tag & 3) == 0)
            {
                int count = Literal(ref bytes, tag >> 2);
                if (count > length - at) throw TooLong();
                bytes.Take(count).CopyTo(result.AsSpan(at));
                at += count;
            }
            else
            {
                (int count, int back) = Copy(ref bytes, tag);
                if (back < 1 || back > at) throw new InvalidDataException($"a copy reaches back {back} bytes where {at} have been unpacked");
                if (count > length - at) throw TooLong();

                // Byte by byte, since a copy may reach into what it writes.
                for (int end = at + count; at < end; at++) result[at] = result[at - back];
            }
        }

        return at == length ? result : throw new InvalidDataException($"{at} bytes were unpacked; {length} were announced");
    }

    private static int Literal(ref ByteCursor bytes, int code)
    {
        if (code < 60) return code + 1;
        uint count = 0;
        ReadOnlySpan<byte> length = bytes.Take(code - 59);
        for (int i = length.Length - 1; i >= 0; i--) count = (count << 8) | length[i];
        return count < int.MaxValue ? (int)count + 1 : throw TooLong();
    }

    private static (int Count, int Back) Copy(ref ByteCursor bytes, byte tag) => (tag & 3) switch
    {
        1 => (((tag >> 2) & 7) + 4, ((tag >> 5) << 8) | bytes.Next()),
        2 => ((tag >> 2) + 1, bytes.Next() | (bytes.Next() << 8)),
        _ => ((tag >> 2) + 1, bytes.Int32()),
    };

    private static InvalidDataException TooLong() => new("more bytes are unpacked than were announced");
}
