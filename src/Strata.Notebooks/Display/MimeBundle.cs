using Strata.Models;

namespace Strata.Notebooks;

/// <summary>One output in several renderings, from which a front end takes the best that it can show.</summary>
/// <param name="Renderings">MIME type to content. <c>application/json</c> and every <c>+json</c> type hold JSON text; all others hold the text itself.</param>
[TypeFormatterSource(typeof(FormatterSource), PreferredMimeTypes = [Html, PlainText])]
public sealed record MimeBundle(IReadOnlyDictionary<string, string> Renderings)
{
    /// <summary>Where what is shown came from; null where that is not known. Hosts keep it beside the output.</summary>
    public Provenance? Provenance { get; init; }

    /// <summary>text/plain.</summary>
    public const string PlainText = "text/plain";

    /// <summary>text/html: a fragment that is complete in itself; text from models and data is escaped.</summary>
    public const string Html = "text/html";

    /// <summary>text/markdown.</summary>
    public const string Markdown = "text/markdown";

    /// <summary>text/latex.</summary>
    public const string LaTeX = "text/latex";

    /// <summary>application/json.</summary>
    public const string Json = "application/json";

    /// <summary>image/svg+xml.</summary>
    public const string Svg = "image/svg+xml";

    /// <summary>application/vnd.plotly.v1+json.</summary>
    public const string Plotly = "application/vnd.plotly.v1+json";

    /// <summary>A bundle with a plain-text rendering alone.</summary>
    public static MimeBundle OfText(string text) => new(new Dictionary<string, string> { [PlainText] = text });
}
