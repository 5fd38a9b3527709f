namespace Strata.Notebooks;

/// <summary>Colours that people with colour-vision deficiencies can tell apart.</summary>
internal static class ColorScale
{
    /// <summary>Colours of series: Okabe and Ito (2008), the pale yellow left out because it does not show on white.</summary>
    public static readonly string[] Palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

    /// <summary>Colour of cells without a value.</summary>
    public const string Missing = "#e4e4e4";

    // Evenly spaced anchors of matplotlib's viridis and of ColorBrewer's 11-class RdBu, low to high.
    private static readonly int[] Sequential = [0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725];
    private static readonly int[] Diverging = [0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f];

    /// <summary>The anchors of a scale, low to high, as 0xRRGGBB.</summary>
    public static ReadOnlySpan<int> Anchors(ColorScaleKind kind) => kind == ColorScaleKind.Sequential ? Sequential : Diverging;

    /// <summary>The colour at a fraction of the way along a scale, as 0xRRGGBB.</summary>
    public static int At(ColorScaleKind kind, double fraction)
    {
        ReadOnlySpan<int> anchors = Anchors(kind);
        double position = Math.Clamp(fraction, 0, 1) * (anchors.Length - 1);
        int index = Math.Min((int)position, anchors.Length - 2);
        double t = position - index;
        int color = 0;
        for (int shift = 16; shift >= 0; shift -= 8)
        {
            int low = (anchors[index] >> shift) & 255, high = (anchors[index + 1] >> shift) & 255;
            color |= (int)Math.Round(low + t * (high - low)) << shift;
        }

        return color;
    }

    /// <summary>A colour as <c>#rrggbb</c>.</summary>
    public static string Hex(int color) => $"#{color:x6}";

    /// <summary>Black or white, whichever is easier to read on a colour (relative luminance as in WCAG 2, without the gamma table).</summary>
    public static string TextOn(int color)
    {
        double luminance = 0.2126 * Math.Pow(((color >> 16) & 255) / 255.0, 2.2) + 0.7152 * Math.Pow(((color >> 8) & 255) / 255.0, 2.2) + 0.0722 * Math.Pow((color & 255) / 255.0, 2.2);
        return luminance > 0.22 ? "#111" : "#fff";
    }
}
