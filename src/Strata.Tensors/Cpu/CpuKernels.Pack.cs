using System.Runtime.Intrinsics;

namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    public override void Pack(MatrixView source, DType format, byte* panels) =>
        team.Run(Divide(source.Outputs, MicroKernel<TSimd>.Columns), new PackWork(source, format, panels));

    /// <summary>Item: a panel.</summary>
    private readonly struct PackWork(MatrixView source, DType format, byte* panels) : IWork
    {
        public void Run(int index)
        {
            int columns = MicroKernel<TSimd>.Columns;
            int first = index * columns;
            int used = Math.Min(columns, source.Outputs - first);
            long size = (long)source.Inputs * columns;
            byte* panel = panels + (index * size * format.Size());
            float* rows = ThreadScratch.Take(size + (4L * source.Inputs));
            float* target = format == DType.Float32 ? (float*)panel : rows + (4L * source.Inputs);

            if (source.Orientation == WeightOrientation.InputsByOutputs) CopyColumns(first, used, target);
            else TransposeRows(first, used, rows, target);
            if (format != DType.Float32) Conversion<TSimd>.Narrow(target, panel, format, checked((int)size));
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
