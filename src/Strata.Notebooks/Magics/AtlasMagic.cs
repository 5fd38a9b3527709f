using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!atlas</c>: the standard look into a network, laid out as one page.</summary>
internal sealed class AtlasMagic : MagicCommand
{
    private readonly Option<string> _measures, _labels, _set, _name;
    private readonly Option<int> _seed;
    private readonly Option<bool> _noControls;
    private readonly Inputs _inputs;

    public AtlasMagic()
        : base("#!atlas", "One page about a network: measures over depth beside random weights, layers compared with layers, logit lens, probe, loss without each block.",
            "#!atlas", "#!atlas --take 64 --labels mover", "#!atlas --measure prompt-entropy,curvature --no-controls")
    {
        _measures = Option<string>("--measure", "Other measures than the standard ones, with commas between; panels without numbers are left out.", "NAMES", Values.List(Values.Words(Measures.All.Select(m => (m.Name, m.About.What)))));
        _labels = Option<string>("--labels", "Labels of the data that a linear probe reads at every layer; globs select many.", "NAMES", Values.List(Values.Labels));
        _set = Option<string>("--set", "Parameters of the measures as name=value with commas between.", "NAME=VALUE", Values.List(Values.Words(MeasureParameters.All.Select(p => ($"{p.Name}={p.Default}", p.What)))));
        _seed = Option<int>("--seed", "Seed of whatever is drawn at random, random weights included; 0 by default.", "SEED");
        _noControls = Option<bool>("--no-controls", "Do not run the same on a network of the same shape with random weights.");
        _inputs = new Inputs(Syntax);
        _name = NameOption("atlas");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "atlas");
        AtlasOptions options = new()
        {
            MeasureOptions = MeasureParameters.With(new MeasureOptions { Seed = call.Value(_seed) }, call.List(_set)),
            Control = !call.Value(_noControls),
            Labels = call.Has(_labels) ? activations => Labels(call, activations) : null,
            Progress = call.Progress,
        };
        if (call.Has(_measures)) options = options with { Measures = call.List(_measures) };
        Model model = _inputs.Model(call);
        Atlas atlas = Atlas.Run(model, _inputs.Rows(call, model), options, call.Cancellation);
        call.Keep(name, atlas);
        call.Show(AtlasPage.Bundle(atlas, call.Line));
    }

    private IReadOnlyList<LabelSet> Labels(MagicCall call, Activations activations)
    {
        string data = _inputs.DataName(call);
        return SessionLabels.Of(activations, data, call.Session.Get<object>(data, "the data with the labels: read them with #!data"), () => _inputs.Model(call)).Sets(call.List(_labels), out _);
    }
}
