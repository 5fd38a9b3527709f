using System.Globalization;
using System.Text.Json;

namespace Strata.Notebooks;

/// <summary>The layout half: headings, axes, subplots.</summary>
internal static partial class PlotlyJson
{
    private static void WriteHeadings(Utf8JsonWriter json, Figure figure, Chart chart)
    {
        const string lineBreak = "<br>";
        string title = string.Join(lineBreak, SvgCanvas.Wrap(figure.Title, 15, 700, 2).Select(PlotlyText));
        if (figure.Subtitle is { } subtitle)
            title += $"{lineBreak}<span style=\"font-size:12px;color:#666\">{string.Join(lineBreak, SvgCanvas.Wrap(subtitle, 12, 700, 2).Select(PlotlyText))}</span>";
        json.WriteStartObject("title");
        json.WriteString("text", title);
        json.WriteNumber("x", 0.02);
        json.WriteString("xanchor", "left");
        json.WriteNumber("y", 1);
        json.WriteString("yanchor", "top");
        json.WriteString("yref", "container");
        json.WriteStartObject("pad");
        json.WriteNumber("t", 12);
        json.WriteEndObject();
        WriteFont(json, 15);
        json.WriteEndObject();
        WriteFont(json, 12);
        json.WriteString("paper_bgcolor", "#fff");
        json.WriteString("plot_bgcolor", chart is HeatmapChart or GridChart ? ColorScale.Missing : "#fff");
        json.WriteStartObject("margin");
        json.WriteNumber("l", 60);
        json.WriteNumber("r", 24);
        json.WriteNumber("t", 28 + 20 * (title.Split(lineBreak).Length));
        json.WriteNumber("b", 50);
        json.WriteEndObject();
    }

    private static void WriteFont(Utf8JsonWriter json, int size)
    {
        json.WriteStartObject("font");
        json.WriteNumber("size", size);
        json.WriteString("color", "#222");
        json.WriteString("family", "Helvetica, Arial, sans-serif");
        json.WriteEndObject();
    }

    private static void WriteLayout(Utf8JsonWriter json, Chart chart)
    {
        switch (chart)
        {
            case LineChart lines:
                WriteXyLayout(json, lines.X, lines.Y, lines.Series.Count, false, CountsInOnes(lines));
                break;
            case ScatterChart scatter:
                WriteXyLayout(json, scatter.X, scatter.Y, scatter.Series.Count, false);
                break;
            case BarChart bars:
                json.WriteString("barmode", "group");
                WriteXyLayout(json, bars.X, bars.Y, bars.Series.Count, true);
                break;
            case HistogramChart histogram:
                json.WriteString("barmode", "overlay");
                json.WriteNumber("bargap", 0);
                WriteXyLayout(json, histogram.X, histogram.Y, histogram.Series.Count, false);
                break;
            case HeatmapChart heatmap:
                WriteHeatmapLayout(json, heatmap);
                break;
            case GridChart grid:
                WriteGridLayout(json, grid);
                break;
        }
    }

    /// <summary>Whether the x-axis has few whole numbers, such as layers: Plotly alone would put ticks between them.</summary>
    private static bool CountsInOnes(LineChart chart)
    {
        IReadOnlyList<(double Value, string Label)> ticks = AxisScale.Fit(chart.Series.SelectMany(s => s.X), chart.X.Log, snap: false, zero: false, 9).Ticks;
        return !chart.X.Log && ticks.Count > 1 && ticks[1].Value - ticks[0].Value == 1;
    }

    private static void WriteXyLayout(Utf8JsonWriter json, Axis x, Axis y, int series, bool categories, bool inOnes = false)
    {
        json.WriteNumber("height", 440);
        json.WriteString("hovermode", "closest");
        json.WriteBoolean("showlegend", series > 1);
        if (series > 1) WriteLegend(json);
        WriteAxis(json, "xaxis", x.Label, categories ? "category" : x.Log ? "log" : "linear", inOnes ? 1 : null);
        WriteAxis(json, "yaxis", y.Label, y.Log ? "log" : "linear", null);
    }

    private static void WriteLegend(Utf8JsonWriter json)
    {
        json.WriteStartObject("legend");
        json.WriteString("orientation", "h");
        json.WriteNumber("x", 0);
        json.WriteNumber("y", -0.2);
        json.WriteString("yanchor", "top");
        json.WriteEndObject();
    }

