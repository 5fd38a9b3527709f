using System.Buffers.Binary;

namespace Strata.Models;

/// <summary>
/// The number formats of GGUF. Quantised ones hold blocks of 32 or 256 numbers with their scales; <see cref="Dequantise"/> gives the float32 numbers that ggml defines
/// for them.
/// </summary>
/// <remarks>Source of the layouts: ggml's ggml-common.h; of the formulas: its reference quantisation, ggml-quants.c.</remarks>
/// <param name="Name">Name in ggml.</param>
/// <param name="Block">Numbers of a block.</param>
/// <param name="Bytes">Bytes of a block.</param>
/// <param name="Plain">The same format as safetensors names it; null for a quantised one.</param>
internal sealed record GgmlFormat(string Name, int Block, int Bytes, string? Plain = null)
{
    private const int Super = 256;

    private static readonly Dictionary<uint, GgmlFormat> ByNumber = new()
    {
        [0] = new("F32", 1, 4, "F32"),
        [1] = new("F16", 1, 2, "F16"),
        [2] = new("Q4_0", 32, 18),
        [3] = new("Q4_1", 32, 20),
        [6] = new("Q5_0", 32, 22),
        [7] = new("Q5_1", 32, 24),
        [8] = new("Q8_0", 32, 34),
        [10] = new("Q2_K", Super, 84),
        [11] = new("Q3_K", Super, 110),
        [12] = new("Q4_K", Super, 144),
        [13] = new("Q5_K", Super, 176),
        [14] = new("Q6_K", Super, 210),
        [24] = new("I8", 1, 1, "I8"),
        [25] = new("I16", 1, 2, "I16"),
        [26] = new("I32", 1, 4, "I32"),
        [27] = new("I64", 1, 8, "I64"),
        [28] = new("F64", 1, 8, "F64"),
        [30] = new("BF16", 1, 2, "BF16"),
    };

    /// <summary>Names of the formats that are read, for messages.</summary>
    public static string Known => string.Join(", ", ByNumber.Values.Select(format => format.Name));

    /// <summary>The format of a number in a file; null for one that is not read.</summary>
    public static GgmlFormat? Of(uint number) => ByNumber.GetValueOrDefault(number);

