using Strata.Notebooks;
using Verso.Abstractions;

namespace Strata.Verso;

/// <summary>Chooses the rendering that Verso shows: HTML, in which figures are drawn without a script, else plain text.</summary>
internal static class VersoOutput
{
    public static CellOutput Of(IReadOnlyDictionary<string, string> renderings) =>
        renderings.TryGetValue(MimeBundle.Html, out string? html) ? CellOutput.Html(html) : CellOutput.Plain(renderings.GetValueOrDefault(MimeBundle.PlainText, ""));
}