    private static void WriteAxis(Utf8JsonWriter json, string name, string title, string type, int? tickStep)
    {
        json.WriteStartObject(name);
        WriteAxisTitle(json, title);
        json.WriteString("type", type);
        if (tickStep is int step) json.WriteNumber("dtick", step);
        json.WriteString("gridcolor", "#e6e6e6");
        json.WriteString("linecolor", "#888");
        json.WriteBoolean("zeroline", false);
        json.WriteBoolean("automargin", true);
        json.WriteEndObject();
    }

    private static void WriteAxisTitle(Utf8JsonWriter json, string title)
    {
        json.WriteStartObject("title");
        WriteText(json, "text", title);

        // With automargin: the margin grows with the tick labels, and the title keeps clear of them.
        json.WriteNumber("standoff", 8);
        json.WriteEndObject();
    }

    private static void WriteHeatmapLayout(Utf8JsonWriter json, HeatmapChart chart)
    {
        json.WriteNumber("height", Math.Round(SvgHeatmap.CellSize(chart, SvgHeatmap.MaxWidth).Height * chart.Rows + 150));
        WriteCellAxis(json, "xaxis", chart.Style.X.Label, null, null, null, square: false);
        WriteCellAxis(json, "yaxis", chart.Style.Y.Label, null, null, chart, SvgHeatmap.IsSquare(chart));
    }

    /// <summary>An axis of a heat map. The vertical one runs downward unless the style says otherwise.</summary>
    private static void WriteCellAxis(Utf8JsonWriter json, string name, string title, (double From, double To)? domain, string? anchor, HeatmapChart? vertical, bool square)
    {
        json.WriteStartObject(name);
        WriteAxisTitle(json, title);
        json.WriteString("type", "category");
        json.WriteBoolean("showgrid", false);
        json.WriteBoolean("automargin", domain is null);
        json.WriteString("constrain", "domain");
        if (domain is { } d)
        {
            json.WriteStartArray("domain");
            WriteNumber(json, d.From, "G5");
            WriteNumber(json, d.To, "G5");
            json.WriteEndArray();
            json.WriteString("anchor", anchor);
            json.WriteStartObject("tickfont");
            json.WriteNumber("size", 9);
            json.WriteEndObject();
        }

        if (vertical is not null && !vertical.Style.RowsUpward) json.WriteString("autorange", "reversed");
        if (square) json.WriteString("scaleanchor", "x" + name["yaxis".Length..]);
        json.WriteEndObject();
    }

    private static void WriteGridLayout(Utf8JsonWriter json, GridChart grid)
    {
        const double gap = 0.035, titleShare = 0.16;
        double width = (1 - (grid.Columns - 1) * gap) / grid.Columns, height = 1.0 / grid.Rows;
        json.WriteNumber("height", 110 + grid.Rows * (int)(640.0 / grid.Columns * 1.12));
        for (int i = 0; i < grid.Panels.Count; i++)
        {
            string suffix = AxisSuffix(i);
            (double left, double top) = (i % grid.Columns * (width + gap), 1 - i / grid.Columns * height);
            WriteCellAxis(json, "xaxis" + suffix, "", (left, left + width), "y" + suffix, null, square: false);
            WriteCellAxis(json, "yaxis" + suffix, "", (top - height * (1 - titleShare / 2), top - height * titleShare / 2), "x" + suffix, grid.Panels[i].Chart, SvgHeatmap.IsSquare(grid.Panels[i].Chart));
        }

        json.WriteStartArray("annotations");
        for (int i = 0; i < grid.Panels.Count; i++)
        {
            string suffix = AxisSuffix(i);
            json.WriteStartObject();
            WriteText(json, "text", grid.Panels[i].Title);
            json.WriteBoolean("showarrow", false);
            json.WriteString("xref", $"x{suffix} domain");
            json.WriteString("yref", $"y{suffix} domain");
            json.WriteNumber("x", 0.5);
            json.WriteNumber("y", 1);
            json.WriteString("xanchor", "center");
            json.WriteString("yanchor", "bottom");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Plotly numbers axes from 2; the first has no number.</summary>
    private static string AxisSuffix(int index) => index == 0 ? "" : (index + 1).ToString(CultureInfo.InvariantCulture);
}
