using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!compare</c>: a number per pair of hook points, of one capture or of two.</summary>
internal sealed class CompareMagic : MagicCommand
{
    private readonly Argument<string> _first, _second;
    private readonly Option<string> _with, _name;

    public CompareMagic()
        : base("#!compare", "A number per pair of hook points, of one capture or of two: CKA, Procrustes ...", "#!compare", "#!compare acts twinActs --with cka-debiased")
    {
        _first = Argument<string>("ACTS", "Name of the activations; \"acts\" by default.", required: false, Values.Activations);
        _second = Argument<string>("ACTS2", "Name of other activations of the same rows; the same by default.", required: false, Values.Activations);
        _with = Option<string>("--with", $"The comparison: {string.Join(", ", Comparisons.All.Select(c => c.Name))}; {Comparisons.All[0].Name} by default.", "NAME", Values.Words(Comparisons.All.Select(c => (c.Name, c.Summary))));
        _name = NameOption("comparison");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "comparison"), first = call.Value(_first) ?? "acts";
        Activations a = call.Session.Get<Activations>(first, "activations: make them with #!capture");
        Activations b = call.Session.Get<Activations>(call.Value(_second) ?? first, "activations: make them with #!capture");
        ComparisonMatrix matrix = ComparisonMatrix.Compute(a, b, call.Value(_with) ?? Comparisons.All[0].Name, null, call.Progress, call.Cancellation);
        call.Keep(name, matrix);
        call.Show(ComparisonFigure.Of(matrix));
    }
}
