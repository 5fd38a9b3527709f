using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Shows where a result came from.</summary>
internal static class ProvenanceFormatter
{
    public static MimeBundle Format(Provenance provenance)
    {
        IReadOnlyList<(string Name, string Value)> lines = ProvenanceLines.Of(provenance);
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = $"{StrataStyle.Element}<div class=\"strata-output strata-details\">{ProvenanceLines.List(provenance)}</div>",
            [MimeBundle.Markdown] = string.Join("\n", lines.Select(l => $"- {Escape.Markdown(l.Name)}: {Escape.Markdown(l.Value)}")),
            [MimeBundle.PlainText] = string.Join("\n", lines.Select(l => $"{l.Name}: {l.Value}")),
        });
    }
}
