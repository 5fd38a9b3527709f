using System.Text;
using Strata.Cli.Running;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Cli.Reporting;

/// <summary>Renders the outputs of code cells, each in the richest form that it has.</summary>
/// <param name="saved">Renders what was shown where it could be anyone's.</param>
/// <param name="trusted">Whether the outputs were made by this run: then their HTML is put into the page as it is.</param>
internal sealed class OutputRenderer(SavedOutput saved, bool trusted)
{
    /// <summary>The output as HTML; empty when there is nothing to see.</summary>
    public string ToHtml(CellOutput output) => output switch
    {
        StreamOutput stream => $"<pre class=\"{(stream.Stream == StandardStream.Error ? "stderr" : "stdout")}\">{AnsiText.ToHtml(stream.Text)}</pre>",
        ErrorOutput error => Error(error.Error),
        DisplayOutput display when trusted && display.Bundle.Renderings.TryGetValue(MimeBundle.Html, out string? html) => $"<div class=\"rich\">{html}</div>",
        DisplayOutput display => saved.ToHtml(display.Bundle.Renderings, display.Metadata),
        _ => throw new ArgumentException($"An output of type {output.GetType().Name} has no form in a report."),
    };

    private static string Error(CellError error)
    {
        StringBuilder html = new("<div class=\"error\"><div class=\"error-name\">");
        html.Append(Html.Escape(error.Name)).Append("</div>");
        string trace = AnsiText.ToHtml(string.Join('\n', error.Traceback.DefaultIfEmpty(error.Message)));
        return html.Append("<pre>").Append(trace).Append("</pre></div>").ToString();
    }
}
