namespace Strata.Models;

/// <summary>
/// Attention with linear biases (Press et al. 2022): head h adds slope(h) · position of the key to its scores. The softmax sees the same as with the distance
/// to the query, subtracted.
/// </summary>
/// <param name="ScaledWithScores">The bias is added before the scores are scaled, so it is scaled as they are (Falcon).</param>
/// <param name="BFloat16">Slopes and biases are rounded to bfloat16 (Falcon).</param>
public sealed record AlibiSpec(bool ScaledWithScores = false, bool BFloat16 = false)
{
    /// <summary>What is added to the scores: [heads, keys], row-major.</summary>
    /// <param name="heads">Query heads.</param>
    /// <param name="keys">Keys from the beginning of a sequence.</param>
    /// <param name="scale">Factor on the scores.</param>
    public float[] Biases(int heads, int keys, float scale)
    {
        float[] biases = new float[heads * keys];
        float factor = ScaledWithScores ? scale : 1f;
        for (int head = 0; head < heads; head++)
        {
            float slope = Round(Slope(head, heads));
            for (int key = 0; key < keys; key++) biases[head * keys + key] = Round(slope * key) * factor;
        }

        return biases;
    }

    /// <summary>2^(−8(h+1)/n) for n heads where n is a power of two; for others, the heads beyond the power of two below take every second slope of the power above.</summary>
    private static float Slope(int head, int heads)
    {
        int power = 1 << (int)Math.Log2(heads);
        double exponent = head < power ? 8.0 * (head + 1) / power : 4.0 * (2 * (head - power) + 1) / power;
        return (float)Math.Pow(2, -exponent);
    }

    private float Round(float value)
    {
        if (!BFloat16) return value;
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
