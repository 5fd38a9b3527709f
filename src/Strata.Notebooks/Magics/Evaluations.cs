using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The options of commands that evaluate plans, and the evaluation itself.</summary>
internal sealed class Evaluations
{
    private static readonly (string Word, Scorer Scorer)[] Scorers = [("legal-othello-moves", Scorer.LegalOthelloMoves)];

    private readonly Inputs _inputs;
    private readonly Option<string> _score = new MagicOption<string>("--score")
    {
        Description = $"A score besides loss and accuracy: {string.Join(", ", Scorers.Select(s => s.Word))}.",
        HelpName = "NAME",
        Values = Values.Words(Scorers.Select(s => s.Word)),
    };

    /// <summary>Adds the options to a command.</summary>
    public Evaluations(Command syntax)
    {
        syntax.Options.Add(_score);
        _inputs = new Inputs(syntax);
    }

    /// <summary>The model and the rows.</summary>
    public (Model Model, TokenRows Rows) Inputs(MagicCall call)
    {
        Model model = _inputs.Model(call);
        return (model, _inputs.Rows(call, model));
    }

    /// <summary>Evaluates all blocks in order and then each plan.</summary>
    /// <param name="call">The call.</param>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="plans">The plans.</param>
    /// <param name="results">A folder that keeps what has been evaluated, or null.</param>
    /// <param name="stopWhen">By which rule plans are given up, or null.</param>
    public SweepResult WithIdentity(MagicCall call, Model model, TokenRows rows, IEnumerable<LayerPlan> plans, string? results = null, StopRule? stopWhen = null)
    {
        LayerPlan identity = model.Plans.Identity();
        return Sweep.Run(model, rows, [identity, .. plans.Where(p => !p.Equals(identity))], Options(call, results, stopWhen), call.Cancellation);
    }

    /// <summary>Evaluates variants of the network along one plan.</summary>
    public VariantSweepResult Run(MagicCall call, Model model, TokenRows rows, IReadOnlyList<Variant> variants, LayerPlan plan, string? results) =>
        VariantSweep.Run(model, rows, variants, plan, Options(call, results, null), call.Cancellation);

    private SweepOptions Options(MagicCall call, string? results, StopRule? stopWhen) =>
        new() { Scorer = ScorerOf(call), Results = results, StopWhen = stopWhen, Progress = call.Progress, Announce = work => Announce(call, work) };

    /// <summary>A job that has nothing in common with a single evaluation is told before it runs.</summary>
    private static void Announce(MagicCall call, SweepWork work)
    {
        if (work.Plans > 1) call.Show(work.ToString());
    }

    private Scorer? ScorerOf(MagicCall call)
    {
        if (call.Value(_score) is not string word) return null;
        int index = Array.FindIndex(Scorers, s => s.Word == word);
        return index >= 0 ? Scorers[index].Scorer : throw new StrataException($"There is no score \"{word}\". {NearestNames.Suggest(word, Scorers.Select(s => s.Word))}");
    }
}
