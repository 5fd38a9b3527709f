using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!compare</c>: a number per pair of hook points, of one capture or of two, or point by point.</summary>
internal sealed class CompareMagic : MagicCommand
{
    private readonly Argument<string> _first, _second;
    private readonly Option<string> _with, _confounder, _twins, _name;
    private readonly Option<bool> _profile, _noControls;
    private readonly Option<int> _halves, _seed;

    public CompareMagic()
        : base("#!compare", "A number per pair of hook points, of one capture or of two: CKA, RSA, CCA, neighbours ...", "#!compare", "#!compare acts twinActs --with cka-debiased", "#!compare acts tunedActs --with svcca-keep=0.95 --profile")
    {
        _first = Argument<string>("ACTS", "Name of the activations; \"acts\" by default.", required: false, Values.Activations);
        _second = Argument<string>("ACTS2", "Name of other activations of the same rows; the same by default.", required: false, Values.Activations);
        _with = Option<string>("--with", $"The comparison: {string.Join(", ", Comparisons.All.Select(c => c.Name))}, or one with parameters, as in cka-kernel=rbf-hsic=song; {Comparisons.All[0].Name} by default.", "NAME", Values.Words(Comparisons.All.Select(c => (c.Name, c.Summary))));
        _profile = Option<bool>("--profile", "Compare each point with the same point of ACTS2 alone: a line over the blocks.");
        _halves = Option<int>("--halves", "With --profile: draw half of the rows N times, and show the band of the values.", "N");
        _twins = Option<string>("--twins", "With --profile: names of the same two captures of networks with random weights, with a comma between.", "ACTS3,ACTS4", Values.List(Values.Activations));
        _confounder = Option<string>("--confounder", "For dcka and drsa: name of activations whose one point holds the inputs; the first point of ACTS by default.", "ACTS5", Values.Activations);
        _noControls = Option<bool>("--no-controls", "Leave out the comparison with shuffled rows.");
        _seed = Option<int>("--seed", "Seed of the shuffled order and of the halves; 0 by default.", "SEED");
        _name = NameOption("comparison");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "comparison"), first = call.Value(_first) ?? "acts", with = call.Value(_with) ?? Comparisons.All[0].Name;
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
