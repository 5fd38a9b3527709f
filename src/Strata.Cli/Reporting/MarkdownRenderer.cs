using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Strata.Cli.Reporting;

/// <summary>A heading of the report.</summary>
/// <param name="Level">1 to 6.</param>
/// <param name="Text">Its words, without markup.</param>
/// <param name="Anchor">Its id in the page.</param>
internal sealed record Heading(int Level, string Text, string Anchor);

/// <summary>The text of a report below one heading.</summary>
/// <param name="Heading">The heading; null for what stands before the first.</param>
internal sealed record Section(Heading? Heading)
{
    /// <summary>The paragraphs, without markup.</summary>
    public List<string> Paragraphs { get; } = [];
}

/// <summary>
/// Renders the Markdown of one report. Raw HTML is shown as text, links lead only to web pages, mail addresses and places of the report, and pictures come
/// from the notebook or the folder around it.
/// </summary>
/// <param name="folder">The notebook's folder.</param>
internal sealed partial class MarkdownRenderer(string folder)
{
    // Not Markdig's whole set: generic attributes would let a text set onclick, media links would fetch players.
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseGridTables().UseEmphasisExtras().UseFootnotes().UseTaskLists().UseDefinitionLists().UseListExtras()
        .UseAbbreviations().UseCitations().UseMathematics().UseAlertBlocks().UseAutoLinks()
        .DisableHtml()
        .Build();

    private readonly HashSet<string> _anchors = ["contents", "provenance"];
    private readonly List<Section> _sections = [new(null)];
    private int _texts;

    /// <summary>The headings of everything rendered so far.</summary>
    public IReadOnlyList<Heading> Headings => _sections.Select(section => section.Heading).OfType<Heading>().ToArray();

    /// <summary>The text of everything rendered so far, heading by heading.</summary>
    public IReadOnlyList<Section> Sections => _sections;

    /// <summary>Renders a text.</summary>
    /// <param name="text">Markdown.</param>
    /// <param name="attachments">Pictures of the cell, by name.</param>
    public string ToHtml(string text, JsonObject? attachments)
    {
        try
        {
            MarkdownDocument document = Markdown.Parse(text, Pipeline);
            foreach (LeafBlock block in document.Descendants<LeafBlock>())
            {
                if (block is HeadingBlock heading) Register(heading);
                else if (block is ParagraphBlock { Inline: { } inline }) _sections[^1].Paragraphs.Add(PlainText(inline));
            }

            foreach (AutolinkInline link in document.Descendants<AutolinkInline>().ToArray())
                if (!link.IsEmail && !IsSafe(link.Url)) link.ReplaceBy(new LiteralInline(link.Url));
            foreach (LinkInline link in document.Descendants<LinkInline>().ToArray()) Resolve(link, attachments);
            return Footnotes().Replace(Render(document), $"$1fn{++_texts}$2");
        }
        catch (ArgumentException)
        {
            // Markdig's guard against texts nested without bound.
            return $"<pre>{Html.Escape(text)}</pre>";
        }
    }

    private static string Render(MarkdownDocument document)
    {
        using StringWriter writer = new();
        HtmlRenderer renderer = new(writer);
        Pipeline.Setup(renderer);

        // Formulas are shown as written: the delimiters would be for a script that the page does not have.
        renderer.ObjectRenderers.Replace<HtmlMathInlineRenderer>(new FormulaRenderer());
        renderer.ObjectRenderers.Replace<HtmlMathBlockRenderer>(new DisplayFormulaRenderer());
        renderer.Render(document);
        return writer.ToString();
    }

    private void Register(HeadingBlock heading)
    {
        string text = heading.Inline is null ? "" : PlainText(heading.Inline);
        string slug = Slug(text), anchor = slug;
        for (int i = 2; !_anchors.Add(anchor); i++) anchor = $"{slug}-{i}";
        heading.GetAttributes().Id = anchor;
        _sections.Add(new Section(new Heading(heading.Level, text, anchor)));
    }

