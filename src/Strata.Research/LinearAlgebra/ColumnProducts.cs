using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Strata.Research;

/// <summary>
/// Products Xᵀ·Y of matrices in float64 with few columns beside their rows: moments and Gram matrices of features. Columns are packed into panels, so that a tile of the result stays in registers while the rows pass by. The order of
/// summation depends on the sizes alone.
/// </summary>
internal static class ColumnProducts
{
    /// <summary>Rows of a tile of the result.</summary>
    private const int Tile = 4;

    /// <summary>Rows that are multiplied before moving on: two panels of this depth stay in the first-level cache.</summary>
    private const int Depth = 128;

    /// <summary>Multiply-adds below which the work is not shared out.</summary>
    private const long Small = 1 << 18;

    /// <summary>Columns of a panel, and of a tile of the result.</summary>
    private static int Panel => 2 * Vector<double>.Count;

    /// <summary>C += XᵀY over the first rows; when X is Y, only elements on and below the diagonal are certain to be written.</summary>
    /// <param name="x">[rows, p].</param>
    /// <param name="y">[rows, q].</param>
    /// <param name="rows">How many rows take part.</param>
    /// <param name="c">[p, q].</param>
    public static void Add(RealMatrix x, RealMatrix y, int rows, RealMatrix c)
    {
        bool symmetric = ReferenceEquals(x, y);
        int panels = Panels(y), pieces = symmetric ? (panels + 1) / 2 : panels;
        double[] left = ArrayPool<double>.Shared.Rent(Panels(x) * Panel * Depth), right = symmetric ? left : ArrayPool<double>.Shared.Rent(panels * Panel * Depth);
        for (int start = 0; start < rows; start += Depth)
        {
            int depth = Math.Min(Depth, rows - start);
            Pack(x, start, depth, left);
            if (!symmetric) Pack(y, start, depth, right);
            if ((long)depth * x.Columns * y.Columns < Small) for (int i = 0; i < pieces; i++) AddPiece(left, right, depth, c, i, symmetric);
            else Parallel.For(0, pieces, i => AddPiece(left, right, depth, c, i, symmetric));
        }

        ArrayPool<double>.Shared.Return(left);
        if (!symmetric) ArrayPool<double>.Shared.Return(right);
    }

    private static int Panels(RealMatrix x) => (x.Columns + Panel - 1) / Panel;

    /// <summary>Panel p holds columns p · Panel .. of some rows as [depth, Panel], the last one padded with zeros.</summary>
    private static void Pack(RealMatrix x, int start, int depth, double[] panels)
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

    /// <summary>One panel of columns of the result. Where only those below the diagonal count, the first and the last together are as much work as any other such pair.</summary>
    private static void AddPiece(double[] left, double[] right, int depth, RealMatrix c, int piece, bool symmetric)
    {
        AddPanel(left, right, depth, c, piece, symmetric);
        int other = (c.Columns + Panel - 1) / Panel - 1 - piece;
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
            a = ref Unsafe.Add(ref a, Panel);
            b = ref Unsafe.Add(ref b, Panel);
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
