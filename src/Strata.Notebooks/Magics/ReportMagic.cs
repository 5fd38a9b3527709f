using Strata.Models;

namespace Strata.Notebooks;

/// <summary><c>#!report</c>: where every result of the session came from.</summary>
internal sealed class ReportMagic() : MagicCommand("#!report", "List every result of this session with the command that made it and its provenance.", "#!report")
{
    public override void Run(MagicCall call)
    {
        IReadOnlyList<SessionResult> results = call.Session.Results;
        if (results.Count == 0) throw new StrataException("This session has no results yet; begin with #!model FOLDER.");
        call.Show(SessionReport.Of(results));
    }
}
