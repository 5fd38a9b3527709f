using System.Runtime.CompilerServices;

namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    /// <summary>Columns of a convolution's item: rows of it are some cache lines long.</summary>
    private const int ConvolutionColumns = 128;

    /// <summary>Numbers of state in a scan's item: few enough that they stay in the first-level cache from token to token.</summary>
    private const int ScanStates = 2048;

    public override void CausalConvolution(ConvolutionView convolution, ReadOnlySpan<RecurrentSegment> segments)
    {
        int blocks = Divide(convolution.X.Columns, ConvolutionColumns);
        long multiplyAdds = RowsOf(segments) * convolution.X.Columns * convolution.Taps;
        fixed (RecurrentSegment* first = segments) Run(multiplyAdds, segments.Length * blocks, new ConvolutionWork(convolution, first, blocks));
    }

    public override void SelectiveScan(ScanView scan, ReadOnlySpan<RecurrentSegment> segments)
    {
        int headsPerGroup = scan.Heads / scan.Groups;
        int headsPerItem = Math.Clamp(ScanStates / Math.Max(1, scan.HeadWidth * scan.StateSize), 1, headsPerGroup);
        int blocks = Divide(headsPerGroup, headsPerItem);

        // An exponential costs as much as some ten multiply-adds.
        long multiplyAdds = RowsOf(segments) * scan.X.Columns * scan.StateSize * (scan.A.Columns > 1 ? 12 : 2);
        fixed (RecurrentSegment* first = segments) Run(multiplyAdds, segments.Length * scan.Groups * blocks, new ScanWork(scan, first, headsPerItem, blocks));
    }

    private static long RowsOf(ReadOnlySpan<RecurrentSegment> segments)
    {
        long rows = 0;
        foreach (RecurrentSegment segment in segments) rows += segment.Count;
        return rows;
    }

    /// <summary>Item: some columns of a segment, the rows kept for the next call included.</summary>
    private readonly struct ConvolutionWork(ConvolutionView view, RecurrentSegment* segments, int blocks) : IWork
    {
        public void Run(int index)
        {
            RecurrentSegment segment = segments[index / blocks];
            int columns = view.X.Columns, kept = view.Taps - 1, first = index % blocks * ConvolutionColumns, end = Math.Min(columns, first + ConvolutionColumns);
            float* rows = view.X.Data + ((long)segment.Start * columns), tail = (float*)view.Tail + ((long)segment.State * kept * columns);
            for (int t = 0; t < segment.Count; t++)
            {
                float* to = (float*)view.Result + ((long)(segment.Start + t) * columns);
                int column = first;
                for (; column <= end - TSimd.Width; column += TSimd.Width)
                {
                    TSimd sum = view.Bias == 0 ? default : TSimd.Load((float*)view.Bias + column);
                    for (int k = 0; k <= kept; k++)
                        sum = TSimd.MultiplyAdd(TSimd.Load((float*)view.Weight + ((long)k * columns) + column), TSimd.Load(RowAt(rows, tail, t - kept + k) + column), sum);
                    TSimd.Store(sum, to + column);
                }

                int left = end - column;
                if (left == 0) continue;
                TSimd last = view.Bias == 0 ? default : Tail.Load((float*)view.Bias + column, left);
                for (int k = 0; k <= kept; k++)
                    last = TSimd.MultiplyAdd(Tail.Load((float*)view.Weight + ((long)k * columns) + column, left), Tail.Load(RowAt(rows, tail, t - kept + k) + column, left), last);
                Tail.Store(last, to + column, left);
            }

            // Oldest first, so that a kept row is read before it is written.
            for (int j = 0; j < kept; j++)
            {
                float* from = RowAt(rows, tail, segment.Count - kept + j);
                Unsafe.CopyBlockUnaligned(tail + ((long)j * columns) + first, from + first, (uint)(end - first) * sizeof(float));
            }
        }

        /// <summary>Row t of the segment; for negative t one of the kept rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private float* RowAt(float* rows, float* tail, int t) => t >= 0 ? rows + ((long)t * view.X.Columns) : tail + ((long)(view.Taps - 1 + t) * view.X.Columns);
    }

    /// <summary>Item: some heads of one group in a segment. Their states lie in scratch memory, padded with zeros to whole registers, which stay zeros.</summary>
    private readonly struct ScanWork(ScanView view, RecurrentSegment* segments, int headsPerItem, int blocks) : IWork
    {
        public void Run(int index)
        {
            int headsPerGroup = view.Heads / view.Groups, items = view.Groups * blocks;
            RecurrentSegment segment = segments[index / items];
            int group = index % items / blocks, inGroup = index % blocks * headsPerItem;
            int firstHead = (group * headsPerGroup) + inGroup, heads = Math.Min(headsPerItem, headsPerGroup - inGroup);
            int size = view.StateSize, width = view.HeadWidth, channels = heads * width, padded = Divide(size, TSimd.Width) * TSimd.Width;
            bool own = view.A.Columns > 1;

            float* state = ThreadScratch.Take((long)padded * (channels + (own ? heads : 0) + 2));
            float* decays = state + ((long)padded * channels), b = decays + (own ? (long)padded * heads : 0), c = b + padded;
            float* kept = (float*)view.State + ((((long)segment.State * view.X.Columns) + ((long)firstHead * width)) * size);
            CopyRows(kept, size, state, padded, channels, size, padded);
            if (own) CopyRows(view.A.Data + ((long)firstHead * size), size, decays, padded, heads, size, padded);

            for (int t = segment.Start; t < segment.Start + segment.Count; t++)
            {
                long shared = ((long)t * view.Groups) + group;
                CopyRows((float*)view.B + (shared * size), size, b, padded, 1, size, padded);
                CopyRows((float*)view.C + (shared * size), size, c, padded, 1, size, padded);
                for (int head = 0; head < heads; head++)
                    Step(t, firstHead + head, state + ((long)head * width * padded), own ? decays + ((long)head * padded) : null, b, c, padded);
                if (view.States != 0)
                {
                    float* target = (float*)view.States + ((((long)t * view.X.Columns) + ((long)firstHead * width)) * size);
                    CopyRows(state, padded, target, size, channels, size, size);
                }
            }

            CopyRows(state, padded, kept, size, channels, size, size);
        }

        /// <summary>One token in one head.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Step(int t, int head, float* state, float* decays, float* b, float* c, int padded)
        {
            int width = view.HeadWidth;
            float delta = ((float*)view.Delta)[((long)t * view.Heads) + head], skip = ((float*)view.Skip)[head];
            float* x = view.X.Data + ((long)t * view.X.Columns) + ((long)head * width), to = (float*)view.Result + ((long)t * view.X.Columns) + ((long)head * width);
            TSimd deltas = TSimd.Broadcast(delta), decay = default;
            if (decays == null) decay = VectorMath<TSimd>.Exp(deltas * TSimd.Broadcast(view.A.Data[head]));
            for (int channel = 0; channel < width; channel++)
            {
                float* h = state + ((long)channel * padded);
                TSimd input = TSimd.Broadcast(delta * x[channel]), sum = default;
                for (int n = 0; n < padded; n += TSimd.Width)
                {
                    if (decays != null) decay = VectorMath<TSimd>.Exp(deltas * TSimd.Load(decays + n));
                    TSimd value = TSimd.MultiplyAdd(decay, TSimd.Load(h + n), input * TSimd.Load(b + n));
                    TSimd.Store(value, h + n);
                    sum = TSimd.MultiplyAdd(value, TSimd.Load(c + n), sum);
                }

                to[channel] = TSimd.Sum(sum) + (skip * x[channel]);
            }
        }

        /// <summary>Copies rows of <paramref name="count"/> numbers; the target's columns up to <paramref name="filled"/> become zeros.</summary>
        private static void CopyRows(float* from, int fromStride, float* to, int toStride, int rows, int count, int filled)
        {
            for (int row = 0; row < rows; row++)
            {
                Unsafe.CopyBlockUnaligned(to + ((long)row * toStride), from + ((long)row * fromStride), (uint)count * sizeof(float));
                for (int i = count; i < filled; i++) to[((long)row * toStride) + i] = 0f;
            }
        }
    }
}
