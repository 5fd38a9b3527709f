using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!sweep</c>: evaluates a set of plans as one job; plans that begin alike share the work.</summary>
internal sealed class SweepMagic : MagicCommand
{
    private readonly Option<bool> _dropEach;
    private readonly Option<int?> _windows;
    private readonly Option<string> _painters, _file, _results, _stopWhen, _name;
    private readonly Option<string[]> _plans;
    private readonly Option<int> _seed;
    private readonly Evaluations _evaluations;

    public SweepMagic()
        : base("#!sweep", "Evaluate many plans as one job; shared beginnings are computed once.", "#!sweep --drop-each --take 64", "#!sweep --painters 2..6", "#!sweep --plan \"0..4, 6..8\" --plan \"0..4, reverse(4..8)\"")
    {
        _dropEach = Option<bool>("--drop-each", "Leave out each block in turn.");
        _windows = Option<int?>("--windows", "Leave out every window of N consecutive blocks; without N, windows of every length.", "N");
        _windows.Arity = ArgumentArity.ZeroOrOne;
        _painters = Option<string>("--painters", "Skip, repeat the centre, reverse, shuffle, parallel, looped parallel over blocks FROM..TO (end excluded); without a range, over every centred range.", "FROM..TO", Values.BlockRange);
        _painters.Arity = ArgumentArity.ZeroOrOne;
        _file = Option<string>("--plans", "A text file with one plan per line; # begins a comment.", "FILE", Values.File());
        _plans = Option<string[]>("--plan", "A plan; may be given several times. #!strata plans shows the syntax.", "PLAN", Values.Plan);
        _seed = Option<int>("--seed", "Painters: seed of the shuffle; 0 by default.", "SEED");
        _results = Option<string>("--results", "A folder that keeps what has been evaluated: an interrupted sweep goes on there.", "FOLDER", Values.Folder);
        _stopWhen = Option<string>("--stop-when", "Give a plan up when the lower 95 % bound of its loss is above so many times that of all blocks in order, after so many rows: \"1.5x after 64\".", "RULE");
        _evaluations = new Evaluations(Syntax);
        _name = NameOption("sweep");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "sweep");
        Option[] kinds = [_dropEach, _windows, _painters, _file, _plans];
        Option[] given = kinds.Where(call.Has).ToArray();
        if (given.Length != 1) throw new StrataException($"#!sweep needs one of {string.Join(", ", kinds.Select(k => k.Name))}; {(given.Length == 0 ? "none was given" : string.Join(" and ", given.Select(k => k.Name)) + " were given")}.");
        StopRule? stopWhen = call.Value(_stopWhen) is string rule ? StopRule.Parse(rule) : null;
        (Model model, TokenRows rows) = _evaluations.Inputs(call);
        IReadOnlyList<MethodPlan> methods = given[0] == _painters ? Painters.Read(model.Plans, call.Value(_painters), call.Value(_seed)) : [];
        IReadOnlyList<LayerPlan> plans = methods.Count > 0 ? methods.Select(m => m.Plan).ToArray() : Plans(call, model, given[0]);
        SweepResult result = _evaluations.WithIdentity(call, model, rows, plans, call.Value(_results), stopWhen);
        call.Keep(name, result);
        Figure figure = given[0] == _dropEach ? SweepFigure.DropEach(result) : methods.Count > 0 ? SweepFigure.Painters(result, methods) : SweepFigure.Cost(result);
        call.Show(figure, result.ToTable());
    }

    private IReadOnlyList<LayerPlan> Plans(MagicCall call, Model model, Option kind)
    {
        if (kind == _dropEach) return model.Plans.DropEach();
        if (kind == _windows) return call.Value(_windows) is int length ? model.Plans.Windows(length) : model.Plans.AllWindows();
        return kind == _file ? PlanFile.Read(call.Value(_file)!, model.Plans) : call.Value(_plans)!.Select(model.Plans.Parse).ToArray();
    }
}
