namespace Strata.Research;

/// <summary>The cosine of two vectors in float64: near 1 an angle magnifies every rounding of its cosine.</summary>
internal static class Cosine
{
    /// <summary>At most 1 in size; NaN when a vector is zero or not finite.</summary>
    public static double Of(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double dot = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double a = x[i], b = y[i];
            dot += a * b;
            xx += a * a;
            yy += b * b;
        }

        double cosine = dot / (Math.Sqrt(xx) * Math.Sqrt(yy));
        return double.IsFinite(cosine) ? Math.Clamp(cosine, -1, 1) : double.NaN;
    }
}
