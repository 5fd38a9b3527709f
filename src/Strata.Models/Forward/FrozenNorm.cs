namespace Strata.Models;

/// <summary>A norm as a linear map: what it makes of a part of a row when it divides by the scale of the whole row, held fixed. Parts that add up to the row then add up to the normalised row, less the norm's bias.</summary>
internal static class FrozenNorm
{
    /// <summary>Normalises a part by the scale of the whole row; with the norm's gain, without its bias.</summary>
    /// <param name="spec">The kind of norm.</param>
    /// <param name="norm">Its gain.</param>
    /// <param name="part">A part of the row.</param>
    /// <param name="whole">The row.</param>
    /// <param name="result">Receives the normalised part; may be the part itself.</param>
    public static void Apply(ModelSpec spec, NormWeights? norm, ReadOnlySpan<float> part, ReadOnlySpan<float> whole, Span<float> result)
    {
        bool centred = spec.Norm == NormKind.LayerNorm;
        double mean = centred ? Mean(whole) : 0, partMean = centred ? Mean(part) : 0, squares = 0;
        foreach (float v in whole) squares += (v - mean) * (v - mean);
        double scale = 1 / Math.Sqrt(squares / whole.Length + spec.NormEpsilon);
        float[]? gain = norm?.Gain?.ToArray();
        for (int j = 0; j < result.Length; j++) result[j] = (float)((part[j] - partMean) * scale * (gain is null ? 1 : gain[j]));
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float v in values) sum += v;
        return sum / values.Length;
    }
}
