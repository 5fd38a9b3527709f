using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Strata.Notebooks;

/// <summary>
/// Writes Plotly figures. Plotly reads a kind of HTML in its texts, so texts from outside are written with entities, which it shows as the
/// characters they name; the JSON encoder then escapes what could end a script block.
/// </summary>
internal static partial class PlotlyJson
{
    private const int MaxName = 80;

    public static string Write(Figure figure, Chart chart)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            WriteTraces(json, chart);
            json.WriteEndArray();
            json.WriteStartObject("layout");
            WriteHeadings(json, figure, chart);
            WriteLayout(json, chart);
            json.WriteEndObject();
            json.WriteStartObject("config");
            json.WriteBoolean("responsive", true);
            json.WriteBoolean("displaylogo", false);
            json.WriteBoolean("typesetMath", false);
            json.WriteStartArray("modeBarButtonsToRemove");
            json.WriteStringValue("select2d");
            json.WriteStringValue("lasso2d");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteTraces(Utf8JsonWriter json, Chart chart)
    {
        switch (chart)
        {
            case LineChart lines:
                for (int i = 0; i < lines.Series.Count; i++) WriteLine(json, lines.Series[i], i);
                break;
            case ScatterChart scatter:
                for (int i = 0; i < scatter.Series.Count; i++) WritePoints(json, scatter.Series[i], i);
                break;
            case BarChart bars:
                for (int i = 0; i < bars.Series.Count; i++) WriteBars(json, bars.Series[i], Unique(bars.Categories), i);
                break;
            case HistogramChart histogram:
                for (int i = 0; i < histogram.Series.Count; i++) WriteBins(json, histogram, i);
                break;
            case HeatmapChart heatmap:
                WriteHeatmap(json, heatmap, "");
                break;
            case GridChart grid:
                for (int i = 0; i < grid.Panels.Count; i++) WriteHeatmap(json, grid.Panels[i].Chart, AxisSuffix(i));
                break;
        }
    }

    private static void WriteLine(Utf8JsonWriter json, LineSeries series, int index)
    {
        (string color, string? dash) = SvgLegend.Look(index, series);
        if (series.Lower is not null) WriteBand(json, series, color, index);
        json.WriteStartObject();
        json.WriteString("type", "scatter");
        json.WriteString("mode", series.X.Count <= 60 && !series.Dashed ? "lines+markers" : "lines");
        WriteText(json, "name", series.Name);
        json.WriteString("legendgroup", $"{index}");
        WriteNumbers(json, "x", series.X, "G9");
        WriteNumbers(json, "y", series.Y, "G7");
        json.WriteStartObject("line");
        json.WriteString("color", color);
        json.WriteNumber("width", 2);
        json.WriteString("dash", series.Dashed ? "dash" : dash is null ? "solid" : dash.StartsWith('9') ? "dashdot" : "dot");
        json.WriteEndObject();
        json.WriteEndObject();
        if (series.Ringed is { } ring) WriteRing(json, series, ring, color, index);
    }