    /// <summary>Float32 of whole blocks.</summary>
    public void Dequantise(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block < values.Length / Block; block++)
        {
            ReadOnlySpan<byte> from = blocks.Slice(block * Bytes, Bytes);
            Span<float> to = values.Slice(block * Block, Block);
            switch (Name)
            {
                case "Q4_0": Four([], Half(from), -8 * Half(from), from[2..], to); break;
                case "Q4_1": Four([], Half(from), Half(from[2..]), from[4..], to); break;
                case "Q5_0": Four(from.Slice(2, 4), Half(from), -16 * Half(from), from[6..], to); break;
                case "Q5_1": Four(from.Slice(4, 4), Half(from), Half(from[2..]), from[8..], to); break;
                case "Q8_0": Eight(Half(from), from[2..], to); break;
                case "Q2_K": TwoK(from, to); break;
                case "Q3_K": ThreeK(from, to); break;
                case "Q4_K": FourK(from, [], from[16..], to); break;
                case "Q5_K": FourK(from, from.Slice(16, 32), from[48..], to); break;
                default: SixK(from, to); break;
            }
        }
    }

    private static float Half(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    private static void Eight(float scale, ReadOnlySpan<byte> numbers, Span<float> values)
    {
        for (int i = 0; i < 32; i++) values[i] = (sbyte)numbers[i] * scale;
    }

    /// <summary>
    /// scale · q + shift with q of 4 bits: byte i holds those of numbers i and 16 + i. With a fifth bit, bit i of <paramref name="fifth"/> is that of number i.
    /// </summary>
    private static void Four(ReadOnlySpan<byte> fifth, float scale, float shift, ReadOnlySpan<byte> numbers, Span<float> values)
    {
        uint high = fifth.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(fifth);
        for (int i = 0; i < 16; i++)
        {
            values[i] = Value((numbers[i] & 15) | (int)((high >> i) & 1) << 4);
            values[i + 16] = Value((numbers[i] >> 4) | (int)((high >> (i + 16)) & 1) << 4);
        }

        // Where the shift is a multiple of the scale, product and sum are exact, so that it does not matter which comes first.
        float Value(int q) => scale * q + shift;
    }

    /// <summary>Sixteen groups of 16 numbers d · scale · q − m · minimum with q of 2 bits; scale and minimum have 4 bits each.</summary>
    private static void TwoK(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block[80..]), m = Half(block[82..]);
        for (int i = 0; i < Super; i++)
        {
            byte scales = block[i / 16];
            values[i] = (d * (scales & 15) * TwoBits(block.Slice(16, 64), i)) - (m * (scales >> 4));
        }
    }

    /// <summary>
    /// Sixteen groups of 16 numbers d · (scale − 32) · q with q from −4 to 3: two bits as in Q2_K, and a third that is 1 where nothing is taken off. Scales have 6 bits, the lower four
    /// in nibbles of 8 bytes, the upper two in the 4 bytes behind.
    /// </summary>
    private static void ThreeK(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block[108..]);
        ReadOnlySpan<byte> packed = block.Slice(96, 12);
        for (int i = 0; i < Super; i++)
        {
            int group = i / 16;
            int low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4, high = (packed[8 + (group % 4)] >> (2 * (group / 4))) & 3;
            int q = TwoBits(block.Slice(32, 64), i) - ((block[i % 32] >> (i / 32) & 1) == 0 ? 4 : 0);
            values[i] = d * ((low | high << 4) - 32) * q;
        }
    }

    /// <summary>Each half of 128 numbers lies in 32 bytes: four runs of 32, the first in the lowest bits.</summary>
    private static int TwoBits(ReadOnlySpan<byte> numbers, int i) => (numbers[(i / 128 * 32) + (i % 32)] >> (2 * (i % 128 / 32))) & 3;

    /// <summary>Eight groups of 32 numbers d · scale · q − m · minimum; scales and minima of 6 bits are packed in 12 bytes. A fifth bit of group g is bit g of its byte.</summary>
    private static void FourK(ReadOnlySpan<byte> block, ReadOnlySpan<byte> fifth, ReadOnlySpan<byte> numbers, Span<float> values)
    {
        float d = Half(block), m = Half(block[2..]);
        ReadOnlySpan<byte> packed = block.Slice(4, 12);
        for (int group = 0; group < 8; group++)
        {
            int scale = group < 4 ? packed[group] & 63 : (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
            int minimum = group < 4 ? packed[group + 4] & 63 : (packed[group + 4] >> 4) | (packed[group] >> 6) << 4;
            float factor = d * scale, shift = m * minimum;
            ReadOnlySpan<byte> bytes = numbers.Slice(group / 2 * 32, 32);
            for (int i = 0; i < 32; i++)
            {
                int q = (group % 2 == 0 ? bytes[i] & 15 : bytes[i] >> 4) | (fifth.IsEmpty ? 0 : ((fifth[i] >> group) & 1) << 4);
                values[group * 32 + i] = factor * q - shift;
            }
        }
    }

    /// <summary>Sixteen groups of 16 numbers d · scale · (q − 32): the lower 4 bits in 128 bytes, the upper 2 in 64, scales of 8 bits behind, d at the end.</summary>
    private static void SixK(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block[208..]);
        for (int i = 0; i < Super; i++)
        {
            // Each half of 128 numbers: four runs of 32 that share 64 bytes of lower and 32 bytes of upper bits.
            int half = i / 128, run = i % 128 / 32, at = i % 32;
            int low = block[half * 64 + run % 2 * 32 + at], high = block[128 + half * 32 + at];
            int q = (run < 2 ? low & 15 : low >> 4) | ((high >> (2 * run)) & 3) << 4;
            values[i] = d * (sbyte)block[192 + i / 16] * (q - 32);
        }
    }
}
