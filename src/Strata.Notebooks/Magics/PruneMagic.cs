using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!prune</c>: which blocks could be dropped, and what dropping them does.</summary>
internal sealed class PruneMagic : MagicCommand
{
    private enum Method
    {
        Angular,
        Influence,
    }

    private readonly Option<int> _count;
    private readonly Option<string> _method, _name;
    private readonly Evaluations _evaluations;

    public PruneMagic()
        : base("#!prune", "Find the blocks that change the residual stream least, and evaluate the network without them.", "#!prune --count 2 --take 64", "#!prune --count 2 --method influence")
    {
        _count = Option<int>("--count", "How many blocks to drop.", "N");
        _count.Required = true;
        _method = Option<string>("--method", "angular: the window of consecutive blocks with the smallest angular distance (by default); influence: the blocks with the lowest block influence.", "METHOD", Values.Words<Method>());
        _evaluations = new Evaluations(Syntax);
        _name = NameOption("pruning");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "pruning");
        Method method = call.Word(_method, Method.Angular);
        int count = call.Value(_count);
        (Model model, TokenRows rows) = _evaluations.Inputs(call);
        if (count < 1 || count >= model.Spec.Blocks) throw new StrataException($"--count {count}: {model.Name} has {model.Spec.Blocks} blocks; drop 1 to {model.Spec.Blocks - 1}.");
        LayerPlan plan = method == Method.Angular ? ByAngle(call, model, rows, count) : ByInfluence(call, model, rows, count);
        call.Show(plan);
        SweepResult result = _evaluations.WithIdentity(call, model, rows, [plan]);
        call.Keep(name, result);
        call.Show(result.ToTable());
    }

    private static LayerPlan ByAngle(MagicCall call, Model model, TokenRows rows, int count)
    {
        AngularDistance distance = AngularDistance.Measure(model, rows, call.Progress, call.Cancellation);
        call.Show(AngularFigure.Of(distance, count), distance.ToTable());
        int start = distance.Best(count);
        return model.Plans.Skip(start..(start + count));
    }

    private static LayerPlan ByInfluence(MagicCall call, Model model, TokenRows rows, int count)
    {
        CaptureRequest request = new() { Points = ["blocks.*.resid_pre", "blocks.*.resid_post"], Announce = line => call.Show(line), Progress = call.Progress };
        Activations streams = model.Capture(rows, request, call.Cancellation);
        MeasureTable influences = MeasureTable.Compute(streams, ["block-influence"], null, call.Progress, call.Cancellation);
        call.Show(ResultParts.Of(influences));
        IReadOnlyList<double> values = influences.Table["value"].Numbers, blocks = influences.Table["block"].Numbers;
        HashSet<int> dropped = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i]).ThenBy(i => i).Take(count).Select(i => (int)blocks[i])];
        return new LayerPlan(model.Spec.Blocks, Enumerable.Range(0, model.Spec.Blocks).Where(b => !dropped.Contains(b)).Select(b => new BlockStep(b)));
    }
}
