using System.Runtime.CompilerServices;

namespace Strata.Tensors.Cpu;

/// <summary>
/// The left factor of a register tile: rows with a fixed distance, so that the kernel reaches all of them from one address. The depth is as large as a block of rows in the second-level cache allows: each stretch of it reads and
/// writes the whole result once, which costs more than a tile's rows that do not quite fit the first-level cache. No power of two, which would bring all rows to the same places of the cache.
/// </summary>
internal static unsafe class RowBlock
{
    /// <summary>Columns, and floats from one row to the next.</summary>
    public const int Depth = 768;

    /// <summary>Copies rows [rows, depth], <paramref name="stride"/> floats apart, into a block.</summary>
    public static void Fill(float* source, long stride, int rows, int depth, float* block)
    {
        for (int r = 0; r < rows; r++) Unsafe.CopyBlockUnaligned(block + ((long)r * Depth), source + (r * stride), (uint)depth * sizeof(float));
    }

    /// <summary>The height of the next register tile when <paramref name="rows"/> remain: as even as possible, so that none is left with a few rows.</summary>
    public static int NextTile(int rows, int tileRows)
    {
        int tiles = (rows + tileRows - 1) / tileRows;
        return (rows + tiles - 1) / tiles;
    }
}
