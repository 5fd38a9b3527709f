using System.Runtime.CompilerServices;

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

    /// <summary>c [rows, Columns] = (resume ? c : 0) + a [rows, depth] · b [depth, Columns] (+ bias).</summary>
    /// <param name="rows">1 .. TSimd.TileRows.</param>
    /// <param name="depth">Length of the common axis, at most <see cref="RowBlock.Depth"/>.</param>
    /// <param name="a">Rows of a <see cref="RowBlock"/>.</param>
    /// <param name="b">Rows of b in the format <typeparamref name="TFormat"/>.</param>
    /// <param name="bStride">Elements from one row of b to the next.</param>
    /// <param name="c">Result.</param>
    /// <param name="cStride">Elements from one row of the result to the next.</param>
    /// <param name="resume">Continue the chains that the result holds.</param>
    /// <param name="bias">Added at the end, one per column; or null.</param>
    public static void Run<TFormat>(int rows, nint depth, float* a, byte* b, nint bStride, float* c, nint cStride, bool resume, float* bias)
        where TFormat : struct, IWeightFormat
    {
        switch (rows)
        {
            case 1: Tile<Rows1, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 2: Tile<Rows2, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 3: Tile<Rows3, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 4: Tile<Rows4, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 5: Tile<Rows5, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 6: Tile<Rows6, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 7: Tile<Rows7, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 8: Tile<Rows8, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 9: Tile<Rows9, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 10: Tile<Rows10, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 11: Tile<Rows11, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            case 12: Tile<Rows12, TFormat>(depth, a, b, bStride, c, cStride, resume, bias); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TRows, TFormat>(nint depth, float* a, byte* b, nint bStride, float* c, nint cStride, bool resume, float* bias)
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

        TSimd biasLeft = default, biasRight = default;
        if (bias != null) LoadRow(bias, out biasLeft, out biasRight);
        if (TRows.Count > 0) StoreRow(c + (0 * cStride), bias != null ? c0l + biasLeft : c0l, bias != null ? c0r + biasRight : c0r);
        if (TRows.Count > 1) StoreRow(c + (1 * cStride), bias != null ? c1l + biasLeft : c1l, bias != null ? c1r + biasRight : c1r);
        if (TRows.Count > 2) StoreRow(c + (2 * cStride), bias != null ? c2l + biasLeft : c2l, bias != null ? c2r + biasRight : c2r);
        if (TRows.Count > 3) StoreRow(c + (3 * cStride), bias != null ? c3l + biasLeft : c3l, bias != null ? c3r + biasRight : c3r);
        if (TRows.Count > 4) StoreRow(c + (4 * cStride), bias != null ? c4l + biasLeft : c4l, bias != null ? c4r + biasRight : c4r);
        if (TRows.Count > 5) StoreRow(c + (5 * cStride), bias != null ? c5l + biasLeft : c5l, bias != null ? c5r + biasRight : c5r);
        if (TRows.Count > 6) StoreRow(c + (6 * cStride), bias != null ? c6l + biasLeft : c6l, bias != null ? c6r + biasRight : c6r);
        if (TRows.Count > 7) StoreRow(c + (7 * cStride), bias != null ? c7l + biasLeft : c7l, bias != null ? c7r + biasRight : c7r);
        if (TRows.Count > 8) StoreRow(c + (8 * cStride), bias != null ? c8l + biasLeft : c8l, bias != null ? c8r + biasRight : c8r);
        if (TRows.Count > 9) StoreRow(c + (9 * cStride), bias != null ? c9l + biasLeft : c9l, bias != null ? c9r + biasRight : c9r);
        if (TRows.Count > 10) StoreRow(c + (10 * cStride), bias != null ? c10l + biasLeft : c10l, bias != null ? c10r + biasRight : c10r);
        if (TRows.Count > 11) StoreRow(c + (11 * cStride), bias != null ? c11l + biasLeft : c11l, bias != null ? c11r + biasRight : c11r);
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
    private static void StoreRow(float* row, TSimd left, TSimd right)
    {
        TSimd.Store(left, row);
        TSimd.Store(right, row + TSimd.Width);
    }
}
