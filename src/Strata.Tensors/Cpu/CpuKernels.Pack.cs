using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    public override void Pack(MatrixView source, DType format, byte* panels, float* scales) =>
        team.Run(Divide(source.Outputs, MicroKernel<TSimd>.Columns), new PackWork(source, format, panels, scales));

    /// <summary>Item: a panel.</summary>
    private readonly struct PackWork(MatrixView source, DType format, byte* panels, float* scales) : IWork
    {
        public void Run(int index)
        {
            int columns = MicroKernel<TSimd>.Columns;
            int first = index * columns;
            int used = Math.Min(columns, source.Outputs - first);
            long size = (long)source.Inputs * columns;
            byte* panel = panels + (index * size * format.Size());
            if (source.Orientation == WeightOrientation.OutputsByInputs && source.DType == format && format.Size() == sizeof(ushort) && used == columns && Sse2.IsSupported)
            {
                TransposeHalves((ushort*)source.Data + ((long)(source.FirstOutput + first) * source.Inputs), (ushort*)panel);
                return;
            }

            float* rows = ThreadScratch.Take(size + (4L * source.Inputs));
            float* target = format == DType.Float32 ? (float*)panel : rows + (4L * source.Inputs);

            if (source.Orientation == WeightOrientation.InputsByOutputs) CopyColumns(first, used, target);
            else TransposeRows(first, used, rows, target);
            if (format == DType.Int8) Conversion<TSimd>.Quantise(target, source.Inputs, columns, (sbyte*)panel, scales + (index * columns));
            else if (format != DType.Float32) Conversion<TSimd>.Narrow(target, panel, format, checked((int)size));
        }

        private void CopyColumns(int first, int used, float* target)
        {
            int columns = MicroKernel<TSimd>.Columns, bytes = source.DType.Size();
            byte* from = source.Data + ((long)(source.FirstOutput + first) * bytes);
            for (int k = 0; k < source.Inputs; k++)
            {
                float* row = target + ((long)k * columns);
                Conversion<TSimd>.Widen(from + ((long)k * source.AllOutputs * bytes), source.DType, row, used);
                new Span<float>(row + used, columns - used).Clear();
            }
        }

        /// <summary>Numbers of 16 bits that stay as they are: eight rows by eight columns at a time, panel[k, r] = rows[r, k].</summary>
        private void TransposeHalves(ushort* rows, ushort* panel)
        {
            // A cache line of each row is used up at once: rows of usual lengths would drive each other's lines out of the first-level cache.
            const int line = 64 / sizeof(ushort);
            int columns = MicroKernel<TSimd>.Columns, inputs = source.Inputs, whole = inputs & ~7;
            for (int start = 0; start < whole; start += line)
            {
                for (int r = 0; r < columns; r += 8)
                {
                    for (int k = start, end = Math.Min(start + line, whole); k < end; k += 8) TransposeEight(rows + ((long)r * inputs) + k, inputs, panel + ((long)k * columns) + r, columns);
                }
            }

            for (int k = whole; k < inputs; k++)
            {
                for (int r = 0; r < columns; r++) panel[((long)k * columns) + r] = rows[((long)r * inputs) + k];
            }
        }

        private void TransposeRows(int first, int used, float* rows, float* target)
        {
            int columns = MicroKernel<TSimd>.Columns, bytes = source.DType.Size();
            long stride = (long)source.Inputs * bytes;
            byte* from = source.Data + ((long)(source.FirstOutput + first) * stride);
            for (int r = 0; r < columns; r += 4)
            {
                int four = Math.Clamp(used - r, 0, 4);
                Conversion<TSimd>.Widen(from + (r * stride), source.DType, rows, (long)four * source.Inputs);
                new Span<float>(rows + ((long)four * source.Inputs), (4 - four) * source.Inputs).Clear();
                TransposeFour(rows, source.Inputs, source.Inputs, target + r, columns);
            }
        }
    }

    /// <summary>Eight rows of eight numbers become eight columns. Three rounds of interleaving: numbers, pairs, fours.</summary>
    private static void TransposeEight(ushort* rows, long rowStride, ushort* result, int resultStride)
    {
        Vector128<ushort> a0 = Vector128.Load(rows), a1 = Vector128.Load(rows + rowStride), a2 = Vector128.Load(rows + (2 * rowStride)), a3 = Vector128.Load(rows + (3 * rowStride));
        rows += 4 * rowStride;
        Vector128<ushort> a4 = Vector128.Load(rows), a5 = Vector128.Load(rows + rowStride), a6 = Vector128.Load(rows + (2 * rowStride)), a7 = Vector128.Load(rows + (3 * rowStride));
        Vector128<uint> b0 = Sse2.UnpackLow(a0, a1).AsUInt32(), b1 = Sse2.UnpackLow(a2, a3).AsUInt32(), b2 = Sse2.UnpackLow(a4, a5).AsUInt32(), b3 = Sse2.UnpackLow(a6, a7).AsUInt32();
        Vector128<uint> b4 = Sse2.UnpackHigh(a0, a1).AsUInt32(), b5 = Sse2.UnpackHigh(a2, a3).AsUInt32(), b6 = Sse2.UnpackHigh(a4, a5).AsUInt32(), b7 = Sse2.UnpackHigh(a6, a7).AsUInt32();
        StoreFour(b0, b1, b2, b3, result, resultStride);
        StoreFour(b4, b5, b6, b7, result + (4 * resultStride), resultStride);
    }

    private static void StoreFour(Vector128<uint> b0, Vector128<uint> b1, Vector128<uint> b2, Vector128<uint> b3, ushort* result, int stride)
    {
        Vector128<ulong> low = Sse2.UnpackLow(b0, b1).AsUInt64(), lowBehind = Sse2.UnpackLow(b2, b3).AsUInt64();
        Vector128<ulong> high = Sse2.UnpackHigh(b0, b1).AsUInt64(), highBehind = Sse2.UnpackHigh(b2, b3).AsUInt64();
        Sse2.UnpackLow(low, lowBehind).AsUInt16().Store(result);
        Sse2.UnpackHigh(low, lowBehind).AsUInt16().Store(result + stride);
        Sse2.UnpackLow(high, highBehind).AsUInt16().Store(result + (2 * stride));
        Sse2.UnpackHigh(high, highBehind).AsUInt16().Store(result + (3 * stride));
    }

    /// <summary>Four rows of <paramref name="length"/> become four columns: result[k, 0..4] = rows[0..4, k].</summary>
    private static void TransposeFour(float* rows, long rowStride, int length, float* result, int resultStride)
    {
        float* r0 = rows, r1 = rows + rowStride, r2 = r1 + rowStride, r3 = r2 + rowStride;
        int k = 0;
        for (; k <= length - 4; k += 4, result += 4 * resultStride)
        {
            Vector128<float> a = Vector128.Load(r0 + k), b = Vector128.Load(r1 + k), c = Vector128.Load(r2 + k), d = Vector128.Load(r3 + k);
            Vector128<float> lowPairs = Interleave(a, c, 0), highPairs = Interleave(a, c, 2);
            Vector128<float> lowOdd = Interleave(b, d, 0), highOdd = Interleave(b, d, 2);
            Interleave(lowPairs, lowOdd, 0).Store(result);
            Interleave(lowPairs, lowOdd, 2).Store(result + resultStride);
            Interleave(highPairs, highOdd, 0).Store(result + (2 * resultStride));
            Interleave(highPairs, highOdd, 2).Store(result + (3 * resultStride));
        }

        for (; k < length; k++, result += resultStride)
        {
            result[0] = r0[k];
            result[1] = r1[k];
            result[2] = r2[k];
            result[3] = r3[k];
        }
    }

    /// <summary>(a[i], b[i], a[i+1], b[i+1]) for i = 0 or 2.</summary>
    private static Vector128<float> Interleave(Vector128<float> a, Vector128<float> b, int first)
    {
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
            return first == 0 ? System.Runtime.Intrinsics.X86.Sse.UnpackLow(a, b) : System.Runtime.Intrinsics.X86.Sse.UnpackHigh(a, b);
        return Vector128.Create(a[first], b[first], a[first + 1], b[first + 1]);
    }
}
