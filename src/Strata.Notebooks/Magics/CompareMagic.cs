using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!compare</c>: a number per pair of hook points, of one capture or of two, or point by point.</summary>
internal sealed class CompareMagic : MagicCommand
{
    private readonly Argument<string> _first, _second;
    private readonly Option<string> _with, _confounder, _twins, _points, _pool, _name;
    private readonly Option<bool> _profile, _stream, _noControls;
    private readonly Option<int> _halves, _seed, _chunk;
    private readonly Inputs _inputs;

    public CompareMagic()
        : base("#!compare", "A number per pair of hook points, of one capture or of two: CKA, RSA, CCA, neighbours ...", "#!compare", "#!compare acts twinActs --with cka-debiased", "#!compare acts tunedActs --with svcca-keep=0.95 --profile", "#!compare --stream --with cka-debiased --points blocks.*.resid_post")
    {
        _first = Argument<string>("ACTS", "Name of the activations; \"acts\" by default.", required: false, Values.Activations);
        _second = Argument<string>("ACTS2", "Name of other activations of the same rows; the same by default.", required: false, Values.Activations);
        _with = Option<string>("--with", $"The comparison: {string.Join(", ", Comparisons.All.Select(c => c.Name))}, or one with parameters, as in cka-kernel=rbf-hsic=song; {Comparisons.All[0].Name} by default.", "NAME", Values.Words(Comparisons.All.Select(c => (c.Name, c.Summary))));
        _profile = Option<bool>("--profile", "Compare each point with the same point of ACTS2 alone: a line over the blocks.");
        _halves = Option<int>("--halves", "With --profile: draw half of the rows N times, and show the band of the values.", "N");
        _twins = Option<string>("--twins", "With --profile: names of the same two captures of networks with random weights, with a comma between.", "ACTS3,ACTS4", Values.List(Values.Activations));
        _confounder = Option<string>("--confounder", "For dcka and drsa: name of activations whose one point holds the inputs; the first point of ACTS by default.", "ACTS5", Values.Activations);
        _stream = Option<bool>("--stream", "Capture the data of the session and compare all points with one another, some rows at a time: memory does not grow with the rows. Takes no ACTS.");
        _points = Option<string>("--points", "With --stream: globs of hook points with commas between; blocks.*.resid_post by default.", "GLOBS", Values.List(Values.Points));
        _pool = Option<string>("--pool", "With --stream: how the positions of a row become one; none by default.", "HOW", Values.Words<Pooling>());
        _chunk = Option<int>("--chunk", "With --stream: rows of the data that are held at a time; 64 by default.", "N");
        _inputs = new Inputs(Syntax);
        _noControls = Option<bool>("--no-controls", "Leave out the comparison with shuffled rows.");
        _seed = Option<int>("--seed", "Seed of the shuffled order and of the halves; 0 by default.", "SEED");
        _name = NameOption("comparison");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "comparison"), first = call.Value(_first) ?? "acts", with = call.Value(_with) ?? Comparisons.All[0].Name;
        if (call.Value(_stream))
        {
            Stream(call, name, with);
            return;
        }

        Option? streamed = _inputs.All.Concat([_points, _pool, _chunk]).FirstOrDefault(call.Has);
        if (streamed is not null) throw new StrataException($"{streamed.Name} belongs to --stream; give both, or name activations that were captured.");
        Activations a = Activations(call, first), b = Activations(call, call.Value(_second) ?? first);
        ComparisonOptions options = new() { Controls = !call.Value(_noControls), Seed = call.Value(_seed), Halves = Math.Max(0, call.Value(_halves)), Confounder = Confounder(call) };
        if (call.Value(_profile))
        {
            ComparisonProfile profile = ComparisonProfile.Compute(a, b, with, options, Twins(call), call.Progress, call.Cancellation);
            call.Keep(name, profile);
            call.Show(ComparisonFigure.Parts(profile));
            return;
        }

        Option? alone = new Option[] { _halves, _twins }.FirstOrDefault(call.Has);
        if (alone is not null) throw new StrataException($"{alone.Name} belongs to --profile; give both.");
        ComparisonMatrix matrix = ComparisonMatrix.Compute(a, b, with, options, call.Progress, call.Cancellation);
        call.Keep(name, matrix);
        call.Show(ComparisonFigure.Of(matrix));
    }

    private void Stream(MagicCall call, string name, string with)
    {
        Option? whole = new Option[] { _profile, _halves, _twins, _confounder }.FirstOrDefault(call.Has);
        if (whole is not null || call.Value(_first) is not null) throw new StrataException($"{whole?.Name ?? "ACTS"} needs all rows at once, and --stream holds some at a time; give one of them.");
        Model model = _inputs.Model(call);
        string[] points = call.List(_points);
        CaptureRequest request = new() { Points = points.Length > 0 ? points : ["blocks.*.resid_post"], Pooling = call.Word(_pool, Pooling.None) };
        ComparisonOptions options = new() { Controls = !call.Value(_noControls), Seed = call.Value(_seed) };
        ComparisonMatrix matrix = ComparisonStream.Run(model, _inputs.Rows(call, model), request, with, options, call.Has(_chunk) ? call.Value(_chunk) : 64, call.Progress, call.Cancellation);
        call.Keep(name, matrix);
        call.Show(ComparisonFigure.Of(matrix));
    }

    private (Activations, Activations)? Twins(MagicCall call)
    {
        if (!call.Has(_twins)) return null;
        string[] names = call.List(_twins);
        return names.Length == 2 ? (Activations(call, names[0]), Activations(call, names[1])) : throw new StrataException($"--twins needs two names with a comma between; {names.Length} were given.");
    }

    private Strata.Tensors.FloatMatrix? Confounder(MagicCall call)
    {
        if (call.Value(_confounder) is not string name) return null;
        Activations activations = Activations(call, name);
        return activations.Points.Count == 1 ? activations.Rows(activations.Points[0])
            : throw new StrataException($"\"{name}\" holds {activations.Points.Count} points; capture the one whose similarities are to be regressed out, for example --points embed.");
    }

    private static Activations Activations(MagicCall call, string name) => call.Session.Get<Activations>(name, "activations: make them with #!capture");
}
