namespace Strata.Notebooks;

/// <summary>Draws a figure: headings, the plot, notes.</summary>
internal static class SvgFigure
{
    public const double Width = 760;

    /// <summary>Width of a figure that stands beside others, or on a phone.</summary>
    public const double CompactWidth = 372;

    private const double Margin = 14;
    private const int MaxNotes = 12;

    /// <summary>The drawing of a figure's chart (in full or thinned out), with the given notes below it.</summary>
    public static string Render(Figure figure, Chart chart, IReadOnlyList<string> notes)
    {
        SvgCanvas canvas = new(figure.IsCompact ? CompactWidth : Width);
        double inside = canvas.Width - 2 * Margin, size = figure.IsCompact ? 13 : 15;
        double y = 10;
        foreach (string line in SvgCanvas.Wrap(figure.Title, size, inside, 2)) canvas.Text(Margin, y += size + 3, line, size, bold: true);
        if (figure.Subtitle is { } subtitle) foreach (string line in SvgCanvas.Wrap(subtitle, 12, inside, 2)) canvas.Text(Margin, y += 17, line, 12, fill: SvgCanvas.Faint);
        y = DrawChart(canvas, chart, y + 12);
        foreach (string note in notes.Take(MaxNotes))
        {
            foreach (string line in SvgCanvas.Wrap(note, 10.5, inside, 3)) canvas.Text(Margin, y += 14, line, 10.5, fill: SvgCanvas.Faint);
        }

        return canvas.Finish(y + 10, Escape.Clip(figure.Title, 200), ProvenanceLines.OneLine(figure.Provenance));
    }

    private static double DrawChart(SvgCanvas canvas, Chart chart, double top) => chart switch
    {
        LineChart lines => SvgXyPlot.Draw(canvas, lines, top),
        ScatterChart scatter => SvgXyPlot.Draw(canvas, scatter, top),
        HistogramChart histogram => SvgXyPlot.Draw(canvas, histogram, top),
        BarChart bars => SvgBars.Draw(canvas, bars, top),
        HeatmapChart heatmap => SvgHeatmap.Draw(canvas, heatmap, top),
        GridChart grid => SvgHeatmap.Draw(canvas, grid, top),
        _ => throw new InvalidOperationException($"No drawing for {chart.GetType().Name}."),
    };
}
