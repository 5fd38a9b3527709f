using System.Globalization;
using System.Text;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Provenance as named lines: what every rendering of it is made from.</summary>
internal static class ProvenanceLines
{
    private const int MaxCharacters = 8_000;
    private const int MaxValue = 400;

    /// <summary>The fields that apply, in a fixed order, long values cut.</summary>
    public static IReadOnlyList<(string Name, string Value)> Of(Provenance provenance)
    {
        List<(string Name, string? Value)> lines =
        [
            ("model", provenance.Model),
            ("model SHA-256", provenance.ModelHash),
            ("data", provenance.Data),
            ("data SHA-256", provenance.DataHash),
            ("plan", provenance.Plan),
            .. provenance.Interventions.Select(i => ("intervention", (string?)i)),
            .. provenance.Settings.Select(s => (s.Key, (string?)s.Value)),
            ("seed", provenance.Seed?.ToString(CultureInfo.InvariantCulture)),
            ("engine", provenance.Engine),
            ("Strata", provenance.Version),
        ];
        (string, string)[] present = lines.Where(l => l.Value is not null).Select(l => (Escape.Clip(l.Name, 80), Escape.Clip(l.Value!, MaxValue))).ToArray();
        int total = 0;
        int shown = present.TakeWhile(l => (total += l.Item1.Length + l.Item2.Length) <= MaxCharacters).Count();
        return shown == present.Length ? present : [.. present.Take(shown), ("…", $"{present.Length - shown} more lines")];
    }

    /// <summary>All on one line; empty for null.</summary>
    public static string OneLine(Provenance? provenance) => provenance is null ? "" : Escape.Clip(string.Join("; ", Of(provenance).Select(l => $"{l.Name}: {l.Value}")), 1500);

    /// <summary>A collapsed HTML list; empty for null.</summary>
    public static string Details(Provenance? provenance) =>
        provenance is null ? "" : $"<details class=\"strata-details\"><summary>Provenance</summary>{List(provenance)}</details>";

    /// <summary>An HTML definition list.</summary>
    public static string List(Provenance provenance)
    {
        StringBuilder html = new("<dl>");
        foreach ((string name, string value) in Of(provenance)) html.Append("<dt>").Append(Escape.Html(name)).Append("</dt><dd>").Append(Escape.Html(value)).Append("</dd>");
        return html.Append("</dl>").ToString();
    }
}
