using System.Text;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>What a session made: a table of results and the commands that made them, and the provenance of each in full.</summary>
internal static class SessionReport
{
    private const int HashLength = 12;
    private const int MaxCommand = 200;

    public static MimeBundle Of(IReadOnlyList<SessionResult> results)
    {
        IReadOnlyDictionary<string, string> table = TableFormatter.Format(Summary(results)).Renderings;
        StringBuilder html = new(table[MimeBundle.Html]), markdown = new(table[MimeBundle.Markdown]), plain = new(table[MimeBundle.PlainText]);
        foreach (SessionResult result in results)
        {
            if (result.Provenance is not Provenance provenance) continue;
            html.Append($"<details class=\"strata-details\"><summary>{Escape.Html(result.Name)}: {Escape.Html(Escape.Clip(result.Command, MaxCommand))}</summary>{ProvenanceLines.List(provenance)}</details>");
            string line = ProvenanceLines.OneLine(provenance);
            markdown.Append($"\n- **{Escape.Markdown(result.Name)}**: {Escape.Markdown(line)}");
            plain.Append($"\n{result.Name}: {line}");
        }

        return new MimeBundle(new Dictionary<string, string> { [MimeBundle.Html] = html.ToString(), [MimeBundle.Markdown] = markdown.ToString(), [MimeBundle.PlainText] = plain.ToString() });
    }

    private static Table Summary(IReadOnlyList<SessionResult> results) => new($"Results of this session ({results.Count})", new Provenance(),
        Column.Text("name", results.Select(r => r.Name)),
        Column.Text("command", results.Select(r => Escape.Clip(r.Command, MaxCommand))),
        Column.Text("model", results.Select(r => Named(r.Provenance?.Model, r.Provenance?.ModelHash))),
        Column.Text("data", results.Select(r => Named(r.Provenance?.Data, r.Provenance?.DataHash))),
        Column.Text("plan", results.Select(r => r.Provenance?.Plan ?? "")));

    private static string Named(string? name, string? hash) => $"{name} {(hash is null ? "" : $"#{hash[..Math.Min(HashLength, hash.Length)]}")}".Trim();
}