    private void Resolve(LinkInline link, JsonObject? attachments)
    {
        string url = link.Url ?? "";
        if (!link.IsImage)
        {
            link.Url = url.StartsWith('#') ? "#" + Slug(Uri.UnescapeDataString(url[1..])) : IsSafe(url) ? url : "#";
            return;
        }

        if (Picture(url, attachments) is { } data)
        {
            link.Url = data;
            return;
        }

        // A picture that is elsewhere would be fetched: it becomes a link to it.
        link.IsImage = false;
        link.Url = IsSafe(url) ? url : "#";
        if (link.FirstChild is null) link.AppendChild(new LiteralInline(url));
    }

    private string? Picture(string url, JsonObject? attachments)
    {
        if (url.StartsWith("attachment:", StringComparison.Ordinal)) return Attachment(attachments?[Uri.UnescapeDataString(url["attachment:".Length..])] as JsonObject);
        Match data = PictureData().Match(url);
        if (data.Success) return DataUri.Of(data.Groups[1].Value, data.Groups[2].Value);
        return Scheme().IsMatch(url) || url.StartsWith("//", StringComparison.Ordinal) ? null : DataUri.OfFile(folder, url);
    }

    private static string? Attachment(JsonObject? renderings) => renderings?
        .Where(pair => pair.Value?.GetValueKind() is JsonValueKind.String)
        .Select(pair => DataUri.Of(pair.Key, pair.Value!.GetValue<string>()))
        .FirstOrDefault(data => data is not null);

    /// <summary>Whether a link may stay: relative, or of a scheme that runs nothing. Browsers skip white space and control characters in a scheme.</summary>
    private static bool IsSafe(string url)
    {
        string seen = string.Concat(url.Where(c => c > ' '));
        return !Scheme().IsMatch(seen) || seen.StartsWith("https:", StringComparison.OrdinalIgnoreCase)
            || seen.StartsWith("http:", StringComparison.OrdinalIgnoreCase) || seen.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase);
    }

    private static string PlainText(ContainerInline container)
    {
        StringBuilder text = new();
        foreach (Inline inline in container.Descendants())
        {
            if (inline is LiteralInline literal) text.Append(literal.Content);
            else if (inline is MathInline formula) text.Append(formula.Content.ToString());
            else if (inline is CodeInline code) text.Append(code.Content);
            else if (inline is LineBreakInline) text.Append(' ');
            else if (inline is HtmlEntityInline entity) text.Append(entity.Transcoded);
        }

        return text.ToString().Trim();
    }

    private static string Slug(string text)
    {
        string slug = NoSlug().Replace(text.ToLowerInvariant(), "-").Trim('-');
        return slug.Length == 0 ? "section" : slug;
    }

    private sealed class FormulaRenderer : HtmlObjectRenderer<MathInline>
    {
        protected override void Write(HtmlRenderer renderer, MathInline formula) =>
            renderer.Write("<span class=\"math\">").WriteEscape(ref formula.Content).Write("</span>");
    }

    private sealed class DisplayFormulaRenderer : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(HtmlRenderer renderer, MathBlock formula) =>
            renderer.Write("<div class=\"math\">").WriteLeafRawLines(formula, writeEndOfLines: true, escape: true).Write("</div>");
    }

    [GeneratedRegex(@"[^\p{L}\p{N}]+")]
    private static partial Regex NoSlug();

    [GeneratedRegex(@"^[a-z][a-z0-9+.\-]*:", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^data:(image/[a-z+]+);base64,(.*)$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex PictureData();

    // Markdig numbers footnotes per text; in one page their ids must differ. Text has its quotes escaped, so only attributes match.
    [GeneratedRegex(@"((?:id|href)=""#?)fn((?:ref)?:)")]
    private static partial Regex Footnotes();
}
