using System.Text;
using System.Text.Json;
using Plotly.NET;
using Strata.Notebooks;

namespace Strata.PlotlyNet;

/// <summary>Shows Plotly.NET charts as Strata shows its own figures: the Plotly figure, HTML that is interactive where plotly.js is present, and a list of the traces as text.</summary>
public sealed class ChartFormatter : IAssemblyFormatters
{
    private const int MaxTraces = 24;

    // The traces that the plotly.js of a Strata report can draw; it would draw others as something else.
    private static readonly HashSet<string> Drawable = ["bar", "box", "contour", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "image", "pie", "scatter", "scatterternary", "violin"];

    /// <summary>A trace in words.</summary>
    private sealed record Summary(string Name, string Type);

    /// <inheritdoc/>
    public void Register() => Formatters.Register<GenericChart>(Format);

    /// <summary>The renderings of a chart.</summary>
    /// <param name="chart">The chart.</param>
    public static MimeBundle Format(GenericChart chart)
    {
        // Plotly.NET escapes nothing; System.Text.Json writes what could end a script block as \u escapes, in which Plotly reads the same text.
        using JsonDocument json = JsonDocument.Parse(GenericChart.toJson(chart));
        string figure = JsonSerializer.Serialize(json.RootElement);
        Summary[] traces = json.RootElement.GetProperty("data").EnumerateArray().Select(Summarise).ToArray();
        string title = Escape.Clip(TitleOf(json.RootElement.GetProperty("layout")), 200);
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = Html(title, traces, figure),
            [MimeBundle.Plotly] = figure,
            [MimeBundle.Markdown] = string.Concat(Lines(title, traces).Select((line, i) => i == 0 ? $"**{Escape.Markdown(line)}**\n" : $"\n- {Escape.Markdown(line)}")),
            [MimeBundle.PlainText] = string.Join("\n  ", Lines(title, traces)),
        });
    }

    private static string Html(string title, Summary[] traces, string figure)
    {
        StringBuilder drawing = new();
        string[] lines = Lines(title, traces).ToArray();
        drawing.Append("<div class=\"strata-title\">").Append(Escape.Html(lines[0])).Append("</div>");
        foreach (string line in lines.Skip(1)) drawing.Append("<p class=\"strata-note\">").Append(Escape.Html(line)).Append("</p>");
        string[] others = traces.Select(t => t.Type).Where(type => !Drawable.Contains(type)).Distinct().ToArray();
        if (others.Length == 0) return PlotlyFragment.Render(drawing.ToString(), "", figure);
        drawing.Append("<p class=\"strata-note\">Drawn by front ends that hold the whole of plotly.js; this page does not: ").Append(Escape.Html(Escape.Clip(string.Join(", ", others), 200))).Append(".</p>");
        return $"{StrataStyle.Element}<div class=\"strata-figure\">{drawing}</div>";
    }

    private static IEnumerable<string> Lines(string title, Summary[] traces)
    {
        yield return title.Length == 0 ? "Plotly.NET chart" : title;
        foreach (Summary trace in traces.Take(MaxTraces)) yield return trace.Name.Length == 0 ? trace.Type : $"{trace.Name}: {trace.Type}";
        if (traces.Length > MaxTraces) yield return $"and {traces.Length - MaxTraces} more";
    }

    private static Summary Summarise(JsonElement trace) => new(Escape.Clip(Text(trace, "name").ReplaceLineEndings(" "), 80), Escape.Clip(Text(trace, "type"), 40));

    private static string TitleOf(JsonElement layout) => layout.TryGetProperty("title", out JsonElement title) && title.ValueKind == JsonValueKind.Object ? Text(title, "text").ReplaceLineEndings(" ") : "";

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
