using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Strata.Cli.Reporting;

/// <summary>The gallery's page: a card per notebook and a search over titles, headings and text.</summary>
internal static class GalleryPage
{
    /// <summary>What stands where a notebook has no picture: layers of stone.</summary>
    private const string NoPicture = """
        <svg viewBox="0 0 320 180" aria-hidden="true" preserveAspectRatio="xMidYMid slice"><rect width="320" height="180" fill="var(--soft)"/><g fill="none" stroke="var(--line)" stroke-width="14" stroke-linecap="round"><path d="M-10 46C60 20 120 70 190 44S300 30 340 52"/><path d="M-10 92C70 66 130 118 200 90S300 78 340 98" stroke="var(--accent)" opacity=".45"/><path d="M-10 138C60 112 140 162 210 136S300 124 340 144"/></g></svg>
        """;

    /// <summary>The page.</summary>
    public static string Render(IReadOnlyList<GalleryCard> cards)
    {
        string script = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(GalleryScript.Source)));
        StringBuilder page = new("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{script}'; form-action 'none'; base-uri 'none'\">")
            .Append(ReportWriter.GeneratorMark)
            .Append($"<title>Notebooks</title><style>{ReportStyle.Css}{GalleryStyle.Css}</style></head><body><main class=\"gallery\">")
            .Append($"<header><h1>Notebooks</h1><div class=\"search\" hidden><input type=\"search\" id=\"search\" placeholder=\"Search titles, headings and text\" aria-label=\"Search\" aria-describedby=\"found\" autocomplete=\"off\" spellcheck=\"false\"><span id=\"found\" role=\"status\">{Count(cards.Count)}</span></div></header>")
            .Append("<ol class=\"cards\">");
        foreach (GalleryCard card in cards) Card(page, card);
        page.Append("</ol><p class=\"nothing\" hidden>No notebook has all of these words.</p></main>")
            .Append($"<script type=\"application/json\" id=\"texts\">{Html.EscapeJson(new JsonArray(cards.Select(card => (JsonNode)card.ToJson()).ToArray()).ToJsonString())}</script>")
            .Append($"<script>{GalleryScript.Source}</script></body></html>\n");
        return page.ToString();
    }

    private static void Card(StringBuilder page, GalleryCard card)
    {
        string target = Html.Escape(Uri.EscapeDataString(card.File));
        page.Append($"<li class=\"card\"><div class=\"picture\">{(card.Thumbnail is { } picture ? $"<img alt=\"\" src=\"{picture}\">" : NoPicture)}</div>")
            .Append($"<div class=\"words\"><h2><a href=\"{target}\">{Html.Escape(card.Title)}</a></h2>");
        if (card.Summary.Length > 0) page.Append($"<p class=\"summary\">{Html.Escape(card.Summary)}</p>");
        page.Append($"<ul class=\"hits\" hidden></ul><p class=\"facts\">{Html.Escape(card.Facts)}</p></div></li>");
    }

    private static string Count(int cards) => cards == 1 ? "1 notebook" : $"{cards} notebooks";
}
