using System.Numerics.Tensors;

namespace Strata.Tensors;

/// <summary>The cosines and sines by which rotary positions turn pairs of columns: one row per token, for all heads and blocks that turn alike.</summary>
public static class RotaryTable
{
    /// <summary>Fills rows of a table: the cosines of all pairs, then the sines. Angles are computed in double precision.</summary>
    /// <param name="positions">One position per row.</param>
    /// <param name="frequencies">Angle per position of each pair.</param>
    /// <param name="magnitude">Factor on cosines and sines; 1 for most scalings.</param>
    /// <param name="table">Receives positions · 2 · pairs numbers.</param>
    /// <exception cref="ArgumentException">The table has another length.</exception>
    public static void Fill(ReadOnlySpan<int> positions, ReadOnlySpan<float> frequencies, float magnitude, Span<float> table)
    {
        int pairs = frequencies.Length;
        if (table.Length != 2L * pairs * positions.Length)
            throw new ArgumentException($"{positions.Length} positions and {pairs} pairs need a table of {2L * pairs * positions.Length} numbers; {table.Length} were given.");
        Span<double> work = pairs <= 256 ? stackalloc double[3 * pairs] : new double[3 * pairs];
        Span<double> angles = work[..pairs], sines = work.Slice(pairs, pairs), cosines = work[(2 * pairs)..];
        for (int row = 0; row < positions.Length; row++)
        {
            Span<float> target = table.Slice(2 * pairs * row, 2 * pairs);
            for (int i = 0; i < pairs; i++) angles[i] = (double)positions[row] * frequencies[i];
            TensorPrimitives.SinCos<double>(angles, sines, cosines);
            for (int i = 0; i < pairs; i++) (target[i], target[pairs + i]) = ((float)(cosines[i] * magnitude), (float)(sines[i] * magnitude));
        }
    }
}
