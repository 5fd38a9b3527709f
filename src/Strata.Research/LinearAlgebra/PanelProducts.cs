using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Products of matrices in float64 from panels: columns (or rows, for the Gram matrix of rows) are packed, so that a tile of the result stays in registers while what is summed passes by. Every element is one chain of multiply-adds per
/// stretch, whatever the width of the registers and the number of threads.
/// </summary>
internal static class PanelProducts
{
    /// <summary>Steps of the sum before moving on: a panel of this depth and one of the other factor stay in the first-level cache.</summary>
    private const int Depth = 128;

    /// <summary>Multiply-adds below which the work is not shared out.</summary>
    private const long Small = 1 << 22;

    /// <summary>Columns of a panel, and of a tile of the result.</summary>
    private static int Panel => Vector512.IsHardwareAccelerated ? 2 * Vector512<double>.Count : 2 * Vector<double>.Count;

    /// <summary>Rows of a tile of the result; a panel holds whole tiles.</summary>
    private static int Tile => Vector512.IsHardwareAccelerated ? 8 : 4;

    /// <summary>C += XᵀY over the first rows; when X is Y, only elements on and below the diagonal are certain to be written.</summary>
    /// <param name="x">[rows, p].</param>
    /// <param name="y">[rows, q].</param>
    /// <param name="rows">How many rows take part.</param>
    /// <param name="c">[p, q].</param>
    public static void AddColumns(RealMatrix x, RealMatrix y, int rows, RealMatrix c)
    {
        bool symmetric = ReferenceEquals(x, y);
        double[] left = ArrayPool<double>.Shared.Rent(Panels(x.Columns) * Panel * Depth), right = symmetric ? left : ArrayPool<double>.Shared.Rent(Panels(y.Columns) * Panel * Depth);
        for (int start = 0; start < rows; start += Depth)
        {
            int depth = Math.Min(Depth, rows - start);
            PackColumns(x, start, depth, left);
            if (!symmetric) PackColumns(y, start, depth, right);
            AddStretch(left, right, depth, c, symmetric, share: true);
        }

        ArrayPool<double>.Shared.Return(left);
        if (!symmetric) ArrayPool<double>.Shared.Return(right);
    }

    /// <summary>C += A·Aᵀ; only elements on and below the diagonal are certain to be written.</summary>
    /// <param name="a">[m, k].</param>
    /// <param name="c">[m, m].</param>
    /// <param name="share">Share large work out over the cores.</param>
    public static void AddRowGram(RealMatrix a, RealMatrix c, bool share)
    {
        double[] panels = ArrayPool<double>.Shared.Rent(Panels(a.Rows) * Panel * Depth);
        for (int start = 0; start < a.Columns; start += Depth)
        {
            int depth = Math.Min(Depth, a.Columns - start);
            PackRows(a, start, depth, panels);
            AddStretch(panels, panels, depth, c, symmetric: true, share);
        }

        ArrayPool<double>.Shared.Return(panels);
    }

    private static void AddStretch(double[] left, double[] right, int depth, RealMatrix c, bool symmetric, bool share)
    {
        int panels = Panels(c.Columns), pieces = symmetric ? (panels + 1) / 2 : panels;
        if (share && (long)depth * c.Rows * c.Columns >= Small) ParallelWork.For(pieces, CancellationToken.None, i => AddPiece(left, right, depth, c, i, symmetric));
        else for (int i = 0; i < pieces; i++) AddPiece(left, right, depth, c, i, symmetric);
    }

    private static int Panels(int columns) => (columns + Panel - 1) / Panel;

    /// <summary>Panel p holds columns p · Panel .. of some rows as [depth, Panel], the last one padded with zeros.</summary>
    private static void PackColumns(RealMatrix x, int start, int depth, double[] panels)
    {
        int whole = x.Columns / Panel * Panel;
        for (int k = 0; k < depth; k++)
        {
            ReadOnlySpan<double> row = x.Row(start + k);
            for (int j = 0; j < whole; j += Panel) row.Slice(j, Panel).CopyTo(panels.AsSpan(j * depth + k * Panel));
            if (whole == x.Columns) continue;
            Span<double> last = panels.AsSpan(whole * depth + k * Panel, Panel);
            last.Clear();
            row[whole..].CopyTo(last);
        }
    }

    /// <summary>Panel p holds rows p · Panel .. of a stretch of columns as [depth, Panel], the last one padded with zeros.</summary>
    private static void PackRows(RealMatrix a, int start, int depth, double[] panels)
    {
        int rows = Panels(a.Rows) * Panel;
        for (int row = 0; row < rows; row++)
        {
            Span<double> target = panels.AsSpan(row / Panel * Panel * depth, Panel * depth);
            ReadOnlySpan<double> source = row < a.Rows ? a.Row(row).Slice(start, depth) : default;
            int at = row % Panel;
            for (int k = 0; k < source.Length; k++, at += Panel) target[at] = source[k];
            for (int k = source.Length; k < depth; k++, at += Panel) target[at] = 0;
        }
    }

    /// <summary>One panel of columns of the result. Where only those below the diagonal count, the first and the last together are as much work as any other such pair.</summary>
    private static void AddPiece(double[] left, double[] right, int depth, RealMatrix c, int piece, bool symmetric)
    {
        AddPanel(left, right, depth, c, piece, symmetric);
        int other = Panels(c.Columns) - 1 - piece;
        if (symmetric && other > piece) AddPanel(left, right, depth, c, other, symmetric);
    }

