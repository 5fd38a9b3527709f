namespace Strata.Notebooks;

/// <summary>Draws the names of series above a plot, in as many rows as they need.</summary>
internal static class SvgLegend
{
    private const int MaxEntries = 24;
    private const double Swatch = 22;

    /// <summary>Colours and dash patterns by which series are told apart: seven colours, then the same with other dashes.</summary>
    public static (string Color, string? Dash) Look(int index, bool dashed)
    {
        string color = ColorScale.Palette[index % ColorScale.Palette.Length];
        return (color, dashed ? "5 4" : (index / ColorScale.Palette.Length % 3) switch { 0 => null, 1 => "1.5 3", _ => "9 3 2 3" });
    }

    /// <summary>The look of a line: of a line with a place in an order, a colour from the scale of heat maps, without its bright end, which does not show on white.</summary>
    public static (string Color, string? Dash) Look(int index, LineSeries series) => series.Shade is double shade
        ? (ColorScale.Hex(ColorScale.At(ColorScaleKind.Sequential, 0.88 * Math.Clamp(shade, 0, 1))), series.Dashed ? "5 4" : null)
        : Look(series.Hue ?? index, series.Dashed);

    /// <summary>The legend of lines.</summary>
    public static double Draw(SvgCanvas canvas, IReadOnlyList<LineSeries> series, double top) =>
        Draw(canvas, series.Select((s, i) => (s.Name, Look(i, s))).ToArray(), lines: true, top);

    /// <summary>The legend of series that are told apart by colour alone.</summary>
    public static double Draw(SvgCanvas canvas, IEnumerable<string> names, double top) =>
        Draw(canvas, names.Select((name, i) => (name, Look(i, false))).ToArray(), lines: false, top);

    /// <summary>The legend; nothing when there is one series only. Returns the lowest pixel used.</summary>
    private static double Draw(SvgCanvas canvas, IReadOnlyList<(string Name, (string Color, string? Dash) Look)> series, bool lines, double top)
    {
        if (series.Count < 2) return top;
        double x = 14, y = top + 8;
        for (int i = 0; i < Math.Min(series.Count, MaxEntries); i++)
        {
            string name = SvgCanvas.Fit(series[i].Name, 11, 220);
            double width = Swatch + 6 + SvgCanvas.TextWidth(name, 11) + 18;
            if (x + width > canvas.Width - 10 && x > 14) (x, y) = (14, y + 17);
            (string color, string? dash) = series[i].Look;
            if (lines) canvas.Raw($"<path d=\"M{SvgCanvas.N(x)} {SvgCanvas.N(y - 4)}h{Swatch}\" stroke=\"{color}\" stroke-width=\"2\"{(dash is null ? "" : $" stroke-dasharray=\"{dash}\"")}/>");
            else canvas.Rect(x + 8, y - 9, 10, 10, color);
            canvas.Text(x + Swatch + 6, y, name);
            x += width;
        }

        if (series.Count > MaxEntries) canvas.Text(14, y += 17, $"and {series.Count - MaxEntries} more", fill: SvgCanvas.Faint);
        return y + 10;
    }
}
