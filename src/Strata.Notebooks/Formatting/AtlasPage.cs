using System.Globalization;
using System.Text;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>
/// An atlas laid out as one page of HTML: facts of the network and the data, small multiples with a line each on how to read them, provenance, and the command that makes it. Figures are drawings, so that it prints as it
/// looks; on a narrow screen the panels stand one below the other.
/// </summary>
public static class AtlasPage
{
    /// <summary>The page's rules; on paper two columns of panels, none of them cut.</summary>
    private const string Css =
        ".strata-atlas{max-width:1240px}"
        + ".strata-atlas h1{margin:.2em 0 .1em;font-size:1.7em;line-height:1.2;overflow-wrap:anywhere}.strata-atlas h2{margin:1.6em 0 .6em;font-size:1.15em;padding-bottom:.2em;border-bottom:1px solid rgba(128,128,128,.35);break-after:avoid}"
        + ".strata-atlas .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17em),1fr));gap:.1em 2em;margin:.6em 0;font-size:.9em}"
        + ".strata-atlas .facts div{display:flex;gap:.8em;border-bottom:1px solid rgba(128,128,128,.2);padding:.15em 0;min-width:0}.strata-atlas .facts dt{flex:0 0 7.5em;opacity:.7}.strata-atlas .facts dd{margin:0;min-width:0;overflow-wrap:anywhere}"
        + ".strata-atlas .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:14px}"
        + ".strata-atlas .panel{margin:0;min-width:0;border:1px solid rgba(128,128,128,.3);border-radius:6px;overflow:hidden;break-inside:avoid;display:flex;flex-direction:column}"
        + ".strata-atlas .panel .drawing{background:#fff;color:#222;flex:0 0 auto}.strata-atlas .panel img{display:block;width:100%;max-width:460px;height:auto;margin:auto;background:#fff}"
        + ".strata-atlas .panel .strata-title{font:600 13px Helvetica,Arial,sans-serif}.strata-atlas .panel .strata-output{margin:0;padding:.6em .8em;overflow-x:auto}.strata-atlas .panel .strata-details{display:none}"
        + ".strata-atlas .panel table.strata-table{width:100%;font-size:.82em}.strata-atlas .panel .strata-table th,.strata-atlas .panel .strata-table td{padding:.12em .35em}.strata-atlas .panel .strata-output .strata-table td:first-child{min-width:0}"
        + ".strata-atlas figcaption{padding:.5em .8em .7em;font-size:.85em;line-height:1.4}"
        + ".strata-atlas .intro,.strata-atlas .remarks{font-size:.9em}.strata-atlas .remarks{padding-left:1.2em}"
        + ".strata-atlas pre.command{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid rgba(128,128,128,.3);border-radius:6px;padding:.5em .8em;font-size:.85em}"
        + ".strata-atlas .origin-list dl{display:grid;grid-template-columns:minmax(6em,12em) minmax(0,1fr);gap:.1em 1em;margin:.3em 0;font-size:.82em}.strata-atlas .origin-list dt{opacity:.7;overflow-wrap:anywhere}.strata-atlas .origin-list dd{margin:0;overflow-wrap:anywhere}"
        + "@media print{.strata-atlas{max-width:none;color:#000;font-size:9pt;line-height:1.35}.strata-atlas h2{margin:1em 0 .5em}.strata-atlas .panels{grid-template-columns:1fr 1fr;gap:7pt}.strata-atlas .panel{border-color:#bbb}.strata-atlas .panel img{max-width:77mm}"
        + ".strata-atlas figcaption{padding:.2em .8em .5em;line-height:1.25}.strata-atlas .panel .strata-output{overflow:visible}.strata-atlas .facts{grid-template-columns:1fr 1fr 1fr;gap:0 1.2em;font-size:.9em}.strata-atlas .facts dt,.strata-atlas .origin-list dt{opacity:1}.strata-atlas pre.command,.strata-atlas .remarks{break-inside:avoid}}";

