using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>HTML to be shown as it is; text from models and data in it must have gone through <see cref="Escape.Html(string)"/>.</summary>
/// <param name="Content">A fragment that is complete in itself.</param>
public sealed record Html(string Content)
{
    internal MimeBundle ToMimeBundle() => Renderings.Of(MimeBundle.Html, Content, Content);
}

/// <summary>Markdown to be shown as formatted text; text from models and data in it must have gone through <see cref="Escape.Markdown(string)"/>.</summary>
/// <param name="Content">The text.</param>
public sealed record Markdown(string Content)
{
    internal MimeBundle ToMimeBundle() => Renderings.Of(MimeBundle.Markdown, Content, Content);
}

/// <summary>A formula.</summary>
/// <param name="Content">TeX, with or without the <c>$</c> around it.</param>
public sealed record LaTeX(string Content)
{
    internal MimeBundle ToMimeBundle()
    {
        string text = Content.Trim(), formula = text.StartsWith('$') || text.StartsWith(@"\begin", StringComparison.Ordinal) ? text : $"$${text}$$";
        return new MimeBundle(new Dictionary<string, string> { [MimeBundle.LaTeX] = formula, [MimeBundle.PlainText] = Content });
    }
}

/// <summary>A picture in SVG.</summary>
public sealed class Svg
{
    private readonly string _content;

    /// <summary>A picture.</summary>
    /// <param name="content">An <c>svg</c> element.</param>
    /// <exception cref="StrataException">It is no XML, or its root is no <c>svg</c>.</exception>
    public Svg(string content)
    {
        XElement root;
        try
        {
            using XmlReader reader = XmlReader.Create(new StringReader(content), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            root = XElement.Load(reader);
        }
        catch (XmlException e)
        {
            throw new StrataException($"This is no SVG: {e.Message}", e);
        }

        if (root.Name.LocalName != "svg") throw new StrataException($"This is no SVG: its root is \"{Escape.Clip(root.Name.LocalName, 60)}\"; expected \"svg\".");
        _content = content;
    }

    internal MimeBundle ToMimeBundle() => Renderings.Of(MimeBundle.Svg, _content, "SVG picture");
}

/// <summary>JSON to be shown as a tree where the front end can.</summary>
public sealed class Json
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string _text;

    private Json(string text) => _text = text;

    /// <summary>A document from its text.</summary>
    /// <exception cref="StrataException">The text is no JSON.</exception>
    public static Json Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return new Json(JsonSerializer.Serialize(document.RootElement, Indented));
        }
        catch (JsonException e)
        {
            throw new StrataException($"This is no JSON: {e.Message}", e);
        }
    }

    /// <summary>The public properties of a value, as <see cref="JsonSerializer"/> writes them.</summary>
    /// <exception cref="StrataException">The value cannot be written: it refers to itself, or has a type that JSON has no form for.</exception>
    public static Json Of(object? value)
    {
        try
        {
            return new Json(JsonSerializer.Serialize(value, Indented));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new StrataException($"This value has no form in JSON: {e.Message}", e);
        }
    }

    /// <summary>The text.</summary>
    public override string ToString() => _text;

    internal MimeBundle ToMimeBundle() => Renderings.Of(MimeBundle.Json, _text, _text);
}

/// <summary>Bundles of one rendering and its text.</summary>
file static class Renderings
{
    public static MimeBundle Of(string type, string content, string text) => new(new Dictionary<string, string> { [type] = content, [MimeBundle.PlainText] = text });
}
