using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!probe</c>: how well labels can be read from each layer, next to what reading nothing and reading noise achieve; what is left when they are erased.</summary>
internal sealed class ProbeMagic : MagicCommand
{
    private readonly Argument<string> _activations;
    private readonly Option<string> _labels, _probe, _erase, _shifted, _subgroups, _data, _model, _twin, _name;
    private readonly Option<bool> _code, _regress, _effect, _noControls;
    private readonly Option<int> _seed;

    public ProbeMagic()
        : base("#!probe", "Train a reader of labels on every captured hook point, beside majority, shuffled labels and random weights; or erase the labels.",
            "#!probe acts --labels relative.c3", "#!probe --labels mover,next_mover --probe logistic", "#!probe --labels mover --erase leace,mean-difference --effect", "#!probe --labels mover --code")
    {
        _activations = Argument<string>("ACTS", "Name of the activations; \"acts\" by default.", required: false, Values.Activations);
        _labels = Option<string>("--labels", "Labels of the task or fields of the data set, with commas between; globs such as relative.* select many.", "NAMES", Values.List(Values.Labels));
        _labels.Required = true;
        _probe = Option<string>("--probe", $"{string.Join(", ", Probes.All.Select(p => p.Name))}; {Probes.All[0].Name} by default.", "NAME", Values.Words(Probes.All.Select(p => (p.Name, p.Summary))));
        _erase = Option<string>("--erase", $"Erase the labels and read again: {string.Join(", ", Eraser.Methods)}, with commas between, or all.", "METHODS", Values.List(Values.Words(Eraser.Methods.Append("all"))));
        _effect = Option<bool>("--effect", "With --erase: also the network's loss with the labels erased at each point.");
        _code = Option<bool>("--code", "Length of the labels under the online code (minimum description length) instead of accuracy.");
        _regress = Option<bool>("--regress", "The labels are numbers: read them by ridge regression.");
        _shifted = Option<string>("--shifted", "Train on the other rows and test on those whose field has this value, as in domain=street.", "FIELD=VALUE");
        _subgroups = Option<string>("--subgroups", "With --shifted: the field over whose values the worst accuracy is taken.", "FIELD", Values.Labels);
        _twin = Option<string>("--twin", "Activations of a random twin at the same points; by default one is captured where model and data are those of the session.", "ACTS2", Values.Activations);
        _noControls = Option<bool>("--no-controls", "Leave out shuffled labels and random weights.");
        _data = Option<string>("--data", "Name of the data that the activations came from; those read last by default.", "NAME", Values.Data);
        _model = Option<string>("--model", "Name of the model whose tokenizer reads data that are only text; the one loaded last by default.", "NAME", Values.Models);
        _seed = Option<int>("--seed", "Seed of splits, permutation, order and random weights; 0 by default.", "SEED");
        _name = NameOption("probe");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "probe");
        Probe probe = Probes.Get(call.Value(_probe) ?? Probes.All[0].Name);
        Option[] ways = new Option[] { _erase, _code, _regress, _shifted }.Where(call.Has).ToArray();
        if (ways.Length > 1) throw new StrataException($"{ways[0].Name} and {ways[1].Name} ask for different results; give one of them.");
        if (call.Has(_effect) && !call.Has(_erase)) throw new StrataException("--effect belongs to --erase; give both.");
        if (call.Has(_subgroups) && !call.Has(_shifted)) throw new StrataException("--subgroups belongs to --shifted; give both.");
        Activations activations = Activations(call, call.Value(_activations) ?? "acts");
        string dataName = call.Value(_data) ?? call.Session.CurrentData;
        DataLabels labels = SessionLabels.Of(activations, dataName, call.Session.Get<object>(dataName, "the data that the activations came from: read them with #!data"),
            () => call.Session.Get<Model>(call.Value(_model) ?? call.Session.CurrentModel, "the model that the activations came from, to tokenize the texts"));
        IReadOnlyList<LabelSet> sets = labels.Sets(call.List(_labels), out IReadOnlyList<string> leftOut);
        if (leftOut.Count > 0) call.Show($"Left out, because these rows have one class of them only: {Escape.Clip(string.Join(", ", leftOut), 400)}.");
        object result = Result(call, activations, labels, sets, probe, new ProbeOptions { Seed = call.Value(_seed), Control = !call.Value(_noControls) });
        call.Keep(name, result);
        call.Show(ProbeParts.Of(result));
    }

    private object Result(MagicCall call, Activations activations, DataLabels labels, IReadOnlyList<LabelSet> sets, Probe probe, ProbeOptions options)
    {
        if (call.Has(_erase)) return Erased(call, activations, One(sets, _erase), probe, options);
        if (call.Value(_code)) return OnlineCode.Sweep(activations, sets, new OnlineCodeOptions { Seed = options.Seed, Control = options.Control }, call.Progress, call.Cancellation);
        if (call.Has(_shifted)) return ShiftSweep.Run(activations, One(sets, _shifted), Shift(call, labels), probe, options, call.Progress, call.Cancellation);
        Activations? twin = Twin(call, activations, options);
        return call.Value(_regress)
            ? RegressionSweep.Run(activations, sets.Select(DataLabels.Numbers).ToArray(), options, twin, call.Progress, call.Cancellation)
            : ProbeSweep.Run(activations, sets, probe, options, twin, call.Progress, call.Cancellation);
    }

    private ErasureSweep Erased(MagicCall call, Activations activations, LabelSet labels, Probe probe, ProbeOptions options)
    {
        string[] methods = call.List(_erase);
        (Model, TokenRows)? network = null;
        if (call.Value(_effect))
        {
            TokenRows? rows = CapturedAgain.Rows(call, activations, out Model? model);
            network = rows is not null && model is not null ? (model, rows) : throw new StrataException("--effect runs the network again, and the model and the data of these activations are not those of the session.");
        }

        return ErasureSweep.Run(activations, labels, methods is ["all"] ? null : methods, probe, options, network, call.Progress, call.Cancellation);
    }

    private ShiftSplit Shift(MagicCall call, DataLabels labels)
    {
        string text = call.Value(_shifted)!;
        int equals = text.IndexOf('=');
        if (equals < 1) throw new StrataException($"--shifted \"{Escape.Clip(text, 60)}\" is not FIELD=VALUE, as in domain=street.");
        LabelSet domains = Single(labels, text[..equals]);
        int value = Array.IndexOf(domains.ClassNames, text[(equals + 1)..]);
        if (value < 0) throw new StrataException($"No row has {text}. {NearestNames.Suggest(text[(equals + 1)..], domains.ClassNames)}");
        return new ShiftSplit(domains.Labels.Select(l => l == value).ToArray(), call.Value(_subgroups) is string field ? Single(labels, field).Labels : null);
    }

    private static LabelSet Single(DataLabels labels, string field) => labels.Sets([field], out _)[0];

    private Activations? Twin(MagicCall call, Activations activations, ProbeOptions options)
    {
        if (call.Value(_twin) is string name) return Activations(call, name);
        if (!options.Control || activations.Provenance.Seed is not null || activations.Provenance.Interventions.Count > 0) return null;
        return CapturedAgain.Rows(call, activations, out Model? model) is TokenRows rows && model is not null ? CapturedAgain.Twin(call, model, rows, activations, options.Seed) : null;
    }

    private static LabelSet One(IReadOnlyList<LabelSet> sets, Option option) => sets.Count == 1 ? sets[0]
        : throw new StrataException($"{option.Name} takes one label set at a time, and --labels selects {sets.Count}.");

    private static Activations Activations(MagicCall call, string name) => call.Session.Get<Activations>(name, "activations: make them with #!capture");
}
