namespace Strata.Models;

/// <summary>
/// A learned bias of the scores by the distance from query to key (Raffel et al. 2020): one number per head and bucket of distances, half of the buckets for keys
/// behind the query. Near distances have a bucket each, far ones share them by their logarithm.
/// </summary>
/// <param name="Buckets">Buckets of both sides.</param>
/// <param name="MaxDistance">Distances from here on share the last bucket of their side.</param>
public sealed record RelativeBiasSpec(int Buckets, int MaxDistance)
{
    /// <summary>The bucket of a distance.</summary>
    /// <param name="distance">Position of the key less that of the query.</param>
    public int Bucket(int distance)
    {
        int side = Buckets / 2, exact = side / 2, length = Math.Abs(distance), first = distance > 0 ? side : 0;
        if (length < exact) return first + length;

        // In float32, as the families compute it: at the edges of buckets rounding decides.
        float share = MathF.Log((float)length / exact) / (float)Math.Log((double)MaxDistance / exact);
        return first + Math.Min(side - 1, exact + (int)(share * (side - exact)));
    }

    /// <summary>The bias of each distance from 1 − length to length − 1: [heads, 2 · length − 1], row-major.</summary>
    /// <param name="table">[buckets, heads].</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="length">Tokens of the longest sequence.</param>
    public float[] Biases(ReadOnlySpan<float> table, int heads, int length)
    {
        int columns = 2 * length - 1;
        float[] biases = new float[heads * columns];
        for (int column = 0; column < columns; column++)
        {
            int bucket = Bucket(column - length + 1);
            for (int head = 0; head < heads; head++) biases[head * columns + column] = table[bucket * heads + head];
        }

        return biases;
    }
}

/// <summary>
/// Disentangled attention (He et al. 2021, DeBERTa): besides that of query and key, scores have the products of the query with a vector of the distance and of the key
/// with another.
/// </summary>
/// <param name="Span">Rows of the table of distances to each side.</param>
/// <param name="Buckets">Distances beyond half of this share rows by their logarithm; 0 where each has a row.</param>
/// <param name="MaxDistance">Distance of the last row, where rows are shared.</param>
/// <param name="QueryTerm">Are queries multiplied with distances (content to position)?</param>
/// <param name="KeyTerm">Are keys multiplied with distances (position to content)?</param>
/// <param name="SharedMaps">Distances go through the maps of queries and keys; otherwise through maps of their own.</param>
/// <param name="Norm">Is the table normalised?</param>
public sealed record DisentangledSpec(int Span, int Buckets, int MaxDistance, bool QueryTerm, bool KeyTerm, bool SharedMaps, bool Norm)
{
    /// <summary>The row of a distance.</summary>
    /// <param name="distance">Position of the query less that of the key.</param>
    public int Row(int distance) => Math.Clamp(Shared(distance) + Span, 0, 2 * Span - 1);

    private int Shared(int distance)
    {
        int middle = Buckets / 2, length = Math.Abs(distance);
        if (Buckets == 0 || length <= middle) return distance;

        // In float32, as the family computes it: at the edges of buckets rounding decides.
        float share = MathF.Log((float)length / middle) / MathF.Log((float)((MaxDistance - 1) / (double)middle));
        return Math.Sign(distance) * ((int)MathF.Ceiling(share * (middle - 1)) + middle);
    }
}
