using System.Text;

namespace Strata.Notebooks;

/// <summary>Draws heat maps, alone and in grids. Cells of one colour share a path, neighbours in a row share a stroke, so that drawings stay small.</summary>
internal static class SvgHeatmap
{
    private const int Shades = 64;
    public const double MaxWidth = 560;
    private const double MaxHeight = 500;
    private const double MaxCell = 44;

    public static double Draw(SvgCanvas canvas, HeatmapChart chart, double top)
    {
        double widest = Math.Min(130, chart.RowLabels.Max(l => SvgCanvas.TextWidth(Escape.Clip(l, 40), 11)));
        double left = 14 + (chart.Style.Y.Label.Length > 0 ? 20 : 0) + widest + 8;
        (double cellWidth, double cellHeight) = CellSize(chart, Math.Min(MaxWidth, canvas.Width - left - (canvas.IsCompact ? 84 : 100)));
        double width = cellWidth * chart.Columns, height = cellHeight * chart.Rows;
        top += 4;
        DrawCells(canvas, chart, left, top, cellWidth, cellHeight);
        DrawTexts(canvas, chart, left, top, cellWidth, cellHeight);
        DrawRowLabels(canvas, chart, left, top, cellHeight, 11, 130);
        if (chart.Style.Y.Label.Length > 0) canvas.Text(24, top + height / 2, SvgCanvas.Fit(chart.Style.Y.Label, 12, Math.Max(height, 120)), 12, Anchor.Middle, rotate: -90);
        SvgCategoryLabels labels = SvgCategoryLabels.Plan(chart.ColumnLabels, cellWidth);
        labels.Draw(canvas, left, top + height + 3);
        double bottom = top + height + 5 + labels.Height;
        if (chart.Style.X.Label.Length > 0) canvas.Text(left + width / 2, bottom += 14, chart.Style.X.Label, 12, Anchor.Middle);
        double bar = DrawColorBar(canvas, chart, left + width + 18, top, Math.Max(height, 90));
        return Math.Max(bottom + 6, bar);
    }

    public static double Draw(SvgCanvas canvas, GridChart grid, double top)
    {
        HeatmapChart first = grid.Panels[0].Chart;
        const double gap = 14, barWidth = 92;
        double rowLabels = Math.Min(60, grid.Panels.Max(p => p.Chart.RowLabels.Max(l => SvgCanvas.TextWidth(Escape.Clip(l, 20), 9)))) + 5;
        double panel = Math.Min(240, (canvas.Width - 14 - barWidth - grid.Columns * (gap + rowLabels)) / grid.Columns);
        double y = top;
        for (int row = 0; row < grid.Rows; row++)
        {
            double lowest = y;
            for (int column = 0; column < grid.Columns && row * grid.Columns + column < grid.Panels.Count; column++)
            {
                (string title, HeatmapChart chart) = grid.Panels[row * grid.Columns + column];
                lowest = Math.Max(lowest, DrawPanel(canvas, title, chart, 14 + column * (panel + gap + rowLabels) + rowLabels, y, panel));
            }

            y = lowest + 8;
        }

        double right = 14 + grid.Columns * (panel + gap + rowLabels);
        return Math.Max(y, DrawColorBar(canvas, first, right + 4, top + 18, Math.Clamp(y - top - 40, 90, 320)));
    }

    private static double DrawPanel(SvgCanvas canvas, string title, HeatmapChart chart, double left, double top, double width)
    {
        double cellWidth = width / chart.Columns, cellHeight = Math.Min(cellWidth, 2 * width / chart.Rows);
        canvas.Text(left + width / 2, top + 12, SvgCanvas.Fit(title, 11, width), 11, Anchor.Middle, bold: true);
        top += 18;
        DrawCells(canvas, chart, left, top, cellWidth, cellHeight);
        DrawTexts(canvas, chart, left, top, cellWidth, cellHeight);
        DrawRowLabels(canvas, chart, left, top, cellHeight, 9, 60);
        SvgCategoryLabels labels = SvgCategoryLabels.Plan(chart.ColumnLabels, cellWidth, 9);
        labels.Draw(canvas, left, top + cellHeight * chart.Rows + 1);
        return top + cellHeight * chart.Rows + 2 + labels.Height;
    }

    /// <summary>Square cells where the matrix's proportions allow it; wide ones where they hold text.</summary>
    public static (double Width, double Height) CellSize(HeatmapChart chart, double available)
    {
        if (chart.Style.CellTexts is not null) return (Math.Min(available / chart.Columns, 90), Math.Min(MaxHeight * 1.4 / chart.Rows, 26));
        double width = Math.Min(available / chart.Columns, MaxCell), height = Math.Min(MaxHeight / chart.Rows, MaxCell);
        double square = Math.Min(width, height);
        return Math.Max(width, height) <= 4 * square ? (square, square) : (width, height);
    }

    /// <summary>Whether a heat map has square cells when it is drawn over the full width.</summary>
    public static bool IsSquare(HeatmapChart chart) => CellSize(chart, MaxWidth) is var (width, height) && width == height;

