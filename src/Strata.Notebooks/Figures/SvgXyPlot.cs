using System.Text;

namespace Strata.Notebooks;

/// <summary>Draws plots with two numeric axes: lines, points, histograms.</summary>
internal static class SvgXyPlot
{
    private const int MaxMarkers = 60;
    private const int MaxPointLabels = 40;

    public static double Draw(SvgCanvas canvas, LineChart chart, double top)
    {
        IReadOnlyList<LineSeries> series = chart.Series;
        AxisScale x = AxisScale.Fit(series.SelectMany(s => s.X), chart.X.Log, snap: false, zero: false, canvas.IsCompact ? 5 : 9);
        AxisScale y = AxisScale.Fit(series.SelectMany(s => s.Y.Concat(s.Lower ?? []).Concat(s.Upper ?? [])), chart.Y.Log, snap: true, zero: false, 6);
        top = SvgLegend.Draw(canvas, series, top);
        SvgFrame frame = SvgFrame.Place(canvas, x, y, chart.Y.Label.Length > 0, top);
        frame.DrawY(canvas, chart.Y.Label);
        double bottom = frame.DrawX(canvas, chart.X.Label);
        for (int i = 0; i < series.Count; i++) DrawBand(canvas, frame, series[i], SvgLegend.Look(i, series[i]).Color);
        for (int i = 0; i < series.Count; i++) DrawLine(canvas, frame, series[i], SvgLegend.Look(i, series[i]));
        for (int i = 0; i < series.Count; i++) DrawRing(canvas, frame, series[i], SvgLegend.Look(i, series[i]).Color);
        return bottom;
    }

    public static double Draw(SvgCanvas canvas, ScatterChart chart, double top)
    {
        IReadOnlyList<PointSeries> series = chart.Series;
        AxisScale x = AxisScale.Fit(series.SelectMany(s => s.X), chart.X.Log, snap: true, zero: false, canvas.IsCompact ? 5 : 8);
        AxisScale y = AxisScale.Fit(series.SelectMany(s => s.Y), chart.Y.Log, snap: true, zero: false, 6);
        top = SvgLegend.Draw(canvas, series.Select(s => s.Name), top);
        SvgFrame frame = SvgFrame.Place(canvas, x, y, chart.Y.Label.Length > 0, top);
        frame.DrawY(canvas, chart.Y.Label);
        double bottom = frame.DrawX(canvas, chart.X.Label);
        int points = series.Sum(s => s.X.Count);
        double size = points > 2000 ? 3 : points > 300 ? 4.5 : 7;
        for (int i = 0; i < series.Count; i++)
            canvas.Path(Dots(frame, series[i].X, series[i].Y, isolatedOnly: false), $"stroke=\"{SvgLegend.Look(i, false).Color}\" stroke-width=\"{SvgCanvas.N(size)}\" stroke-linecap=\"round\" stroke-opacity=\".75\"");
        if (series.Sum(s => s.PointNames?.Count ?? 0) is > 0 and <= MaxPointLabels) DrawPointNames(canvas, frame, series);
        return bottom;
    }

    public static double Draw(SvgCanvas canvas, HistogramChart chart, double top)
    {
        AxisScale x = AxisScale.Fit(chart.Edges, log: false, snap: false, zero: false, canvas.IsCompact ? 5 : 9);
        AxisScale y = AxisScale.Fit(chart.Series.SelectMany(s => s.Values), chart.Y.Log, snap: true, zero: true, 6);
        top = SvgLegend.Draw(canvas, chart.Series.Select(s => s.Name), top);
        SvgFrame frame = SvgFrame.Place(canvas, x, y, hasTitle: true, top);
        frame.DrawY(canvas, chart.Y.Label);
        for (int i = 0; i < chart.Series.Count; i++)
        {
            StringBuilder path = new();
            for (int bin = 0; bin < chart.Edges.Length - 1; bin++)
            {
                double left = frame.PixelX(chart.Edges[bin]), width = frame.PixelX(chart.Edges[bin + 1]) - left, height = frame.Bottom - frame.PixelY(chart.Series[i].Values[bin]);
                if (height > 0) path.Append($"M{SvgCanvas.N(left)} {SvgCanvas.N(frame.Bottom)}v-{SvgCanvas.N(height)}h{SvgCanvas.N(width)}v{SvgCanvas.N(height)}z");
            }

            string color = SvgLegend.Look(i, false).Color;
            canvas.Path(path, $"fill=\"{color}\" fill-opacity=\"{(chart.Series.Count > 1 ? ".45" : ".85")}\" stroke=\"#fff\" stroke-width=\".5\"");
        }

        return frame.DrawX(canvas, chart.X.Label);
    }

