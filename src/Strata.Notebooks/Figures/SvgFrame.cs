namespace Strata.Notebooks;

/// <summary>The rectangle in which data are drawn, with its scales.</summary>
internal sealed record SvgFrame(double Left, double Top, double Width, double Height, AxisScale X, AxisScale Y)
{
    private const string GridLine = "#e6e6e6";
    private const string AxisLine = "#888";

    public double Bottom => Top + Height;

    public double Right => Left + Width;

    public double PixelX(double value) => Left + X.Fraction(value) * Width;

    public double PixelY(double value) => Bottom - Y.Fraction(value) * Height;

    /// <summary>A frame over the full width of the drawing, as far left as its tick labels allow.</summary>
    public static SvgFrame Place(SvgCanvas canvas, AxisScale x, AxisScale y, bool hasTitle, double top)
    {
        double labels = y.Ticks.Count == 0 ? 0 : y.Ticks.Max(t => SvgCanvas.TextWidth(t.Label, 11));
        double left = 14 + (hasTitle ? 20 : 0) + labels + 8;
        return new SvgFrame(left, top + 6, canvas.Width - left - 22, canvas.IsCompact ? 190 : 300, x, y);
    }

    /// <summary>Horizontal grid lines with their labels, and the title of the y-axis.</summary>
    public void DrawY(SvgCanvas canvas, string title)
    {
        foreach ((double value, string label) in Y.Ticks)
        {
            canvas.Line(Left, PixelY(value), Right, PixelY(value), GridLine);
            canvas.Text(Left - 7, PixelY(value) + 4, label, anchor: Anchor.End);
        }

        canvas.Text(24, Top + Height / 2, SvgCanvas.Fit(title, 12, Height + 40), 12, Anchor.Middle, rotate: -90);
    }

    /// <summary>Ticks of a numeric x-axis with their labels, and its title; returns the lowest pixel used.</summary>
    public double DrawX(SvgCanvas canvas, string title)
    {
        canvas.Line(Left, Bottom, Right, Bottom, AxisLine);
        foreach ((double value, string label) in X.Ticks)
        {
            canvas.Line(PixelX(value), Bottom, PixelX(value), Bottom + 4, AxisLine);
            canvas.Text(PixelX(value), Bottom + 17, label, anchor: Anchor.Middle);
        }

        return DrawXTitle(canvas, title, Bottom + 20);
    }

    /// <summary>The title of the x-axis below what is there already; returns the lowest pixel used.</summary>
    public double DrawXTitle(SvgCanvas canvas, string title, double y)
    {
        if (title.Length == 0) return y + 4;
        canvas.Text(Left + Width / 2, y + 16, SvgCanvas.Fit(title, 12, Width), 12, Anchor.Middle);
        return y + 24;
    }
}
