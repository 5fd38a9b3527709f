using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!report</c>: where every result of the session came from.</summary>
internal sealed class ReportMagic() : MagicCommand("#!report", "List every result of this session with the command that made it and its provenance.", "#!report")
{
    public override void Run(MagicCall call)
    {
        IReadOnlyList<SessionResult> results = call.Session.Results;
        if (results.Count == 0) throw new StrataException("This session has no results yet; begin with #!model FOLDER.");
        Provenance[] provenances = results.Select(r => r.Provenance ?? new Provenance()).ToArray();
        Column Texts(string name, Func<Provenance, string?> text) => Column.Text(name, provenances.Select(p => text(p) ?? ""));
        call.Show(new Table($"Results of this session ({results.Count})", new Provenance(),
            Column.Text("name", results.Select(r => r.Name)),
            Column.Text("kind", results.Select(r => ResultKinds.Of(r.Value))),
            Column.Text("command", results.Select(r => r.Command)),
            Texts("model", p => p.Model),
            Texts("model SHA-256", p => Short(p.ModelHash)),
            Texts("data", p => p.Data),
            Texts("data SHA-256", p => Short(p.DataHash)),
            Texts("plan", p => p.Plan),
            Texts("settings", p => string.Join("; ", p.Interventions.Concat(p.Settings.Select(s => $"{s.Key}: {Escape.Clip(s.Value, 60)}")))),
            Texts("seed", p => p.Seed?.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Texts("engine", p => p.Engine)));
    }

    private static string? Short(string? hash) => hash?[..Math.Min(12, hash.Length)];
}
