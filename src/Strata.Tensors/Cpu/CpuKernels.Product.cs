using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    /// <summary>Rows of the left factor that stay in the second-level cache while all panels pass by.</summary>
    private const int RowsPerBlock = 144;

    /// <summary>Outputs of an item, so that its part of the result also stays in the second-level cache from one stretch of k to the next.</summary>
    private const int OutputsPerItem = 768;

    public override void Multiply(RowsView a, PanelsView b, float* c)
    {
        if (a.Rows == 0 || b.Outputs == 0) return;
        if (a.Rows == 1)
        {
            MultiplyRow(a, b, c);
            return;
        }

        int panels = Divide(b.Outputs, MicroKernel<TSimd>.Columns);
        int rowBlocks = Divide(a.Rows, RowsPerBlock);
        int rowsPerBlock = Divide(a.Rows, rowBlocks);

        // Four items to a thread even out what else the machine does; more would copy the left factor too often.
        int groups = team.Threads == 1 ? 1 : Math.Clamp(Divide(4 * team.Threads, rowBlocks), 1, panels);
        ProductWork work = new(a, b, c, rowsPerBlock, Math.Min(Divide(panels, groups), Divide(OutputsPerItem, MicroKernel<TSimd>.Columns)));
        Run((long)a.Rows * b.Outputs * a.Columns, rowBlocks * Divide(panels, work.PanelsPerItem), work);
    }

    /// <summary>The product of a single row, as in decoding: every weight is read once.</summary>
    private void MultiplyRow(RowsView a, PanelsView b, float* c)
    {
        int strips = Divide(Divide(b.Outputs, MicroKernel<TSimd>.Columns), PanelsPerStrip);
        // Eight items to a thread, so that none is idle for long at the end; neighbouring strips together, so that memory is read in long stretches.
        int stripsPerItem = Math.Max(1, strips / (8 * team.Threads));
        Run((long)b.Outputs * a.Columns, Divide(strips, stripsPerItem), new RowWork(a, b, c, stripsPerItem));
    }

    /// <summary>Panels that a single row reads side by side.</summary>
    private const int PanelsPerStrip = 4;

    /// <summary>Item: some strips of panels.</summary>
    private readonly struct RowWork(RowsView a, PanelsView b, float* c, int stripsPerItem) : IWork
    {
        public void Run(int index)
        {
            int panels = Divide(b.Outputs, MicroKernel<TSimd>.Columns);
            int end = Math.Min(panels, (index + 1) * stripsPerItem * PanelsPerStrip);
            for (int panel = index * stripsPerItem * PanelsPerStrip; panel < end; panel += PanelsPerStrip) Strip(panel, Math.Min(PanelsPerStrip, end - panel));
        }

        /// <summary>A strip that reaches past the last output is computed aside.</summary>
        private void Strip(int panel, int count)
        {
            int columns = MicroKernel<TSimd>.Columns, first = panel * columns, used = Math.Min(count * columns, b.Outputs - first);
            byte* data = b.Data + ((long)first * b.Inputs * b.DType.Size());
            float* bias = b.Bias == null ? null : b.Bias + first, scale = b.Scales == null ? null : b.Scales + first;
            float* edge = stackalloc float[PanelsPerStrip * 32], target = used == count * columns ? c + first : edge;
            switch (b.DType)
            {
                case DType.Float16: MicroKernel<TSimd>.RunRow<Float16Format>(count, b.Inputs, a.Data, data, target, bias, scale); break;
                case DType.Int8: MicroKernel<TSimd>.RunRow<Int8Format>(count, b.Inputs, a.Data, data, target, bias, scale); break;
                case DType.BFloat16: MicroKernel<TSimd>.RunRow<BFloat16Format>(count, b.Inputs, a.Data, data, target, bias, scale); break;
                default: MicroKernel<TSimd>.RunRow<Float32Format>(count, b.Inputs, a.Data, data, target, bias, scale); break;
            }

            if (target == edge) new ReadOnlySpan<float>(edge, used).CopyTo(new Span<float>(c + first, used));
        }
    }

    /// <summary>Item: a block of rows by a group of panels.</summary>
    private readonly struct ProductWork(RowsView a, PanelsView b, float* c, int rowsPerBlock, int panelsPerItem) : IWork
    {
        public int PanelsPerItem => panelsPerItem;

        public void Run(int index)
        {
            int panels = Divide(b.Outputs, MicroKernel<TSimd>.Columns);
            int groups = Divide(panels, panelsPerItem);
            int row = index / groups * rowsPerBlock, panel = index % groups * panelsPerItem;
            int rows = Math.Min(rowsPerBlock, a.Rows - row);
            float* scratch = ThreadScratch.Take(ProductScratch(rows));
            MultiplyBlock(a.Data + ((long)row * a.Columns), rows, b, panel, Math.Min(panels, panel + panelsPerItem),
                c + ((long)row * b.Outputs) + ((long)panel * MicroKernel<TSimd>.Columns), b.Outputs, scratch);
        }
    }

    /// <summary>Floats of scratch that <see cref="MultiplyBlock"/> needs.</summary>
    private static long ProductScratch(int rows) => ((long)rows * RowBlock.Depth) + ((RowBlock.Depth + TSimd.TileRows) * MicroKernel<TSimd>.Columns);

    /// <summary>c [rows, columns of the panels] = a · panels + bias, on this thread.</summary>
    private static void MultiplyBlock(float* a, int rows, PanelsView b, int firstPanel, int endPanel, float* c, long cStride, float* scratch)
    {
        int columns = MicroKernel<TSimd>.Columns, bytes = b.DType.Size();
        float* block = scratch, widened = block + ((long)rows * RowBlock.Depth), edge = widened + (RowBlock.Depth * columns);

        // A single tile reads each weight once and widens it in registers; for more, a slice of the panel is widened once for all.
        bool widenFirst = b.DType != DType.Float32 && rows > TSimd.TileRows;
        for (int k = 0; k == 0 || k < b.Inputs; k += RowBlock.Depth)
        {
            int depth = Math.Min(RowBlock.Depth, b.Inputs - k);
            bool last = k + depth == b.Inputs;
            RowBlock.Fill(a + k, b.Inputs, rows, depth, block);
            for (int panel = firstPanel; panel < endPanel; panel++)
            {
                byte* slice = b.Data + ((((long)panel * b.Inputs) + k) * columns * bytes);
                if (widenFirst) Conversion<TSimd>.Widen(slice, b.DType, widened, (long)depth * columns);
                float* bias = last && b.Bias != null ? b.Bias + ((long)panel * columns) : null;
                float* scale = last && b.Scales != null ? b.Scales + ((long)panel * columns) : null;
                int used = Math.Min(columns, b.Outputs - (panel * columns));
                float* target = c + ((long)(panel - firstPanel) * columns);
                for (int row = 0, tile; row < rows; row += tile)
                {
                    tile = RowBlock.NextTile(rows - row, TSimd.TileRows);
                    PrefetchRows(target + ((row + tile) * cStride), cStride, Math.Min(tile, rows - row - tile));
                    MultiplyTile(tile, depth, block + ((long)row * RowBlock.Depth), widenFirst ? (byte*)widened : slice,
                        widenFirst ? DType.Float32 : b.DType, target + (row * cStride), cStride, used, k > 0, bias, scale, edge);
                }
            }
        }
    }

    /// <summary>The next tile of the result, far apart in memory, is fetched while this one is computed.</summary>
    private static void PrefetchRows(float* c, long cStride, int rows)
    {
        if (!Sse.IsSupported) return;
        for (int r = 0; r < rows; r++)
        {
            Sse.Prefetch1(c + (r * cStride));
            Sse.Prefetch1(c + (r * cStride) + MicroKernel<TSimd>.Columns - 1);
        }
    }

    /// <summary>One register tile; one that reaches past the last output is computed aside.</summary>
    private static void MultiplyTile(int rows, int depth, float* a, byte* b, DType format, float* c, long cStride, int used, bool resume, float* bias, float* scale, float* edge)
    {
        int columns = MicroKernel<TSimd>.Columns;
        if (used == columns)
        {
            RunKernel(rows, depth, a, b, format, c, (nint)cStride, resume, bias, scale);
            return;
        }

        uint usedBytes = (uint)used * sizeof(float);
        if (resume) for (int r = 0; r < rows; r++) Unsafe.CopyBlockUnaligned(edge + (r * columns), c + (r * cStride), usedBytes);
        RunKernel(rows, depth, a, b, format, edge, columns, resume, bias, scale);
        for (int r = 0; r < rows; r++) Unsafe.CopyBlockUnaligned(c + (r * cStride), edge + (r * columns), usedBytes);
    }

    private static void RunKernel(int rows, int depth, float* a, byte* b, DType format, float* c, nint cStride, bool resume, float* bias, float* scale)
    {
        int columns = MicroKernel<TSimd>.Columns;
        switch (format)
        {
            case DType.Float16: MicroKernel<TSimd>.Run<Float16Format>(rows, depth, a, b, columns, c, cStride, resume, bias, scale); break;
            case DType.Int8: MicroKernel<TSimd>.Run<Int8Format>(rows, depth, a, b, columns, c, cStride, resume, bias, scale); break;
            case DType.BFloat16: MicroKernel<TSimd>.Run<BFloat16Format>(rows, depth, a, b, columns, c, cStride, resume, bias, scale); break;
            default: MicroKernel<TSimd>.Run<Float32Format>(rows, depth, a, b, columns, c, cStride, resume, bias, scale); break;
        }
    }
}
