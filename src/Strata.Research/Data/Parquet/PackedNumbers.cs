namespace Strata.Research;

/// <summary>Parquet's encodings of whole numbers (apache/parquet-format, Encodings.md).</summary>
internal static class PackedNumbers
{
    /// <summary>Runs of one number and stretches of bits, mixed ("RLE/bit-packing hybrid").</summary>
    /// <param name="bytes">The encoded numbers.</param>
    /// <param name="width">Bits of a number.</param>
    /// <param name="numbers">Receives as many as are wanted.</param>
    /// <exception cref="InvalidDataException">There are fewer, or a number has more bits than an index can have.</exception>
    public static void ReadRuns(ref ByteCursor bytes, int width, Span<int> numbers)
    {
        if (width is < 0 or > 31) throw new InvalidDataException($"indices of {width} bits");
        int at = 0;
        while (at < numbers.Length)
        {
            ulong header = bytes.Varint();
            if ((header & 1) == 0)
            {
                int value = 0, shift = 0;
                foreach (byte part in bytes.Take((width + 7) / 8)) value |= part << (8 * shift++);
                int count = (int)Math.Min(header >> 1, (ulong)(numbers.Length - at));
                if (count == 0) throw new InvalidDataException("a run of no numbers");
                numbers.Slice(at, count).Fill(value);
                at += count;
            }
            else
            {
                // Groups of eight; the last may hold more than are wanted.
                ulong groups = header >> 1;
                if (groups is 0 or > int.MaxValue / 8 || groups * (ulong)width > (ulong)bytes.Left) throw new InvalidDataException($"{groups} groups of eight numbers where {bytes.Left} bytes are left");
                ReadOnlySpan<byte> packed = bytes.Take((int)groups * width);
                int count = (int)Math.Min(8 * groups, (ulong)(numbers.Length - at));
                for (int i = 0; i < count; i++) numbers[at++] = (int)Bits(packed, (long)i * width, width);
            }
        }
    }

    /// <summary>Differences of one number to the next, bit-packed in small blocks ("delta binary packed").</summary>
    /// <param name="bytes">The encoded numbers.</param>
    /// <param name="most">More numbers than these are not believed.</param>
    /// <exception cref="InvalidDataException">The bytes are no such numbers.</exception>
    public static long[] ReadDeltas(ref ByteCursor bytes, int most)
    {
        ulong block = bytes.Varint(), miniatures = bytes.Varint(), total = bytes.Varint();
        long value = bytes.ZigZag();
        if (total > (ulong)most || block == 0 || block % 128 != 0 || block > 1 << 20 || miniatures == 0 || block % miniatures != 0 || block / miniatures % 32 != 0)
            throw new InvalidDataException($"blocks of {block} differences in {miniatures} parts, {total} numbers where at most {most} can be");
        long[] numbers = new long[total];
        int at = 0, part = (int)(block / miniatures);
        if (total > 0) numbers[at++] = value;
        while (at < numbers.Length)
        {
            long least = bytes.ZigZag();
            ReadOnlySpan<byte> widths = bytes.Take((int)miniatures);
            for (int m = 0; m < widths.Length && at < numbers.Length; m++)
            {
                if (widths[m] > 64) throw new InvalidDataException($"differences of {widths[m]} bits");
                ReadOnlySpan<byte> packed = bytes.Take(part / 8 * widths[m]);
                for (int i = 0; i < part && at < numbers.Length; i++)
                {
                    value = unchecked(value + least + (long)Bits(packed, (long)i * widths[m], widths[m]));
                    numbers[at++] = value;
                }
            }
        }

        return numbers;
    }

    /// <summary>A number of some bits, the lowest first.</summary>
    private static ulong Bits(ReadOnlySpan<byte> packed, long start, int width)
    {
        ulong value = 0;
        int have = 0, index = (int)(start >> 3), offset = (int)(start & 7);
        while (have < width)
        {
            value |= (ulong)(packed[index++] >> offset) << have;
            have += 8 - offset;
            offset = 0;
        }

        return width == 64 ? value : value & ((1UL << width) - 1);
    }
}
