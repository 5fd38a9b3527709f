using System.Text;
using Strata.Cli.Running;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Cli.Reporting;

/// <summary>Renders the outputs of code cells, each in the richest form that it has.</summary>
/// <param name="markdown">Renders text/markdown.</param>
/// <param name="trusted">Whether the outputs were made by this run. HTML from a file could be anyone's: it is not put into the page.</param>
internal sealed class OutputRenderer(MarkdownRenderer markdown, bool trusted)
{
    private static readonly string[] Pictures = [MimeBundle.Svg, "image/png", "image/jpeg", "image/gif", "image/webp"];

    /// <summary>The output as HTML.</summary>
    public string ToHtml(CellOutput output) => output switch
    {
        StreamOutput stream => $"<pre class=\"{(stream.Stream == StandardStream.Error ? "stderr" : "stdout")}\">{Html.EscapeConsole(stream.Text)}</pre>",
        ErrorOutput error => Error(error.Error),
        DisplayOutput display => Display(display.Bundle.Renderings),
        _ => throw new ArgumentException($"An output of type {output.GetType().Name} has no form in a report."),
    };

    private static string Error(CellError error)
    {
        StringBuilder html = new("<div class=\"error\"><div class=\"error-name\">");
        html.Append(Html.Escape(error.Name)).Append("</div>");
        string trace = Html.EscapeConsole(string.Join('\n', error.Traceback.DefaultIfEmpty(error.Message)));
        return html.Append("<pre>").Append(trace).Append("</pre></div>").ToString();
    }

    private string Display(IReadOnlyDictionary<string, string> renderings)
    {
        if (trusted && renderings.TryGetValue(MimeBundle.Html, out string? html)) return $"<div class=\"rich\">{html}</div>";
        foreach (string mime in Pictures)
            if (renderings.TryGetValue(mime, out string? content) && DataUri.Of(mime, content) is { } picture)
                return $"<img alt=\"{Html.Escape(renderings.GetValueOrDefault(MimeBundle.PlainText, "figure"))}\" src=\"{picture}\">";
        if (renderings.TryGetValue(MimeBundle.Markdown, out string? text)) return $"<div class=\"markdown\">{markdown.ToHtml(text, null)}</div>";
        string plain = renderings.GetValueOrDefault(MimeBundle.PlainText)
            ?? $"[An output without a form that a report can show: {string.Join(", ", renderings.Keys)}. Run the notebook with `strata run` to render it anew.]";
        return $"<pre class=\"value\">{Html.EscapeConsole(plain)}</pre>";
    }
}