    /// <summary>The page as a fragment with its own style.</summary>
    /// <param name="atlas">The atlas.</param>
    /// <param name="command">The command that makes it, for the foot; null for the call in C#.</param>
    public static string ToHtml(Atlas atlas, string? command = null)
    {
        StringBuilder html = new($"{StrataStyle.Element}<style>{Css}</style><div class=\"strata-atlas\">");
        Header(html, atlas);
        foreach ((string heading, IReadOnlyList<AtlasPanel> panels) in AtlasPanels.Of(atlas))
        {
            html.Append($"<h2>{Escape.Html(heading)}</h2><div class=\"panels\">");
            foreach (AtlasPanel panel in panels) html.Append($"<figure class=\"panel\">{Drawing(panel.Shown)}<figcaption>{Escape.Html(panel.Guide)}</figcaption></figure>");
            html.Append("</div>");
        }

        Foot(html, atlas, command ?? "Atlas.Run(model, rows)");
        return html.Append("</div>").ToString();
    }

    /// <summary>What a page about the network is called.</summary>
    public static string Title(Atlas atlas) => Escape.Clip($"Atlas of {atlas.Model.Model.Name}", 200);

    /// <summary>The page beside the table of its measures, for hosts without HTML.</summary>
    internal static MimeBundle Bundle(Atlas atlas, string? command)
    {
        IReadOnlyDictionary<string, string> table = TableFormatter.Format(atlas.Measures.Table).Renderings;
        return new MimeBundle(new Dictionary<string, string> { [MimeBundle.Html] = ToHtml(atlas, command), [MimeBundle.Markdown] = table[MimeBundle.Markdown], [MimeBundle.PlainText] = table[MimeBundle.PlainText] }) { Provenance = atlas.Measures.Table.Provenance };
    }

    private static string Drawing(object shown) => shown is Figure figure ? $"<div class=\"drawing\">{SvgImage.Html(figure.ToSvg(), figure.Title)}</div>" : Formatters.Format(shown).Renderings[MimeBundle.Html].Replace(StrataStyle.Element, "");

    private static void Header(StringBuilder html, Atlas atlas)
    {
        Model model = atlas.Model.Model;
        Provenance made = atlas.Measures.Table.Provenance;
        long tokens = atlas.Rows.Sequences.Sum(s => (long)s.Length);
        (string, string)[] facts =
        [
            .. atlas.Model.Facts,
            ("storage", model.Storage?.ToString().ToLowerInvariant() ?? "as in the checkpoint"),
            ("data", string.Create(CultureInfo.InvariantCulture, $"{atlas.Rows.Name}: {atlas.Rows.Count:N0} rows, {tokens:N0} tokens")),
            ("seed", made.Settings.GetValueOrDefault("measure.seed", "0")),
            ("control", atlas.Measures.Control is null ? "none was run" : "the same network with random weights, dashed"),
        ];
        html.Append($"<h1>{Escape.Html(Title(atlas))}</h1><dl class=\"facts\">");
        foreach ((string name, string value) in facts) html.Append($"<div><dt>{Escape.Html(name)}</dt><dd>{Escape.Html(Escape.Clip(value, 300))}</dd></div>");
        html.Append("</dl><p class=\"intro\">Relative depth runs from 0, the input of the first block, to 1, what the last block leaves. Nothing on this page is a grade: a higher value is not a better layer.</p>");
        if (atlas.Notes.Count == 0) return;
        html.Append("<ul class=\"remarks\">");
        foreach (string note in atlas.Notes) html.Append($"<li>{Escape.Html(Escape.Clip(note, 600))}</li>");
        html.Append("</ul>");
    }

    private static void Foot(StringBuilder html, Atlas atlas, string command)
    {
        html.Append($"<h2>Made by</h2><pre class=\"command\">{Escape.Html(Escape.Clip(command, 2000))}</pre><h2>Provenance</h2><div class=\"origin-list\">");
        Provenance whole = atlas.Measures.Table.Provenance;
        // What each measure means is on its page; here it would bury the hashes.
        SortedDictionary<string, string> settings = new(whole.Settings.Where(s => !s.Key.StartsWith("measure.", StringComparison.Ordinal) || !Measures.All.Any(m => s.Key == $"measure.{m.Name}")).ToDictionary(), StringComparer.Ordinal);
        html.Append(ProvenanceLines.List(whole with { Settings = settings })).Append("</div>");
    }
}
