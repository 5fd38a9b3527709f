using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!measure</c>: a number per hook point, beside the same number of a network with random weights.</summary>
internal sealed class MeasureMagic : MagicCommand
{
    private readonly Argument<string> _activations;
    private readonly Option<string> _measures, _points, _labels, _form, _normalize, _set, _name;
    private readonly Option<double?> _alpha;
    private readonly Option<int?> _maxRows;
    private readonly Option<int> _seed;
    private readonly Option<bool> _noControls;
    private readonly Inputs _inputs;

    public MeasureMagic()
        : base("#!measure", "A number per hook point: entropy, curvature, intrinsic dimension ...",
            "#!measure --measure prompt-entropy,curvature", "#!measure acts --measure prompt-entropy --normalize log-n", "#!measure --points blocks.*.resid_post --measure effective-rank,two-nn --set max-rows=1000")
    {
        _activations = Argument<string>("ACTS", "Name of activations that were captured; \"acts\" by default where there are such. Without any, or with --points, the network is run and nothing is kept.", required: false, Values.Activations);
        _measures = Option<string>("--measure", $"Names with commas between: {string.Join(", ", Measures.All.Select(m => m.Name))}.", "NAMES", Values.List(Values.Words(Measures.All.Select(m => (m.Name, m.About.What)))));
        _measures.Required = true;
        _points = Option<string>("--points", "Run the network on the data and measure these hook points in one pass, keeping no activations; globs with commas between.", "GLOBS", Values.List(Values.Points));
        _labels = Option<string>("--labels", "Measures of classes: labels of the data that ACTS were captured on; several for measures of factors.", "NAMES", Values.List(Values.Labels));
        _form = Option<string>("--form", "textbook (the paper's definition, by default), reference (what each measure's published code computes) or reference:CODE.", "FORM", Values.Words(MeasureForm.Words()));
        _normalize = Option<string>("--normalize", "Entropies: raw (nats, by default), log-n, log-d or max.", "HOW", Values.Words<EntropyNormalization>());
        _alpha = Option<double?>("--alpha", "Entropies: order of the Rényi entropy; 1 by default.", "ORDER");
        _maxRows = Option<int?>("--max-rows", "Measures that compare rows in pairs: at most so many rows, drawn by --seed; 2000 by default.", "N");
        _set = Option<string>("--set", $"Other parameters as name=value with commas between: {string.Join(", ", MeasureParameters.All.Select(p => p.Name))}.", "NAME=VALUE", Values.List(Values.Words(MeasureParameters.All.Select(p => ($"{p.Name}={p.Default}", p.What)))));
        _seed = Option<int>("--seed", "Seed of whatever is drawn at random, random weights included; 0 by default.", "SEED");
        _noControls = Option<bool>("--no-controls", "Do not run the same on a network of the same shape with random weights.");
        _inputs = new Inputs(Syntax);
        _name = NameOption("measures");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "measures");
        MeasureOptions options = Options(call);
        string acts = call.Value(_activations) ?? "acts";
        bool run = call.Value(_activations) is null && (call.Has(_points) || call.Session.Find(acts) is not Activations);
        MeasureTable measures = run ? OfModel(call, options) : OfActivations(call, acts, options);
        call.Keep(name, measures);
        call.Show(ResultParts.Of(measures));
    }

    private MeasureOptions Options(MagicCall call)
    {
        MeasureOptions options = new()
        {
            Form = call.Value(_form) is string form ? MeasureForm.Parse(form) : MeasureForm.Textbook,
            Normalization = call.Word(_normalize, EntropyNormalization.Raw),
            Alpha = call.Value(_alpha) ?? 1,
            Seed = call.Value(_seed),
        };
        if (call.Value(_maxRows) is int most) options = options with { MaxRows = most };
        return MeasureParameters.With(options, call.List(_set));
    }

    /// <summary>One pass over the network, keeping nothing.</summary>
    private MeasureTable OfModel(MagicCall call, MeasureOptions options)
    {
        if (call.Has(_labels)) throw new StrataException("--labels goes with activations that were captured: run #!capture first and name them.");
        Model model = _inputs.Model(call);
        TokenRows rows = _inputs.Rows(call, model);
        string[] points = call.List(_points);
        BatteryRequest request = new() { Options = options, Control = !call.Value(_noControls), Progress = call.Progress, Inputs = new MeasureInputs { Tokens = rows } };
        return MeasureBattery.Run(model, rows, call.List(_measures), points.Length > 0 ? request with { Points = points } : request, call.Cancellation);
    }

    private MeasureTable OfActivations(MagicCall call, string name, MeasureOptions options)
    {
        Activations activations = call.Session.Get<Activations>(name, "activations: make them with #!capture");
        // A misspelt measure must not cost the run of a control.
        foreach (string measure in call.List(_measures)) Measures.Get(measure);
        TokenRows? rows = CapturedAgain.Rows(call, activations, out Model? model);
        Activations? control = null;
        if (!call.Value(_noControls))
        {
            if (model is not null && rows is not null && activations.Provenance.Interventions.Count == 0) control = CapturedAgain.Twin(call, model, rows, activations, options.Seed);
            else call.Show("Without the control on random weights: the model and the data of these activations are not those of the session, or an intervention was in force.");
        }

        MeasureInputs inputs = new() { Tokens = rows is null || CapturedAgain.Positions(activations) is not null ? null : rows };
        if (call.Has(_labels)) inputs = Labelled(call, activations, inputs);
        return MeasureTable.Compute(activations, call.List(_measures), options, call.Progress, call.Cancellation, inputs, control);
    }

    /// <summary>The labels of every sequence: of the first name as classes, of all names as factors.</summary>
    private MeasureInputs Labelled(MagicCall call, Activations activations, MeasureInputs inputs)
    {
        string dataName = call.Session.CurrentData;
        DataLabels labels = SessionLabels.Of(activations, dataName, call.Session.Get<object>(dataName, "the data that the activations came from: read them with #!data"), () => _inputs.Model(call));
        IReadOnlyList<LabelSet> sets = labels.Sets(call.List(_labels), out _);
        int[][][] bySequence = sets.Select(set => set.Labels.Zip(set.Groups).GroupBy(pair => pair.Second).OrderBy(g => g.Key).Select(g => g.Select(pair => pair.First).ToArray()).ToArray()).ToArray();
        return inputs with { Labels = bySequence[0], Factors = bySequence.Select(set => set.Select(row => row[^1]).ToArray()).ToArray() };
    }
}