    private static void AddPanel(double[] left, double[] right, int depth, RealMatrix c, int panel, bool symmetric)
    {
        int column = panel * Panel;
        Span<double> edge = stackalloc double[Tile * Panel];
        for (int row = symmetric ? column : 0; row < c.Rows; row += Tile)
        {
            ref double a = ref left[row / Panel * Panel * depth + row % Panel];
            bool inside = row + Tile <= c.Rows && column + Panel <= c.Columns;
            if (inside)
            {
                AddTile(ref a, ref right[column * depth], depth, ref c.Values[row * c.Columns + column], c.Columns);
                continue;
            }

            edge.Clear();
            AddTile(ref a, ref right[column * depth], depth, ref MemoryMarshal.GetReference(edge), Panel);
            for (int i = 0; i < Math.Min(Tile, c.Rows - row); i++)
            {
                Span<double> target = c.Row(row + i)[column..Math.Min(c.Columns, column + Panel)];
                for (int j = 0; j < target.Length; j++) target[j] += edge[i * Panel + j];
            }
        }
    }

    /// <summary>c [Tile, Panel] += aᵀ·b for a and b with Panel numbers from one row to the next.</summary>
    private static void AddTile(ref double a, ref double b, int depth, ref double c, int stride)
    {
        if (Vector512.IsHardwareAccelerated) AddWideTile(ref a, ref b, depth, ref c, stride);
        else AddNarrowTile(ref a, ref b, depth, ref c, stride);
    }

    private static void AddWideTile(ref double a, ref double b, int depth, ref double c, int stride)
    {
        Vector512<double> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<double> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        for (int k = 0; k < depth; k++)
        {
            Vector512<double> u = Vector512.LoadUnsafe(ref b), v = Vector512.LoadUnsafe(ref b, (nuint)Vector512<double>.Count);
            Step(a, u, v, ref c00, ref c01);
            Step(Unsafe.Add(ref a, 1), u, v, ref c10, ref c11);
            Step(Unsafe.Add(ref a, 2), u, v, ref c20, ref c21);
            Step(Unsafe.Add(ref a, 3), u, v, ref c30, ref c31);
            Step(Unsafe.Add(ref a, 4), u, v, ref c40, ref c41);
            Step(Unsafe.Add(ref a, 5), u, v, ref c50, ref c51);
            Step(Unsafe.Add(ref a, 6), u, v, ref c60, ref c61);
            Step(Unsafe.Add(ref a, 7), u, v, ref c70, ref c71);
            a = ref Unsafe.Add(ref a, 2 * Vector512<double>.Count);
            b = ref Unsafe.Add(ref b, 2 * Vector512<double>.Count);
        }

        AddRow(ref c, c00, c01);
        AddRow(ref Unsafe.Add(ref c, stride), c10, c11);
        AddRow(ref Unsafe.Add(ref c, 2 * stride), c20, c21);
        AddRow(ref Unsafe.Add(ref c, 3 * stride), c30, c31);
        AddRow(ref Unsafe.Add(ref c, 4 * stride), c40, c41);
        AddRow(ref Unsafe.Add(ref c, 5 * stride), c50, c51);
        AddRow(ref Unsafe.Add(ref c, 6 * stride), c60, c61);
        AddRow(ref Unsafe.Add(ref c, 7 * stride), c70, c71);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(double factor, Vector512<double> u, Vector512<double> v, ref Vector512<double> left, ref Vector512<double> right)
    {
        Vector512<double> f = Vector512.Create(factor);
        left = Vector512.FusedMultiplyAdd(f, u, left);
        right = Vector512.FusedMultiplyAdd(f, v, right);
    }

    private static void AddRow(ref double c, Vector512<double> first, Vector512<double> second)
    {
        (Vector512.LoadUnsafe(ref c) + first).StoreUnsafe(ref c);
        (Vector512.LoadUnsafe(ref c, (nuint)Vector512<double>.Count) + second).StoreUnsafe(ref c, (nuint)Vector512<double>.Count);
    }

    private static void AddNarrowTile(ref double a, ref double b, int depth, ref double c, int stride)
    {
        Vector<double> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        for (int k = 0; k < depth; k++)
        {
            Vector<double> u = Vector.LoadUnsafe(ref b), v = Vector.LoadUnsafe(ref b, (nuint)Vector<double>.Count);
            Vector<double> f = new(a);
            c00 = Vector.FusedMultiplyAdd(f, u, c00);
            c01 = Vector.FusedMultiplyAdd(f, v, c01);
            f = new(Unsafe.Add(ref a, 1));
            c10 = Vector.FusedMultiplyAdd(f, u, c10);
            c11 = Vector.FusedMultiplyAdd(f, v, c11);
            f = new(Unsafe.Add(ref a, 2));
            c20 = Vector.FusedMultiplyAdd(f, u, c20);
            c21 = Vector.FusedMultiplyAdd(f, v, c21);
            f = new(Unsafe.Add(ref a, 3));
            c30 = Vector.FusedMultiplyAdd(f, u, c30);
            c31 = Vector.FusedMultiplyAdd(f, v, c31);
            a = ref Unsafe.Add(ref a, 2 * Vector<double>.Count);
            b = ref Unsafe.Add(ref b, 2 * Vector<double>.Count);
        }

        AddRow(ref c, c00, c01);
        AddRow(ref Unsafe.Add(ref c, stride), c10, c11);
        AddRow(ref Unsafe.Add(ref c, 2 * stride), c20, c21);
        AddRow(ref Unsafe.Add(ref c, 3 * stride), c30, c31);
    }

    private static void AddRow(ref double c, Vector<double> first, Vector<double> second)
    {
        (Vector.LoadUnsafe(ref c) + first).StoreUnsafe(ref c);
        (Vector.LoadUnsafe(ref c, (nuint)Vector<double>.Count) + second).StoreUnsafe(ref c, (nuint)Vector<double>.Count);
    }
}
