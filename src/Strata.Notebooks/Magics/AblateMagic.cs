using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!ablate</c>: evaluates the network along other plans and under interventions, next to the network without change.</summary>
internal sealed class AblateMagic : MagicCommand
{
    private readonly Option<string[]> _plans;
    private readonly Changes _changes;
    private readonly Evaluations _evaluations;
    private readonly Option<string> _results, _name;

    public AblateMagic()
        : base("#!ablate", "Evaluate the network along another plan or with values changed, next to the network without change.",
            "#!ablate --plan \"0..4, 6..8\" --take 64", "#!ablate --zero blocks.3.attn.z --head 2", "#!ablate --mean blocks.*.mlp_out --each --take 64",
            "#!ablate --zero blocks.*.attn.z --each head --take 64", "#!ablate --mean blocks.*.mlp.post --each 64 --take 64")
    {
        _plans = Option<string[]>("--plan", "Order in which the blocks run; may be given several times. #!strata plans shows the syntax.", "PLAN", Values.Plan);
        _changes = new Changes(Syntax);
        _evaluations = new Evaluations(Syntax);
        _results = Option<string>("--results", "A folder that keeps what has been evaluated: an interrupted ablation goes on there.", "FOLDER", Values.Folder);
        _name = NameOption("ablation");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "ablation");
        bool changed = _changes.Any(call);
        if (!changed && !call.Has(_plans)) throw new StrataException("#!ablate needs a plan (--plan) or a change (--zero, --mean, --scale).");
        (Model model, TokenRows rows) = _evaluations.Inputs(call);
        LayerPlan[] plans = (call.Value(_plans) ?? []).Select(model.Plans.Parse).ToArray();
        call.Show([.. plans]);
        SweepResult unchanged = _evaluations.WithIdentity(call, model, rows, plans, call.Value(_results));
        List<Ablated> ablated = [.. unchanged.Results.Select(r => new Ablated(r, []))];
        List<Figure> grids = [];
        foreach (LayerPlan plan in changed ? plans.DefaultIfEmpty(model.Plans.Identity()) : [])
        {
            IReadOnlyList<Variant> variants = _changes.Runs(call, model, rows, plan);
            VariantSweepResult sweep = _evaluations.Run(call, model, rows, variants, plan, call.Value(_results));
            ablated.AddRange(sweep.Results.Select((result, i) => new Ablated(result, variants[i].Interventions)));
            if (AblationParts.Grid(sweep) is Figure grid) grids.Add(grid);
        }

        Table table = AblationParts.Table(ablated, unchanged);
        call.Keep(name, table);
        call.Show([.. grids.Count > 0 ? grids : AblationParts.Figures(ablated, unchanged), table]);
    }
}
