using System.Buffers.Binary;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>The number formats of weight files, named as safetensors names them: how wide they are, and how they become numbers to compute with.</summary>
internal static class NumberFormat
{
    /// <summary>All known names, for messages.</summary>
    public const string Known = "BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64, C64";

    private static readonly float[] E4M3 = Table(exponentBits: 4, mantissaBits: 3, hasInfinity: false);
    private static readonly float[] E5M2 = Table(exponentBits: 5, mantissaBits: 2, hasInfinity: true);

    /// <summary>Bits of one element; 0 for an unknown number format.</summary>
    public static int Bits(string name) => name switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" => 8,
        "U16" or "I16" or "F16" or "BF16" => 16,
        "U32" or "I32" or "F32" => 32,
        "U64" or "I64" or "F64" or "C64" => 64,
        _ => 0,
    };

    /// <summary>The format in which tensors keep such numbers where they lie; null where they are widened to float32 first.</summary>
    public static DType? Stored(string name) => name switch
    {
        "F32" => DType.Float32,
        "F16" => DType.Float16,
        "BF16" => DType.BFloat16,
        _ => null,
    };

    /// <summary>Can numbers of this format become float32?</summary>
    public static bool CanWiden(string name) => Bits(name) >= 8 && name != "C64";

    /// <summary>Float32 of stored numbers. F64 and integers beyond 2²⁴ are rounded to nearest; all others are exact.</summary>
    /// <param name="name">Number format; <see cref="CanWiden"/>.</param>
    /// <param name="bytes">Little-endian numbers.</param>
    /// <param name="values">One per number.</param>
    public static void Widen(string name, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (int i = 0, width = Bits(name) / 8; i < values.Length; i++) values[i] = One(name, bytes.Slice(i * width, width));
    }

    private static float One(string name, ReadOnlySpan<byte> bytes) => name switch
    {
        "BOOL" => bytes[0] == 0 ? 0 : 1,
        "U8" => bytes[0],
        "I8" => (sbyte)bytes[0],
        "F8_E4M3" => E4M3[bytes[0]],
        "F8_E5M2" => E5M2[bytes[0]],
        // A power of two, 2^(b - 127); 255 is not a number.
        "F8_E8M0" => bytes[0] == 255 ? float.NaN : MathF.ScaleB(1, bytes[0] - 127),
        "U16" => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        "I16" => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        "U32" => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        "I32" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "U64" => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        "I64" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => throw new ArgumentException($"{name} numbers cannot be widened."),
    };

    /// <summary>
    /// The 256 values of an 8-bit float (Micikevicius et al. 2022, "FP8 formats for deep learning"): E5M2 has infinities and NaN as IEEE 754 has them; E4M3 has no
    /// infinity, and only the all-ones pattern is NaN.
    /// </summary>
    private static float[] Table(int exponentBits, int mantissaBits, bool hasInfinity)
    {
        int bias = (1 << (exponentBits - 1)) - 1, top = (1 << exponentBits) - 1, ones = (1 << mantissaBits) - 1;
        float[] values = new float[256];
        for (int code = 0; code < 256; code++)
        {
            int exponent = (code >> mantissaBits) & top, mantissa = code & ones;
            float value = exponent == top && hasInfinity ? mantissa == 0 ? float.PositiveInfinity : float.NaN
                : exponent == top && mantissa == ones ? float.NaN
                : exponent == 0 ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
                : MathF.ScaleB(mantissa + ones + 1, exponent - bias - mantissaBits);
            values[code] = code < 128 ? value : -value;
        }

        return values;
    }
}
