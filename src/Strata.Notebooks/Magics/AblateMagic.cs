using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!ablate</c>: evaluates the network along other plans, next to the plan without change.</summary>
internal sealed class AblateMagic : MagicCommand
{
    private readonly Option<string[]> _plans;
    private readonly Option<string> _name;
    private readonly Evaluations _evaluations;

    public AblateMagic()
        : base("#!ablate", "Evaluate the network along another plan, next to all blocks in order.", "#!ablate --plan \"0..4, 6..8\" --take 64", "#!ablate --plan \"0..2, reverse(2..6), 6..8\" --plan \"0..2, parallel(2..6), 6..8\"")
    {
        _plans = Option<string[]>("--plan", "Order in which the blocks run; may be given several times. #!strata plans shows the syntax.", "PLAN");
        _plans.Required = true;
        _evaluations = new Evaluations(Syntax);
        _name = NameOption("ablation");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "ablation");
        (Model model, TokenRows rows) = _evaluations.Inputs(call);
        LayerPlan[] plans = call.Value(_plans)!.Select(model.Plans.Parse).ToArray();
        call.Show([.. plans]);
        SweepResult result = _evaluations.Run(call, model, rows, plans);
        call.Keep(name, result);
        call.Show(result.ToTable());
    }
}
