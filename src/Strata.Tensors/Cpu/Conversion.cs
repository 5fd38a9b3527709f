using System.Numerics;
using System.Numerics.Tensors;

namespace Strata.Tensors.Cpu;

/// <summary>Between the storage formats and float32, a stretch of elements at a time.</summary>
internal static unsafe class Conversion<TSimd> where TSimd : unmanaged, ISimd<TSimd>
{
    /// <summary>Widens <paramref name="count"/> elements; exact. Numbers of 8 bits come without their scales.</summary>
    public static void Widen(byte* source, DType dtype, float* result, long count)
    {
        switch (dtype)
        {
            case DType.Float32: Buffer.MemoryCopy(source, result, count * sizeof(float), count * sizeof(float)); break;
            case DType.Float16: Widen<Float16Format>(source, result, count); break;
            case DType.BFloat16: Widen<BFloat16Format>(source, result, count); break;
            case DType.Int8: Widen<Int8Format>(source, result, count); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype));
        }
    }

    /// <summary>Rounds <paramref name="count"/> float32 to the nearest number of the format, ties to even.</summary>
    public static void Narrow(float* source, byte* result, DType dtype, int count)
    {
        switch (dtype)
        {
            case DType.Float32: Buffer.MemoryCopy(source, result, (long)count * sizeof(float), (long)count * sizeof(float)); break;
            case DType.Float16: TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(source, count), new Span<Half>(result, count)); break;
            case DType.BFloat16: NarrowToBFloat16((uint*)source, (ushort*)result, count); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype));
        }
    }

    /// <summary>
    /// Rounds a panel [depth, <paramref name="columns"/>] to 8 bits with a scale for each column: its largest magnitude divided by 127; not a number where one of its weights is
    /// not finite.
    /// </summary>
    public static void Quantise(float* panel, int depth, int columns, sbyte* result, float* scales)
    {
        for (int column = 0; column < columns; column += TSimd.Width)
        {
            TSimd largest = default, nothing = default, limit = TSimd.Broadcast(127f);
            for (int k = 0; k < depth; k++)
            {
                TSimd value = TSimd.Load(panel + ((long)k * columns) + column);
                largest = TSimd.Max(largest, TSimd.Abs(value));
                nothing += value * default(TSimd);
            }

            TSimd scale = (largest / limit) + nothing;
            TSimd.Store(scale, scales + column);
            // Columns of zeros have no scale, and are divided by one that any number may be.
            TSimd divisor = TSimd.WhereNegative(default(TSimd) - scale, scale, TSimd.Broadcast(1f));
            for (int k = 0; k < depth; k++)
            {
                TSimd whole = TSimd.Round(TSimd.Load(panel + ((long)k * columns) + column) / divisor);
                TSimd.StoreInt8(TSimd.Max(TSimd.Min(whole, limit), default(TSimd) - limit), result + ((long)k * columns) + column);
            }
        }
    }

    private static void Widen<TFormat>(byte* source, float* result, long count) where TFormat : struct, IWeightFormat
    {
        long i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width) TSimd.Store(TFormat.Load<TSimd>(source + (i * TFormat.Bytes)), result + i);
        if (i == count) return;

        // The tail goes through registers too, so that an element never depends on where it stands.
        byte* bytes = stackalloc byte[64];
        float* floats = stackalloc float[16];
        Buffer.MemoryCopy(source + (i * TFormat.Bytes), bytes, 64, (count - i) * TFormat.Bytes);
        TSimd.Store(TFormat.Load<TSimd>(bytes), floats);
        Buffer.MemoryCopy(floats, result + i, (count - i) * sizeof(float), (count - i) * sizeof(float));
    }

    private static void NarrowToBFloat16(uint* source, ushort* result, int count)
    {
        int i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector<uint> low = RoundUpperHalf(Vector.Load(source + i)), high = RoundUpperHalf(Vector.Load(source + i + Vector<uint>.Count));
            Vector.Narrow(low, high).Store(result + i);
        }

        for (; i < count; i++) result[i] = (ushort)RoundUpperHalf(new Vector<uint>(source[i]))[0];
    }

    /// <summary>The upper half of float32 bits, rounded to nearest even, as the lower half; NaN becomes a quiet NaN.</summary>
    private static Vector<uint> RoundUpperHalf(Vector<uint> bits)
    {
        Vector<uint> rounded = (bits + new Vector<uint>(0x7fff) + ((bits >> 16) & Vector<uint>.One)) >> 16;
        Vector<uint> isNaN = Vector.GreaterThan(bits & new Vector<uint>(0x7fffffff), new Vector<uint>(0x7f800000));
        return Vector.ConditionalSelect(isNaN, (bits >> 16) | new Vector<uint>(0x40), rounded);
    }
}
