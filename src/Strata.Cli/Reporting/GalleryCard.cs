using System.Text.Json.Nodes;
using Strata.Cli.Running;
using Strata.Notebooks;

namespace Strata.Cli.Reporting;

/// <summary>What the gallery says of one notebook.</summary>
/// <param name="File">The report, beside the gallery's page.</param>
/// <param name="Title">The notebook's title.</param>
/// <param name="Summary">Its first paragraph, shortened.</param>
/// <param name="Facts">Its kernel, and how much it shows.</param>
/// <param name="Thumbnail">A picture as data; null when the notebook has none.</param>
/// <param name="Sections">Its text for searching, heading by heading.</param>
internal sealed record GalleryCard(string File, string Title, string Summary, string Facts, string? Thumbnail, IReadOnlyList<Section> Sections)
{
    private const int SummaryLength = 260;

    /// <summary>Pictures of more characters than this would make the page slow.</summary>
    private const int LargestThumbnail = 1 << 20;

    private static readonly string[] Pictures = [MimeBundle.Svg, "image/png", "image/jpeg", "image/webp"];

    /// <summary>The card of a notebook.</summary>
    public static GalleryCard Of(string file, Notebook notebook, Report report)
    {
        // A plot says more about a notebook than a diagram or a photograph beside it.
        (string Data, bool IsPlot)[] pictures = notebook.Cells.SelectMany(cell => cell.Outputs).OfType<DisplayOutput>().SelectMany(PicturesOf).ToArray();
        int code = notebook.Cells.Count(cell => cell.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(cell.Source));
        string[] facts = [notebook.KernelName, Counted(code, "cell"), pictures.Length == 0 ? "" : Counted(pictures.Length, "figure")];
        string summary = report.Sections.SelectMany(section => section.Paragraphs).FirstOrDefault(paragraph => paragraph.Length > 0) ?? "";
        return new GalleryCard(
            file,
            report.Title,
            Shortened(summary),
            string.Join(" · ", facts.Where(fact => fact.Length > 0)),
            pictures.Where(picture => picture.Data.Length <= LargestThumbnail).OrderByDescending(picture => picture.IsPlot).FirstOrDefault().Data,
            report.Sections);
    }

    /// <summary>The card's text for searching: per heading its words, the anchor in the report, and the text below it.</summary>
    public JsonObject ToJson() => new()
    {
        ["title"] = Title,
        ["sections"] = new JsonArray(Sections.Where(section => section.Heading is not null || section.Paragraphs.Count > 0).Select(section => (JsonNode)new JsonObject
        {
            ["heading"] = section.Heading?.Text ?? "",
            ["anchor"] = section.Heading?.Anchor ?? "",
            ["text"] = string.Join(" ", section.Paragraphs),
        }).ToArray()),
    };

    private static IEnumerable<(string Data, bool IsPlot)> PicturesOf(DisplayOutput output)
    {
        IReadOnlyDictionary<string, string> renderings = output.Bundle.Renderings;
        string? picture = Pictures.Select(mime => renderings.TryGetValue(mime, out string? content) ? DataUri.Of(mime, content) : null).FirstOrDefault(data => data is not null);
        if (picture is not null) return [(picture, renderings.ContainsKey(MimeBundle.Plotly))];
        return !renderings.TryGetValue(MimeBundle.Html, out string? html) ? []
            : StrataFigure.Split(html).Select(piece => piece.Figure?.Drawing).OfType<string>().Select(data => (data, true));
    }

    private static string Counted(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string Shortened(string text)
    {
        if (text.Length <= SummaryLength) return text;
        int end = text.LastIndexOf(' ', SummaryLength);
        return text[..(end > 0 ? end : SummaryLength)].TrimEnd('.', ',', ';', ':') + " …";
    }
}
