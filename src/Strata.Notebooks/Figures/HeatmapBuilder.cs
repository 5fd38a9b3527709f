using System.Globalization;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Checks the parts of heat maps and settles their colour ranges.</summary>
internal static class HeatmapBuilder
{
    public static HeatmapChart Build(string title, double[,] values, HeatmapStyle style)
    {
        int rows = values.GetLength(0), columns = values.GetLength(1);
        if (rows == 0 || columns == 0) throw new StrataException($"Heat map \"{title}\" is empty ({rows} x {columns}); give at least one cell.");
        if (style.CellTexts is { } texts && (texts.GetLength(0) != rows || texts.GetLength(1) != columns))
            throw new StrataException($"Heat map \"{title}\" has {rows} x {columns} cells and {texts.GetLength(0)} x {texts.GetLength(1)} cell texts; they must match.");
        (double min, double max) = Range(title, values.Cast<double>(), style);
        HeatmapStyle frozen = style with { CellTexts = (string[,]?)style.CellTexts?.Clone(), RowLabels = null, ColumnLabels = null };
        return new HeatmapChart((double[,])values.Clone(), Labels(title, "row", style.RowLabels, rows), Labels(title, "column", style.ColumnLabels, columns), min, max, frozen);
    }

    public static GridChart Grid(string title, IReadOnlyList<Figure> panels, int columns)
    {
        if (columns < 1) throw new StrataException($"Grid \"{title}\" was given {columns} columns; at least 1 is needed.");
        (string Title, HeatmapChart Chart)[] charts = panels
            .Select(p => (p.Title, p.Chart as HeatmapChart ?? throw new StrataException($"Panel \"{p.Title}\" of grid \"{title}\" is no heat map; grids hold heat maps only.")))
            .ToArray();
        HeatmapStyle first = charts[0].Chart.Style;
        if (charts.Any(c => c.Chart.Style.Scale != first.Scale))
            throw new StrataException($"The panels of grid \"{title}\" mix sequential and diverging scales; a grid has one scale.");

        // A range that every panel was given stands; otherwise the common range spans all panels.
        bool sameRange = charts.All(c => c.Chart.Style.Min == first.Min && c.Chart.Style.Max == first.Max);
        HeatmapStyle style = sameRange ? first : first with { Min = null, Max = null };
        (double min, double max) = Range(title, charts.SelectMany(c => c.Chart.Values.Cast<double>()), style);
        return new GridChart(charts.Select(c => (c.Title, c.Chart with { Min = min, Max = max })).ToArray(), Math.Min(columns, charts.Length));
    }

    private static string[] Labels(string title, string what, IReadOnlyList<string>? labels, int count)
    {
        if (labels is null) return Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        if (labels.Count != count) throw new StrataException($"Heat map \"{title}\" has {count} {what}s and {labels.Count} {what} labels; they must be equally many.");
        return labels.ToArray();
    }

    private static (double Min, double Max) Range(string title, IEnumerable<double> values, HeatmapStyle style)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double v in values)
        {
            if (!AxisScale.Drawable(v)) continue;
            low = Math.Min(low, v);
            high = Math.Max(high, v);
        }

        if (low > high) (low, high) = (0, 1);
        if (style.Scale == ColorScaleKind.Diverging)
        {
            // Symmetric about 0, so that white means 0, unless an end was given.
            high = Math.Max(Math.Abs(style.Min ?? style.Max ?? low), Math.Abs(style.Max ?? style.Min ?? high));
            if (high == 0) high = 1;
            low = -high;
        }

        double min = style.Min ?? low, max = style.Max ?? high;
        if (!AxisScale.Drawable(min) || !AxisScale.Drawable(max) || (style.Min is not null && style.Max is not null && min >= max))
            throw new StrataException($"Heat map \"{title}\" was given the colour range {min} to {max}; it needs finite ends, the lower one first.");
        if (min < max) return (min, max);

        // Constant data have no extent of their own.
        return style.Min is not null ? (min, min + 1) : style.Max is not null ? (max - 1, max) : (min - 0.5, min + 0.5);
    }
}
