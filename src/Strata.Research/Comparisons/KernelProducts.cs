using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Inner products ⟨K_i, K_j⟩ of the linear kernels of many matrices at once, tile by tile of pairs of rows: a tile of every kernel is made once and serves all pairs while it lies in the cache, so that no kernel is ever held whole, and
/// a pair costs n² numbers instead of a product of n·d². Kernels are float32, their inner products float64: a product of well-mixed data is off by about 1e-8, one of few different values by a few 1e-7.
/// </summary>
internal sealed class KernelProducts
{
    /// <summary>Rows of a tile.</summary>
    private const int Tile = 512;

    /// <summary>Elements of a tile of which the inner products of all pairs are taken together: small enough for the second-level cache with a dozen kernels.</summary>
    private const int Chunk = 8192;

    private readonly Strata.Tensors.Tensor[][] _tiles;
    private readonly double[,] _products;

    private KernelProducts(IReadOnlyList<(FloatMatrix Rows, double[] Means)> sides, CancellationToken cancellation)
    {
        _products = new double[sides.Count, sides.Count];
        int tiles = (sides[0].Rows.Rows + Tile - 1) / Tile;
        _tiles = [.. sides.Select(_ => new Strata.Tensors.Tensor[tiles])];
        ParallelWork.For(sides.Count * tiles, cancellation, i => _tiles[i / tiles][i % tiles] = Centred(sides[i / tiles].Rows, sides[i / tiles].Means, i % tiles * Tile));
    }

    /// <summary>Whether this way costs less than half of one product of features per pair.</summary>
    public static bool Pays(int sides, long pairs, int rows, int leastWidth, int mostWidth) =>
        2 * (sides * 0.5 * rows * rows * mostWidth + pairs * 2.0 * rows * rows) < (double)pairs * rows * leastWidth * leastWidth;

    /// <summary>All inner products, [sides, sides]; the matrices have equally many rows.</summary>
    public static double[,] OfAll(IReadOnlyList<(FloatMatrix Rows, double[] Means)> sides, CancellationToken cancellation)
    {
        KernelProducts all = new(sides, cancellation);
        int tiles = all._tiles[0].Length;
        for (int i = 0; i < tiles; i++)
        {
            for (int j = 0; j <= i; j++) all.AddTile(i, j, cancellation);
        }

        return all._products;
    }

    private void AddTile(int i, int j, CancellationToken cancellation)
    {
        using TensorScope scope = CpuEngine.Default.OpenScope();
        Strata.Tensors.Tensor[] kernels = [.. _tiles.Select(t => scope.MatMul(t[i], t[j], transposeB: true))];
        int count = kernels.Length, length = kernels[0].Shape.Count, chunks = (length + Chunk - 1) / Chunk;
        double[] sums = new double[chunks * count * count];
        ParallelWork.For(chunks, cancellation, c =>
        {
            int start = c * Chunk, size = Math.Min(Chunk, length - start);
            for (int a = 0; a < count; a++)
            {
                for (int b = 0; b <= a; b++) sums[(c * count + a) * count + b] = WideRows.Dot(kernels[a].Span.Slice(start, size), kernels[b].Span.Slice(start, size));
            }
        });

        // A tile beside the diagonal stands for its mirror image too.
        double weight = i == j ? 1 : 2;
        for (int at = 0; at < sums.Length; at++)
        {
            int a = at / count % count, b = at % count;
            if (b > a) continue;
            _products[a, b] += weight * sums[at];
            _products[b, a] = _products[a, b];
        }
    }

    private static Strata.Tensors.Tensor Centred(FloatMatrix rows, double[] means, int start)
    {
        int count = Math.Min(Tile, rows.Rows - start);
        float[] values = new float[count * rows.Columns];
        double[] row = new double[rows.Columns];
        for (int i = 0; i < count; i++)
        {
            WideRows.Subtract(rows.Row(start + i), means, row);
            System.Numerics.Tensors.TensorPrimitives.ConvertSaturating<double, float>(row, values.AsSpan(i * rows.Columns));
        }

        return CpuEngine.Default.FromHost(values, new Shape(count, rows.Columns));
    }
}
