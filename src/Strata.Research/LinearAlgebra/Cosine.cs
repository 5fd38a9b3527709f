namespace Strata.Research;

/// <summary>The cosine of two vectors in float64: near 1 an angle magnifies every rounding of its cosine.</summary>
internal static class Cosine
{
    /// <summary>At most 1 in size; NaN when a vector is zero or not finite.</summary>
    public static double Of(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double dot = WideRows.Dot(x, y), xx = WideRows.Dot(x, x), yy = WideRows.Dot(y, y);
        double cosine = dot / (Math.Sqrt(xx) * Math.Sqrt(yy));
        return double.IsFinite(cosine) ? Math.Clamp(cosine, -1, 1) : double.NaN;
    }
}
