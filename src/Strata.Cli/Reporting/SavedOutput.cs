using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Strata.Notebooks;

namespace Strata.Cli.Reporting;

/// <summary>
/// Renders what was shown in a notebook that comes from a file and could be anyone's. No script of it runs: figures are drawn from their data by the report's own
/// script, pictures are <c>img</c> elements, and HTML stands in frames that run nothing, fetch nothing and cannot reach the page.
/// </summary>
/// <param name="markdown">Renders text/markdown.</param>
/// <param name="interactive">Whether the report can draw Plotly figures.</param>
internal sealed partial class SavedOutput(MarkdownRenderer markdown, bool interactive)
{
    /// <summary>The kinds of trace in the build of plotly.js that Strata embeds.</summary>
    private static readonly HashSet<string> Traces =
        ["scatter", "bar", "box", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "contour", "scatterternary", "violin", "image", "pie"];

    private static readonly string[] Pictures = [MimeBundle.Svg, "image/png", "image/jpeg", "image/gif", "image/webp"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonDocumentOptions FigureJson = new() { AllowDuplicateProperties = false, MaxDepth = Running.NotebookValidation.MaxDepth };

    /// <summary>Whether anything rendered so far is drawn by plotly.js.</summary>
    public bool HasFigure { get; private set; }

    /// <summary>The output as HTML in the richest form that is safe; empty when it only prepared the page for outputs to come.</summary>
    /// <param name="renderings">The output's renderings.</param>
    /// <param name="metadata">nbformat's metadata of the output.</param>
    public string ToHtml(IReadOnlyDictionary<string, string> renderings, JsonObject metadata)
    {
        string? html = renderings.GetValueOrDefault(MimeBundle.Html);
        string? picture = Picture(renderings, metadata);
        if (renderings.TryGetValue(MimeBundle.Plotly, out string? json) && Figure(json, picture, NotesOf(html)) is { } figure) return figure;
        if (picture is not null) return picture;
        if (html is not null) return FromHtml(html);
        if (renderings.TryGetValue("text/latex", out string? latex)) return $"<div class=\"markdown\">{markdown.ToHtml(latex, null)}</div>";
        if (renderings.TryGetValue(MimeBundle.Markdown, out string? text)) return $"<div class=\"markdown\">{markdown.ToHtml(text, null)}</div>";
        return $"<pre class=\"value\">{AnsiText.ToHtml(Text(renderings))}</pre>";
    }

    private static string? Picture(IReadOnlyDictionary<string, string> renderings, JsonObject metadata)
    {
        foreach (string mime in Pictures)
        {
            if (!renderings.TryGetValue(mime, out string? content) || DataUri.Of(mime, content) is not { } data) continue;
            string alt = renderings.GetValueOrDefault(MimeBundle.PlainText, "figure");
            return $"<img alt=\"{Html.Escape(alt)}\"{Size(metadata[mime] as JsonObject)} src=\"{data}\">";
        }

        return null;
    }

    /// <summary>The size at which a picture of many pixels asks to be shown.</summary>
    private static string Size(JsonObject? metadata) =>
        metadata?["width"] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out double width) && width is >= 1 and <= 10_000
            ? FormattableString.Invariant($" width=\"{Math.Round(width)}\"")
            : "";

    private static IReadOnlyList<string> NotesOf(string? html) =>
        html is null ? [] : StrataFigure.Split(html).FirstOrDefault(piece => piece.Figure is not null).Figure?.Notes ?? [];

    /// <summary>A figure that the report's script draws over its static picture; null when plotly.js cannot draw it.</summary>
    private string? Figure(string json, string? picture, IReadOnlyList<string> notes)
    {
        if (!interactive || Parse(json) is not { } figure) return null;
        HasFigure = true;
        StringBuilder html = new("<figure class=\"plot\"><div class=\"plot-area\">");
        html.Append(picture).Append("</div>");
        if (notes.Count > 0) html.Append("<figcaption>").AppendJoin("", notes.Select(note => $"<p>{Html.Escape(note)}</p>")).Append("</figcaption>");
        return html.Append("<script type=\"application/json\">").Append(Html.EscapeJson(figure)).Append("</script></figure>").ToString();
    }

    /// <summary>Data and layout alone: a notebook's configuration of plotly.js could add buttons that send data away.</summary>
    private static string? Parse(string json)
    {
        try
        {
            if (JsonNode.Parse(json, documentOptions: FigureJson) is not JsonObject figure || figure["data"] is not JsonArray { Count: > 0 } data || !data.All(CanDraw)) return null;
            return new JsonObject { ["data"] = data.DeepClone(), ["layout"] = figure["layout"] is JsonObject layout ? layout.DeepClone() : new JsonObject() }.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool CanDraw(JsonNode? trace) => trace is JsonObject fields
        && (fields["type"] is null || fields["type"] is JsonValue value && value.TryGetValue(out string? type) && Traces.Contains(type));

    private string FromHtml(string html)
    {
        StringBuilder shown = new();
        foreach ((StrataFigure? figure, string piece) in StrataFigure.Split(html))
        {
            string? drawing = figure is null ? null : $"<img alt=\"figure\" src=\"{figure.Drawing}\">";
            string? drawn = figure is null ? null : Figure(figure.Json, drawing, figure.Notes);
            shown.Append(drawn ?? Frame(piece));
        }

        return shown.ToString();
    }

    private static string Frame(string html)
    {
        string visible = Invisible().Replace(html, "");
        if (string.IsNullOrWhiteSpace(visible)) return "";
        string note = Script().IsMatch(html) ? "<p class=\"frame-note\">Scripts of this output do not run in a report.</p>" : "";
        return $"<iframe class=\"html\" title=\"HTML output\" sandbox=\"allow-same-origin allow-popups allow-popups-to-escape-sandbox\" srcdoc=\"{Html.Escape(ReportStyle.FrameHead + html)}\"></iframe>{note}";
    }

    private static string Text(IReadOnlyDictionary<string, string> renderings)
    {
        if (renderings.TryGetValue("application/json", out string? json)) return JsonNode.Parse(json)?.ToJsonString(Indented) ?? "null";
        return renderings.GetValueOrDefault(MimeBundle.PlainText) ?? $"[An output that a report cannot show: {string.Join(", ", renderings.Keys)}.]";
    }

    [GeneratedRegex(@"<script\b.*?</script\s*>|<style\b.*?</style\s*>|<!--.*?-->", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Invisible();

    [GeneratedRegex(@"<script\b", RegexOptions.IgnoreCase)]
    private static partial Regex Script();
}
