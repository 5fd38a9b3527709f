using System.Text;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Shows a model: its facts, its limits, its hook points.</summary>
internal static class ModelFormatter
{
    private const int MaxPoints = 1000;

    public static MimeBundle Format(ModelExplanation explanation)
    {
        Model model = explanation.Model;
        string title = Escape.Clip($"{model.Name}: {model.Spec.Family}, {NumberText.Count(model.Spec.Blocks, "block")}", 200);
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = Html(explanation, title),
            [MimeBundle.Markdown] = $"**{Escape.Markdown(title)}**\n\n| | |\n| --- | --- |\n{string.Join("\n", explanation.Facts.Select(f => $"| {Escape.Markdown(f.Name)} | {Escape.Markdown(f.Value)} |"))}",
            [MimeBundle.PlainText] = explanation.ToString().TrimEnd(),
        });
    }

    private static string Html(ModelExplanation explanation, string title)
    {
        StringBuilder html = new($"{StrataStyle.Element}<div class=\"strata-output\"><div class=\"strata-title\">{Escape.Html(title)}</div><table class=\"strata-table\"><tbody>");
        foreach ((string name, string value) in explanation.Facts) html.Append("<tr><td>").Append(Escape.Html(name)).Append("</td><td>").Append(Escape.Html(value)).Append("</td></tr>");
        html.Append("</tbody></table>");
        foreach (string limit in explanation.Limits) html.Append("<p class=\"strata-note\">").Append(Escape.Html(limit)).Append("</p>");
        html.Append($"<details class=\"strata-details\"><summary>{NumberText.Count(explanation.Points.Count, "hook point")}</summary><table class=\"strata-table\"><thead><tr><th>hook point</th><th>shape</th></tr></thead><tbody>");
        foreach (HookPoint point in explanation.Points.Take(MaxPoints)) html.Append("<tr><td>").Append(Escape.Html(point.Name)).Append("</td><td>").Append(explanation.ShapeOf(point)).Append("</td></tr>");
        html.Append("</tbody></table><p class=\"strata-note\">In execution order; T is the number of positions.</p></details>");
        return html.Append(ProvenanceLines.Details(explanation.Model.Provenance)).Append("</div>").ToString();
    }
}