    /// <summary>The row drawn at a position counted from the top.</summary>
    private static int RowAt(HeatmapChart chart, int position) => chart.Style.RowsUpward ? chart.Rows - 1 - position : position;

    private static void DrawCells(SvgCanvas canvas, HeatmapChart chart, double left, double top, double cellWidth, double cellHeight)
    {
        StringBuilder?[] paths = new StringBuilder?[Shades];
        (int X, int Y)[] pens = new (int, int)[Shades];
        for (int position = 0; position < chart.Rows; position++)
        {
            int row = RowAt(chart, position);
            for (int column = 0; column < chart.Columns;)
            {
                int shade = Shade(chart, chart.Values[row, column]), start = column;
                while (column < chart.Columns && Shade(chart, chart.Values[row, column]) == shade) column++;
                if (shade < 0) continue;
                StringBuilder path = paths[shade] ??= new StringBuilder();
                path.Append('m').Append(start - pens[shade].X).Append(' ').Append(position - pens[shade].Y).Append('h').Append(column - start);
                pens[shade] = (column, position);
            }
        }

        canvas.Rect(left, top, cellWidth * chart.Columns, cellHeight * chart.Rows, ColorScale.Missing);
        string x = left.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture), y = (top + cellHeight / 2).ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
        canvas.Raw(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"<g transform=\"translate({x} {y})scale({cellWidth:0.####} {cellHeight:0.####})\" shape-rendering=\"crispEdges\">"));
        for (int shade = 0; shade < Shades; shade++)
        {
            if (paths[shade] is { } path) canvas.Path(path, $"stroke=\"{ColorScale.Hex(ColorScale.At(chart.Style.Scale, shade / (Shades - 1.0)))}\"");
        }

        canvas.Raw("</g>");
    }

    /// <summary>Index of the colour of a value, -1 for none.</summary>
    private static int Shade(HeatmapChart chart, double value) =>
        AxisScale.Drawable(value) ? (int)Math.Round(Math.Clamp((value - chart.Min) / (chart.Max - chart.Min), 0, 1) * (Shades - 1)) : -1;

    private static void DrawTexts(SvgCanvas canvas, HeatmapChart chart, double left, double top, double cellWidth, double cellHeight)
    {
        if (chart.Style.CellTexts is not { } texts || cellHeight < 8 || cellWidth < 8) return;
        double size = Math.Min(11, cellHeight * 0.62);
        foreach (string ink in (string[])["#111", "#fff"])
        {
            canvas.Raw($"<g font-size=\"{SvgCanvas.N(size)}\" text-anchor=\"middle\" fill=\"{ink}\">");
            for (int position = 0; position < chart.Rows; position++)
            {
                int row = RowAt(chart, position);
                for (int column = 0; column < chart.Columns; column++)
                {
                    double value = chart.Values[row, column];
                    string inkHere = AxisScale.Drawable(value) ? ColorScale.TextOn(ColorScale.At(chart.Style.Scale, (value - chart.Min) / (chart.Max - chart.Min))) : "#111";
                    if (inkHere == ink) canvas.Text(left + (column + 0.5) * cellWidth, top + (position + 0.5) * cellHeight + size * 0.36, SvgCanvas.Fit(texts[row, column] ?? "", size, cellWidth - 2));
                }
            }

            canvas.Raw("</g>");
        }
    }

    private static void DrawRowLabels(SvgCanvas canvas, HeatmapChart chart, double left, double top, double cellHeight, double size, double width)
    {
        int every = SvgCategoryLabels.Every(size + 1, cellHeight);
        for (int row = 0; row < chart.Rows; row += every)
        {
            int position = chart.Style.RowsUpward ? chart.Rows - 1 - row : row;
            canvas.Text(left - 5, top + (position + 0.5) * cellHeight + size * 0.36, SvgCanvas.Fit(chart.RowLabels[row], size, width), size, Anchor.End);
        }
    }

    /// <summary>The colour scale with its ticks, upright; returns the lowest pixel used.</summary>
    private static double DrawColorBar(SvgCanvas canvas, HeatmapChart chart, double left, double top, double height)
    {
        const double width = 13;
        height = Math.Min(height, 320);
        int steps = 32;
        for (int i = 0; i < steps; i++)
            canvas.Rect(left, top + height * (steps - 1 - i) / steps, width, height / steps + 0.6, ColorScale.Hex(ColorScale.At(chart.Style.Scale, i / (steps - 1.0))));
        AxisScale scale = AxisScale.Between(chart.Min, chart.Max, (int)Math.Clamp(height / 40, 2, 6));
        foreach ((double value, string label) in scale.Ticks)
        {
            double y = top + height - scale.Fraction(value) * height;
            canvas.Line(left + width, y, left + width + 3, y, "#888");
            canvas.Text(left + width + 6, y + 4, label);
        }

        double labels = scale.Ticks.Count == 0 ? 0 : scale.Ticks.Max(t => SvgCanvas.TextWidth(t.Label, 11));
        canvas.Text(left + width + labels + 20, top + height / 2, SvgCanvas.Fit(chart.Style.Value.Label, 11, Math.Max(height, 140)), 11, Anchor.Middle, rotate: -90);
        return top + height + 8;
    }
}
