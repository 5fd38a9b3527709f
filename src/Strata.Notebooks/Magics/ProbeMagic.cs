using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!probe</c>: how well labels can be read from each layer, next to what reading nothing and reading noise achieve.</summary>
internal sealed class ProbeMagic : MagicCommand
{
    private readonly Argument<string> _activations;
    private readonly Option<string> _labels, _probe, _data, _model, _twin, _name;
    private readonly Option<int> _seed;

    public ProbeMagic()
        : base("#!probe", "Train a linear reader of labels on every captured hook point, with majority and shuffled controls.", "#!probe acts --labels relative.c3", "#!probe --labels mover,next_mover --probe logistic")
    {
        _activations = Argument<string>("ACTS", "Name of the activations; \"acts\" by default.", required: false, Values.Activations);
        _labels = Option<string>("--labels", "Labels of the task or fields of the data set, with commas between; globs such as relative.* select many.", "NAMES", Values.List(Values.Labels));
        _labels.Required = true;
        _probe = Option<string>("--probe", $"{string.Join(" or ", Probes.All.Select(p => p.Name))}; {Probes.All[0].Name} by default.", "NAME", Values.Words(Probes.All.Select(p => p.Name)));
        _twin = Option<string>("--twin", "Activations of a random twin at the same points: what the architecture alone lets a probe read.", "ACTS2", Values.Activations);
        _data = Option<string>("--data", "Name of the data that the activations came from; those read last by default.", "NAME", Values.Data);
        _model = Option<string>("--model", "Name of the model whose tokenizer reads data that are only text; the one loaded last by default.", "NAME", Values.Models);
        _seed = Option<int>("--seed", "Seed of the splits and of the permutation; 0 by default.", "SEED");
        _name = NameOption("probe");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "probe");
        Probe probe = Probes.Get(call.Value(_probe) ?? Probes.All[0].Name);
        Activations activations = Activations(call, call.Value(_activations) ?? "acts");
        Activations? twin = call.Value(_twin) is string other ? Activations(call, other) : null;
        string dataName = call.Value(_data) ?? call.Session.CurrentData;
        object data = call.Session.Get<object>(dataName, "the data that the activations came from: read them with #!data");
        ProbeLabels labels = new(activations, dataName, data, () => call.Session.Get<Model>(call.Value(_model) ?? call.Session.CurrentModel, "the model that the activations came from, to tokenize the texts"));
        IReadOnlyList<LabelSet> sets = labels.Sets(call.List(_labels), out IReadOnlyList<string> leftOut);
        if (leftOut.Count > 0) call.Show($"Left out, because these rows have one class of them only: {Escape.Clip(string.Join(", ", leftOut), 400)}.");
        ProbeSweep result = ProbeSweep.Run(activations, sets, probe, new ProbeOptions { Seed = call.Value(_seed) }, twin, call.Progress, call.Cancellation);
        call.Keep(name, result);
        call.Show(ProbeParts.Of(result));
    }

    private static Activations Activations(MagicCall call, string name) => call.Session.Get<Activations>(name, "activations: make them with #!capture");
}
