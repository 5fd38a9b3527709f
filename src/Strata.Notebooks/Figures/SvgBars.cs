using System.Text;

namespace Strata.Notebooks;

/// <summary>Draws groups of bars.</summary>
internal static class SvgBars
{
    public static double Draw(SvgCanvas canvas, BarChart chart, double top)
    {
        AxisScale x = AxisScale.Between(-0.5, chart.Categories.Count - 0.5, 5);
        AxisScale y = AxisScale.Fit(chart.Series.SelectMany(Reach), chart.Y.Log, snap: true, zero: true, 6);
        top = SvgLegend.Draw(canvas, chart.Series.Select(s => s.Name), top);
        SvgFrame frame = SvgFrame.Place(canvas, x, y, chart.Y.Label.Length > 0, top);
        frame.DrawY(canvas, chart.Y.Label);
        for (int i = 0; i < chart.Series.Count; i++) DrawSeries(canvas, frame, chart, i);
        double zero = Baseline(frame);
        canvas.Line(frame.Left, zero, frame.Right, zero, "#888");
        SvgCategoryLabels labels = SvgCategoryLabels.Plan(chart.Categories, frame.Width / Math.Max(1, chart.Categories.Count));
        labels.Draw(canvas, frame.Left, frame.Bottom + 4);
        return frame.DrawXTitle(canvas, chart.X.Label, frame.Bottom + 6 + labels.Height);
    }

    private static IEnumerable<double> Reach(BarSeries series)
    {
        for (int i = 0; i < series.Values.Count; i++)
        {
            double error = series.Errors is { } errors && AxisScale.Drawable(errors[i]) ? errors[i] : 0;
            yield return series.Values[i] - error;
            yield return series.Values[i] + error;
        }
    }

    private static double Baseline(SvgFrame frame) => frame.Y.Log ? frame.Bottom : frame.PixelY(0);

    private static void DrawSeries(SvgCanvas canvas, SvgFrame frame, BarChart chart, int index)
    {
        BarSeries series = chart.Series[index];
        double step = frame.Width / Math.Max(1, chart.Categories.Count), bar = step * 0.8 / chart.Series.Count, zero = Baseline(frame);
        StringBuilder bars = new(), whiskers = new();
        for (int c = 0; c < series.Values.Count; c++)
        {
            double value = series.Values[c];
            if (!frame.Y.Shows(value)) continue;
            double left = frame.Left + c * step + step * 0.1 + index * bar, y = frame.PixelY(value), middle = left + bar / 2;
            bars.Append($"M{SvgCanvas.N(left)} {SvgCanvas.N(zero)}V{SvgCanvas.N(y)}h{SvgCanvas.N(Math.Max(0.3, bar))}V{SvgCanvas.N(zero)}z");
            if (series.Errors is not { } errors || !frame.Y.Shows(value - errors[c]) || !frame.Y.Shows(value + errors[c])) continue;
            whiskers.Append($"M{SvgCanvas.N(middle)} {SvgCanvas.N(frame.PixelY(value - errors[c]))}V{SvgCanvas.N(frame.PixelY(value + errors[c]))}");
        }

        canvas.Path(bars, $"fill=\"{SvgLegend.Look(index, false).Color}\"");
        canvas.Path(whiskers, "stroke=\"#222\" stroke-width=\"1.2\"");
    }
}
