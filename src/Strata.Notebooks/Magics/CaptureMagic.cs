using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!capture</c>: runs data through the network and keeps chosen hook points.</summary>
internal sealed class CaptureMagic : MagicCommand
{
    private readonly Option<string> _points, _pool, _positions, _plan, _reduce, _name;
    private readonly Inputs _inputs;

    public CaptureMagic()
        : base("#!capture", "Run data through the network and keep chosen hook points.",
            "#!capture --points blocks.*.resid_pre,blocks.*.resid_post --take 64", "#!capture --points blocks.*.attn_out --pool mean --plan \"0..4, 6..8\" --name skipped", "#!capture --reduce covariance,top=10,sample=500")
    {
        _points = Option<string>("--points", "Globs of hook points with commas between; blocks.*.resid_post by default. #!strata points lists them.", "GLOBS", Values.List(Values.Points));
        _pool = Option<string>("--pool", "How the positions of a row become one: none (keep all), mean, last or first; none by default.", "HOW", Values.Words<Pooling>());
        _positions = Option<string>("--positions", "Which positions: indices and ranges, end excluded, as in \"0..4, ^1\"; all by default.", "LIST");
        _plan = Option<string>("--plan", "Order in which the blocks run; all in order by default. #!strata plans shows the syntax.", "PLAN", Values.Plan);
        _reduce = Option<string>("--reduce", $"Keep only what these make of the rows, in one pass: {Reducer.Forms}.", "LIST");
        _inputs = new Inputs(Syntax);
        _name = NameOption("acts");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "acts");
        Model model = _inputs.Model(call);
        string[] points = call.List(_points);
        TokenRows rows = _inputs.Rows(call, model);
        CaptureRequest request = new()
        {
            Points = points.Length > 0 ? points : ["blocks.*.resid_post"],
            Pooling = call.Word(_pool, Pooling.None),
            Positions = call.Value(_positions) is string positions ? PositionSelection.Parse(positions) : PositionSelection.All,
            Plan = Inputs.Plan(call.Value(_plan), model),
            Announce = announcement => call.Show(announcement),
            Progress = call.Progress,
        };
        string[] reducers = call.List(_reduce);
        if (reducers.Length > 0 && call.Has(_pool)) throw new StrataException("--pool does not go with --reduce: reducers take every position. --positions chooses some.");
        object kept = reducers.Length > 0
            ? ReducedCapture.Run(model, rows, request, [.. reducers.Select(Reducer.Parse)], call.Cancellation)
            : model.Capture(rows, request, call.Cancellation);
        call.Keep(name, kept);
        call.Show(kept);
    }
}