    private static void WriteRing(Utf8JsonWriter json, LineSeries series, int at, string color, int index)
    {
        json.WriteStartObject();
        json.WriteString("type", "scatter");
        json.WriteString("mode", "markers");
        json.WriteString("hoverinfo", "skip");
        json.WriteBoolean("showlegend", false);
        json.WriteString("legendgroup", $"{index}");
        WriteNumbers(json, "x", [series.X[at]], "G9");
        WriteNumbers(json, "y", [series.Y[at]], "G7");
        json.WriteStartObject("marker");
        json.WriteString("symbol", "circle-open");
        json.WriteNumber("size", 13);
        json.WriteString("color", color);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The band as closed outlines, one per stretch without gaps.</summary>
    private static void WriteBand(Utf8JsonWriter json, LineSeries series, string color, int index)
    {
        List<double> x = [], y = [];
        int start = 0;
        while (start < series.X.Count)
        {
            int end = start;
            while (end < series.X.Count && AxisScale.Drawable(series.X[end]) && AxisScale.Drawable(series.Lower![end]) && AxisScale.Drawable(series.Upper![end])) end++;
            if (end > start && x.Count > 0) (x, y) = ([.. x, double.NaN], [.. y, double.NaN]);
            for (int i = start; i < end; i++) Add(series.X[i], series.Upper![i]);
            for (int i = end - 1; i >= start; i--) Add(series.X[i], series.Lower![i]);
            start = end + 1;
        }

        json.WriteStartObject();
        json.WriteString("type", "scatter");
        json.WriteString("mode", "lines");
        json.WriteString("fill", "toself");
        json.WriteString("fillcolor", color + "2e");
        json.WriteString("hoverinfo", "skip");
        json.WriteBoolean("showlegend", false);
        json.WriteString("legendgroup", $"{index}");
        WriteNumbers(json, "x", x, "G9");
        WriteNumbers(json, "y", y, "G7");
        json.WriteStartObject("line");
        json.WriteNumber("width", 0);
        json.WriteEndObject();
        json.WriteEndObject();

        void Add(double px, double py)
        {
            x.Add(px);
            y.Add(py);
        }
    }

    private static void WritePoints(Utf8JsonWriter json, PointSeries series, int index)
    {
        json.WriteStartObject();
        json.WriteString("type", "scatter");
        json.WriteString("mode", "markers");
        WriteText(json, "name", series.Name);
        WriteNumbers(json, "x", series.X, "G7");
        WriteNumbers(json, "y", series.Y, "G7");
        if (series.PointNames is { } names) WriteTexts(json, "text", names);
        WriteMarker(json, index, series.X.Count > 300 ? 5 : 7);
        json.WriteEndObject();
    }

    private static void WriteBars(Utf8JsonWriter json, BarSeries series, IEnumerable<string> categories, int index)
    {
        json.WriteStartObject();
        json.WriteString("type", "bar");
        WriteText(json, "name", series.Name);
        WriteTexts(json, "x", categories);
        WriteNumbers(json, "y", series.Values, "G7");
        if (series.Errors is { } errors)
        {
            json.WriteStartObject("error_y");
            json.WriteString("type", "data");
            WriteNumbers(json, "array", errors, "G5");
            json.WriteEndObject();
        }

        WriteMarker(json, index, null);
        json.WriteEndObject();
    }

    private static void WriteBins(Utf8JsonWriter json, HistogramChart chart, int index)
    {
        int bins = chart.Edges.Length - 1;
        json.WriteStartObject();
        json.WriteString("type", "bar");
        WriteText(json, "name", chart.Series[index].Name);
        WriteNumbers(json, "x", Enumerable.Range(0, bins).Select(i => (chart.Edges[i] + chart.Edges[i + 1]) / 2), "G7");
        WriteNumbers(json, "width", Enumerable.Range(0, bins).Select(i => chart.Edges[i + 1] - chart.Edges[i]), "G7");
        WriteNumbers(json, "y", chart.Series[index].Values, "G9");
        json.WriteNumber("opacity", chart.Series.Count > 1 ? 0.55 : 0.9);
        WriteMarker(json, index, null);
        json.WriteEndObject();
    }

    private static void WriteMarker(Utf8JsonWriter json, int index, int? size)
    {
        json.WriteStartObject("marker");
        json.WriteString("color", SvgLegend.Look(index, false).Color);
        if (size is { } pixels)
        {
            json.WriteNumber("size", pixels);
            json.WriteNumber("opacity", 0.75);
        }

        json.WriteEndObject();
    }

    private static void WriteHeatmap(Utf8JsonWriter json, HeatmapChart chart, string axes)
    {
        json.WriteStartObject();
        json.WriteString("type", "heatmap");
        WriteColors(json, chart, showScale: axes.Length == 0);
        if (axes.Length > 0)
        {
            json.WriteString("xaxis", "x" + axes);
            json.WriteString("yaxis", "y" + axes);
        }

        WriteTexts(json, "x", Unique(chart.ColumnLabels));
        WriteTexts(json, "y", Unique(chart.RowLabels));
        json.WriteString("zhoverformat", ".4~g");
        string digits = chart.Values.Length > 10_000 ? "G3" : "G4";
        json.WriteStartArray("z");
        for (int row = 0; row < chart.Rows; row++)
        {
            json.WriteStartArray();
            for (int column = 0; column < chart.Columns; column++) WriteNumber(json, chart.Values[row, column], digits);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (chart.Style.CellTexts is { } texts) WriteCellTexts(json, chart, texts);
        json.WriteEndObject();
    }

    /// <summary>The colour scale of a heat map; panels of a grid have equal ones, and the first alone shows it.</summary>
    private static void WriteColors(Utf8JsonWriter json, HeatmapChart chart, bool showScale)
    {
        json.WritePropertyName("zmin");
        WriteNumber(json, chart.Min, "G9");
        json.WritePropertyName("zmax");
        WriteNumber(json, chart.Max, "G9");
        json.WriteStartArray("colorscale");
        ReadOnlySpan<int> anchors = ColorScale.Anchors(chart.Style.Scale);
        for (int i = 0; i < anchors.Length; i++)
        {
            json.WriteStartArray();
            WriteNumber(json, i / (anchors.Length - 1.0), "G4");
            json.WriteStringValue(ColorScale.Hex(anchors[i]));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteBoolean("showscale", showScale);
        if (!showScale) return;
        json.WriteStartObject("colorbar");
        json.WriteStartObject("title");
        json.WriteString("text", string.Join("<br>", SvgCanvas.Wrap(chart.Style.Value.Label, 12, 96, 3).Select(PlotlyText)));
        json.WriteString("side", "top");
        json.WriteEndObject();
        json.WriteNumber("thickness", 13);
        json.WriteEndObject();
    }

    /// <summary>Cell texts, cut to what fits a cell; in full on hovering where any was cut.</summary>
    private static void WriteCellTexts(Utf8JsonWriter json, HeatmapChart chart, string[,] texts)
    {
        const int size = 10;
        double width = SvgHeatmap.CellSize(chart, SvgHeatmap.MaxWidth).Width - 4;
        bool cut = false;
        WriteMatrix(json, "text", texts, text =>
        {
            string fitted = SvgCanvas.Fit(text, size, width);
            cut |= fitted != text;
            return fitted;
        });
        if (cut) WriteMatrix(json, "hovertext", texts, text => Escape.Clip(text, MaxName));
        json.WriteString("texttemplate", "%{text}");
        json.WriteStartObject("textfont");
        json.WriteNumber("size", size);
        json.WriteEndObject();
    }

    private static void WriteMatrix(Utf8JsonWriter json, string property, string[,] texts, Func<string, string> shown)
    {
        json.WriteStartArray(property);
        for (int row = 0; row < texts.GetLength(0); row++)
        {
            json.WriteStartArray();
            for (int column = 0; column < texts.GetLength(1); column++) json.WriteStringValue(PlotlyText(shown(texts[row, column] ?? "")));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <summary>Labels that differ from each other, because Plotly merges categories of one name; invisible characters count the repetitions.</summary>
    private static IEnumerable<string> Unique(IReadOnlyList<string> labels)
    {
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        foreach (string label in labels)
        {
            string shown = Escape.Clip(label, MaxName);
            int times = seen[shown] = seen.GetValueOrDefault(shown) + 1;
            string suffix = "";
            for (int rest = times - 1; rest > 0; rest /= 2) suffix += rest % 2 == 0 ? '\u200B' : '\u200C';
            yield return shown + suffix;
        }
    }

    /// <summary>Text as Plotly must be given it to show it unchanged.</summary>
    internal static string PlotlyText(string text)
    {
        StringBuilder result = new();
        foreach (Rune rune in Escape.Clip(text, MaxName * 3).EnumerateRunes())
        {
            if (rune.Value is '<' or '>' or '&' or '$' or '{' or '%') result.Append("&#").Append(rune.Value).Append(';');
            else result.Append(Rune.IsControl(rune) ? new Rune(' ') : rune);
        }

        return result.ToString();
    }

    private static void WriteText(Utf8JsonWriter json, string property, string text) => json.WriteString(property, PlotlyText(Escape.Clip(text, MaxName)));

    private static void WriteTexts(Utf8JsonWriter json, string property, IEnumerable<string> texts)
    {
        json.WriteStartArray(property);
        foreach (string text in texts) json.WriteStringValue(PlotlyText(text.Length > MaxName + 20 ? Escape.Clip(text, MaxName) : text));
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string property, IEnumerable<double> values, string format)
    {
        json.WriteStartArray(property);
        foreach (double value in values) WriteNumber(json, value, format);
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, double value, string format)
    {
        if (AxisScale.Drawable(value)) json.WriteRawValue(value.ToString(format, CultureInfo.InvariantCulture));
        else json.WriteNullValue();
    }
}
