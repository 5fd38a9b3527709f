using System.CommandLine;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary><c>#!capture</c>: runs data through the network and keeps chosen hook points.</summary>
internal sealed class CaptureMagic : MagicCommand
{
    private readonly Option<string> _points, _pool, _positions, _plan, _name;
    private readonly Inputs _inputs;

    public CaptureMagic()
        : base("#!capture", "Run data through the network and keep chosen hook points.",
            "#!capture --points blocks.*.resid_pre,blocks.*.resid_post --take 64", "#!capture --points blocks.*.attn_out --pool mean --plan \"0..4, 6..8\" --name skipped")
    {
        _points = Option<string>("--points", "Globs of hook points with commas between; blocks.*.resid_post by default. #!strata points lists them.", "GLOBS", Values.List(Values.Points));
        _pool = Option<string>("--pool", "How the positions of a row become one: none (keep all), mean, last or first; none by default.", "HOW", Values.Words<Pooling>());
        _positions = Option<string>("--positions", "Which positions: indices and ranges, end excluded, as in \"0..4, ^1\"; all by default.", "LIST");
        _plan = Option<string>("--plan", "Order in which the blocks run; all in order by default. #!strata plans shows the syntax.", "PLAN", Values.Plan);
        _inputs = new Inputs(Syntax);
        _name = NameOption("acts");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "acts");
        Model model = _inputs.Model(call);
        string[] points = call.List(_points);
        CaptureRun run = model.PlanCapture(_inputs.Rows(call, model), new CaptureRequest
        {
            Points = points.Length > 0 ? points : ["blocks.*.resid_post"],
            Pooling = call.Word(_pool, Pooling.None),
            Positions = call.Value(_positions) is string positions ? PositionSelection.Parse(positions) : PositionSelection.All,
            Plan = Inputs.Plan(call.Value(_plan), model),
            Announce = announcement => call.Show(announcement),
            Progress = call.Progress,
        });
        Activations activations = run.Run(call.Cancellation);
        call.Keep(name, activations);
        call.Show(activations);
    }
}
