using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Strata.Tensors.Cpu;

/// <summary>The number of rows of a register tile, known when the kernel is compiled.</summary>
internal interface IRows
{
    static abstract int Count { get; }
}
internal readonly struct Rows1 : IRows
{
    public static int Count => 1;
}
internal readonly struct Rows2 : IRows
{
    public static int Count => 2;
}
internal readonly struct Rows3 : IRows
{
    public static int Count => 3;
}
internal readonly struct Rows4 : IRows
{
    public static int Count => 4;
}
internal readonly struct Rows5 : IRows
{
    public static int Count => 5;
}
internal readonly struct Rows6 : IRows
{
    public static int Count => 6;
}
internal readonly struct Rows7 : IRows
{
    public static int Count => 7;
}
internal readonly struct Rows8 : IRows
{
    public static int Count => 8;
}
internal readonly struct Rows9 : IRows
{
    public static int Count => 9;
}
internal readonly struct Rows10 : IRows
{
    public static int Count => 10;
}
internal readonly struct Rows11 : IRows
{
    public static int Count => 11;
}
internal readonly struct Rows12 : IRows
{
    public static int Count => 12;
}
/// <summary>
/// The inner loop of every matrix product: a tile of up to 12 rows by two registers of columns stays in registers while k runs.
/// Each element is one chain of multiply-adds in the order of k, continued from call to call through the result's memory; so it does not matter, to the
/// last bit, how many rows a tile has, where k is cut, or which thread computes it.
/// </summary>
internal static unsafe class MicroKernel<TSimd> where TSimd : unmanaged, ISimd<TSimd>
{
    /// <summary>Columns of a tile and of a packed panel.</summary>
    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * TSimd.Width;
    }

    /// <summary>c [rows, Columns] = ((resume ? c : 0) + a [rows, depth] · b [depth, Columns]) (· scale) (+ bias).</summary>
    /// <param name="rows">1 .. TSimd.TileRows.</param>
    /// <param name="depth">Length of the common axis, at most <see cref="RowBlock.Depth"/>.</param>
    /// <param name="a">Rows of a <see cref="RowBlock"/>.</param>
    /// <param name="b">Rows of b in the format <typeparamref name="TFormat"/>.</param>
    /// <param name="bStride">Elements from one row of b to the next.</param>
    /// <param name="c">Result.</param>
    /// <param name="cStride">Elements from one row of the result to the next.</param>
    /// <param name="resume">Continue the chains that the result holds.</param>
    /// <param name="bias">Added at the end, one per column; or null.</param>
    /// <param name="scale">Multiplied in at the end, before the bias, one per column; or null.</param>
    public static void Run<TFormat>(int rows, nint depth, float* a, byte* b, nint bStride, float* c, nint cStride, bool resume, float* bias, float* scale = null)
        where TFormat : struct, IWeightFormat
    {
        switch (rows)
        {
            case 1: Tile<Rows1, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 2: Tile<Rows2, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 3: Tile<Rows3, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 4: Tile<Rows4, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 5: Tile<Rows5, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 6: Tile<Rows6, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 7: Tile<Rows7, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 8: Tile<Rows8, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 9: Tile<Rows9, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 10: Tile<Rows10, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 11: Tile<Rows11, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            case 12: Tile<Rows12, TFormat>(depth, a, b, bStride, c, cStride, resume, bias, scale); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TRows, TFormat>(nint depth, float* a, byte* b, nint bStride, float* c, nint cStride, bool resume, float* bias, float* scale)
        where TRows : struct, IRows
        where TFormat : struct, IWeightFormat
    {
        TSimd c0l = default, c0r = default, c1l = default, c1r = default, c2l = default, c2r = default, c3l = default, c3r = default, c4l = default, c4r = default, c5l = default, c5r = default, c6l = default, c6r = default, c7l = default, c7r = default, c8l = default, c8r = default, c9l = default, c9r = default, c10l = default, c10r = default, c11l = default, c11r = default;
        if (resume)
        {
            if (TRows.Count > 0) LoadRow(c + (0 * cStride), out c0l, out c0r);
            if (TRows.Count > 1) LoadRow(c + (1 * cStride), out c1l, out c1r);
            if (TRows.Count > 2) LoadRow(c + (2 * cStride), out c2l, out c2r);
            if (TRows.Count > 3) LoadRow(c + (3 * cStride), out c3l, out c3r);
            if (TRows.Count > 4) LoadRow(c + (4 * cStride), out c4l, out c4r);
            if (TRows.Count > 5) LoadRow(c + (5 * cStride), out c5l, out c5r);
            if (TRows.Count > 6) LoadRow(c + (6 * cStride), out c6l, out c6r);
            if (TRows.Count > 7) LoadRow(c + (7 * cStride), out c7l, out c7r);
            if (TRows.Count > 8) LoadRow(c + (8 * cStride), out c8l, out c8r);
            if (TRows.Count > 9) LoadRow(c + (9 * cStride), out c9l, out c9r);
            if (TRows.Count > 10) LoadRow(c + (10 * cStride), out c10l, out c10r);
            if (TRows.Count > 11) LoadRow(c + (11 * cStride), out c11l, out c11r);
        }

        byte* end = b + (depth * bStride * TFormat.Bytes);
        for (; b != end; b += bStride * TFormat.Bytes, a++)
        {
            TSimd left = TFormat.Load<TSimd>(b), right = TFormat.Load<TSimd>(b + (TSimd.Width * TFormat.Bytes));
            if (TRows.Count > 0) Step(a[0 * RowBlock.Depth], left, right, ref c0l, ref c0r);
            if (TRows.Count > 1) Step(a[1 * RowBlock.Depth], left, right, ref c1l, ref c1r);
            if (TRows.Count > 2) Step(a[2 * RowBlock.Depth], left, right, ref c2l, ref c2r);
            if (TRows.Count > 3) Step(a[3 * RowBlock.Depth], left, right, ref c3l, ref c3r);
            if (TRows.Count > 4) Step(a[4 * RowBlock.Depth], left, right, ref c4l, ref c4r);
            if (TRows.Count > 5) Step(a[5 * RowBlock.Depth], left, right, ref c5l, ref c5r);
            if (TRows.Count > 6) Step(a[6 * RowBlock.Depth], left, right, ref c6l, ref c6r);
            if (TRows.Count > 7) Step(a[7 * RowBlock.Depth], left, right, ref c7l, ref c7r);
            if (TRows.Count > 8) Step(a[8 * RowBlock.Depth], left, right, ref c8l, ref c8r);
            if (TRows.Count > 9) Step(a[9 * RowBlock.Depth], left, right, ref c9l, ref c9r);
            if (TRows.Count > 10) Step(a[10 * RowBlock.Depth], left, right, ref c10l, ref c10r);
            if (TRows.Count > 11) Step(a[11 * RowBlock.Depth], left, right, ref c11l, ref c11r);
        }

        TSimd scaleLeft = default, scaleRight = default, biasLeft = default, biasRight = default;
        if (scale != null) LoadRow(scale, out scaleLeft, out scaleRight);
        if (bias != null) LoadRow(bias, out biasLeft, out biasRight);
        if (TRows.Count > 0) Finish(c0l, c0r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (0 * cStride));
        if (TRows.Count > 1) Finish(c1l, c1r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (1 * cStride));
        if (TRows.Count > 2) Finish(c2l, c2r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (2 * cStride));
        if (TRows.Count > 3) Finish(c3l, c3r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (3 * cStride));
        if (TRows.Count > 4) Finish(c4l, c4r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (4 * cStride));
        if (TRows.Count > 5) Finish(c5l, c5r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (5 * cStride));
        if (TRows.Count > 6) Finish(c6l, c6r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (6 * cStride));
        if (TRows.Count > 7) Finish(c7l, c7r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (7 * cStride));
        if (TRows.Count > 8) Finish(c8l, c8r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (8 * cStride));
        if (TRows.Count > 9) Finish(c9l, c9r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (9 * cStride));
        if (TRows.Count > 10) Finish(c10l, c10r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (10 * cStride));
        if (TRows.Count > 11) Finish(c11l, c11r, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + (11 * cStride));
    }

    /// <summary>
    /// One row by up to four whole panels: c [panels · Columns] = a [depth] · b (· scale) (+ bias). Each weight is used once, so what counts is how fast memory comes: the panels are read side by side, as several streams that
    /// the processor fetches ahead. The chains of multiply-adds are those of <see cref="Run"/>.
    /// </summary>
    /// <param name="panels">1 .. 4.</param>
    /// <param name="depth">Length of the row.</param>
    /// <param name="a">The row.</param>
    /// <param name="b">The first panel; the others follow it.</param>
    /// <param name="c">Result.</param>
    /// <param name="bias">One per column; or null.</param>
    /// <param name="scale">One per column; or null.</param>
    public static void RunRow<TFormat>(int panels, nint depth, float* a, byte* b, float* c, float* bias, float* scale) where TFormat : struct, IWeightFormat
    {
        switch (panels)
        {
            case 1: Row<Rows1, TFormat>(depth, a, b, c, bias, scale); break;
            case 2: Row<Rows2, TFormat>(depth, a, b, c, bias, scale); break;
            case 3: Row<Rows3, TFormat>(depth, a, b, c, bias, scale); break;
            case 4: Row<Rows4, TFormat>(depth, a, b, c, bias, scale); break;
            default: throw new ArgumentOutOfRangeException(nameof(panels));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<TPanels, TFormat>(nint depth, float* a, byte* b, float* c, float* bias, float* scale)
        where TPanels : struct, IRows
        where TFormat : struct, IWeightFormat
    {
        TSimd c0l = default, c0r = default, c1l = default, c1r = default, c2l = default, c2r = default, c3l = default, c3r = default;
        nint half = TSimd.Width * TFormat.Bytes, panel = depth * 2 * half;
        for (float* end = a + depth; a < end; a++, b += 2 * half)
        {
            TSimd factor = TSimd.Broadcast(*a);
            if (TPanels.Count > 0) StepRow<TFormat>(factor, b, half, ref c0l, ref c0r);
            if (TPanels.Count > 1) StepRow<TFormat>(factor, b + panel, half, ref c1l, ref c1r);
            if (TPanels.Count > 2) StepRow<TFormat>(factor, b + (2 * panel), half, ref c2l, ref c2r);
            if (TPanels.Count > 3) StepRow<TFormat>(factor, b + (3 * panel), half, ref c3l, ref c3r);
        }

        if (TPanels.Count > 0) FinishPanel(c0l, c0r, 0, bias, scale, c);
        if (TPanels.Count > 1) FinishPanel(c1l, c1r, 1, bias, scale, c);
        if (TPanels.Count > 2) FinishPanel(c2l, c2r, 2, bias, scale, c);
        if (TPanels.Count > 3) FinishPanel(c3l, c3r, 3, bias, scale, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StepRow<TFormat>(TSimd factor, byte* b, nint half, ref TSimd left, ref TSimd right) where TFormat : struct, IWeightFormat
    {
        if (Sse.IsSupported) Sse.Prefetch0(b + PrefetchBytes);
        left = TSimd.MultiplyAdd(factor, TFormat.Load<TSimd>(b), left);
        right = TSimd.MultiplyAdd(factor, TFormat.Load<TSimd>(b + half), right);
    }

    /// <summary>How far ahead a stream of weights is fetched: beyond the page where the processor's own fetching stops.</summary>
    private const int PrefetchBytes = 2048;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishPanel(TSimd left, TSimd right, int panel, float* bias, float* scale, float* c)
    {
        int at = panel * 2 * TSimd.Width;
        TSimd scaleLeft = default, scaleRight = default, biasLeft = default, biasRight = default;
        if (scale != null) LoadRow(scale + at, out scaleLeft, out scaleRight);
        if (bias != null) LoadRow(bias + at, out biasLeft, out biasRight);
        Finish(left, right, scale != null, scaleLeft, scaleRight, bias != null, biasLeft, biasRight, c + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float a, TSimd left, TSimd right, ref TSimd sumLeft, ref TSimd sumRight)
    {
        TSimd factor = TSimd.Broadcast(a);
        sumLeft = TSimd.MultiplyAdd(factor, left, sumLeft);
        sumRight = TSimd.MultiplyAdd(factor, right, sumRight);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadRow(float* row, out TSimd left, out TSimd right)
    {
        left = TSimd.Load(row);
        right = TSimd.Load(row + TSimd.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TSimd left, TSimd right, bool scaled, TSimd scaleLeft, TSimd scaleRight, bool biased, TSimd biasLeft, TSimd biasRight, float* row)
    {
        if (scaled)
        {
            left *= scaleLeft;
            right *= scaleRight;
        }

        TSimd.Store(biased ? left + biasLeft : left, row);
        TSimd.Store(biased ? right + biasRight : right, row + TSimd.Width);
    }
}