    private static void DrawBand(SvgCanvas canvas, SvgFrame frame, LineSeries series, string color)
    {
        if (series.Lower is not { } lower || series.Upper is not { } upper) return;
        StringBuilder path = new();
        int start = 0;
        while (start < series.X.Count)
        {
            int end = start;
            while (end < series.X.Count && frame.X.Shows(series.X[end]) && frame.Y.Shows(lower[end]) && frame.Y.Shows(upper[end])) end++;
            for (int i = start; i < end; i++) path.Append(i == start ? 'M' : 'L').Append(Point(frame, series.X[i], upper[i]));
            for (int i = end - 1; i >= start; i--) path.Append('L').Append(Point(frame, series.X[i], lower[i]));
            if (end > start) path.Append('z');
            start = end + 1;
        }

        canvas.Path(path, $"fill=\"{color}\" fill-opacity=\".18\"");
    }

    private static void DrawLine(SvgCanvas canvas, SvgFrame frame, LineSeries series, (string Color, string? Dash) look)
    {
        StringBuilder path = new();
        bool pen = false;
        for (int i = 0; i < series.X.Count; i++)
        {
            bool shown = frame.X.Shows(series.X[i]) && frame.Y.Shows(series.Y[i]);
            if (shown) path.Append(pen ? 'L' : 'M').Append(Point(frame, series.X[i], series.Y[i]));
            pen = shown;
        }

        string dash = look.Dash is null ? "" : $" stroke-dasharray=\"{look.Dash}\"";
        canvas.Path(path, $"fill=\"none\" stroke=\"{look.Color}\" stroke-width=\"2\" stroke-linejoin=\"round\"{dash}");

        // A point between two gaps has no line of its own, so it always gets a dot.
        StringBuilder dots = Dots(frame, series.X, series.Y, isolatedOnly: series.X.Count > MaxMarkers || series.Dashed);
        canvas.Path(dots, $"stroke=\"{look.Color}\" stroke-width=\"5\" stroke-linecap=\"round\"");
    }

    private static void DrawRing(SvgCanvas canvas, SvgFrame frame, LineSeries series, string color)
    {
        if (series.Ringed is not { } at || !frame.X.Shows(series.X[at]) || !frame.Y.Shows(series.Y[at])) return;
        canvas.Raw($"<circle cx=\"{SvgCanvas.N(frame.PixelX(series.X[at]))}\" cy=\"{SvgCanvas.N(frame.PixelY(series.Y[at]))}\" r=\"6.5\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\"/>");
    }

    /// <summary>Points as strokes of no length, which round caps turn into discs: the shortest form that SVG has.</summary>
    private static StringBuilder Dots(SvgFrame frame, IReadOnlyList<double> x, IReadOnlyList<double> y, bool isolatedOnly)
    {
        StringBuilder path = new();
        for (int i = 0; i < x.Count; i++)
        {
            if (!Shown(i) || (isolatedOnly && ((i > 0 && Shown(i - 1)) || (i + 1 < x.Count && Shown(i + 1))))) continue;
            path.Append('M').Append(Point(frame, x[i], y[i])).Append("h0");
        }

        return path;

        bool Shown(int i) => frame.X.Shows(x[i]) && frame.Y.Shows(y[i]);
    }

    /// <summary>Names beside their points; a name that would cover another is left out.</summary>
    private static void DrawPointNames(SvgCanvas canvas, SvgFrame frame, IReadOnlyList<PointSeries> series)
    {
        List<(double Left, double Top, double Right, double Bottom)> taken = [];
        foreach (PointSeries s in series)
        {
            for (int i = 0; i < s.X.Count; i++)
            {
                if (s.PointNames is not { } names || !frame.X.Shows(s.X[i]) || !frame.Y.Shows(s.Y[i])) continue;
                string name = SvgCanvas.Fit(names[i], 10, 140);
                double width = SvgCanvas.TextWidth(name, 10), px = frame.PixelX(s.X[i]), py = frame.PixelY(s.Y[i]);
                bool leftward = px + 6 + width > frame.Right;
                double left = leftward ? px - 6 - width : px + 6;
                (double Left, double Top, double Right, double Bottom) box = (left, py - 7, left + width, py + 5);
                if (taken.Any(t => t.Left < box.Right && box.Left < t.Right && t.Top < box.Bottom && box.Top < t.Bottom)) continue;
                taken.Add(box);
                canvas.Text(leftward ? px - 6 : px + 6, py + 3.5, name, 10, leftward ? Anchor.End : Anchor.Start, SvgCanvas.Faint);
            }
        }
    }

    private static string Point(SvgFrame frame, double x, double y) => $"{SvgCanvas.N(frame.PixelX(x))} {SvgCanvas.N(frame.PixelY(y))}";
}
