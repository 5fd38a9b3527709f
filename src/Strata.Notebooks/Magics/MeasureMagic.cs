using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!measure</c>: a number per hook point, beside the same number of a network with random weights.</summary>
internal sealed class MeasureMagic : MagicCommand
{
    private readonly Argument<string> _activations;
    private readonly Option<string> _measures, _points, _positions, _plan, _labels, _form, _normalize, _set, _augment, _parts, _pairs, _beside, _name;
    private readonly Option<double?> _alpha;
    private readonly Option<int?> _maxRows;
    private readonly Option<int?> _views, _token, _other;
    private readonly Option<int> _seed;
    private readonly Option<bool> _distributions, _noControls;
    private readonly MeasureSeriesOptions _series;
    private readonly Inputs _inputs;

    public MeasureMagic()
        : base("#!measure", "A number per hook point: entropy, curvature, intrinsic dimension ...",
            "#!measure --measure prompt-entropy,curvature", "#!measure acts --measure prompt-entropy --normalize log-n", "#!measure --points blocks.*.resid_post --measure effective-rank,two-nn --set max-rows=1000",
            "#!measure --measure infonce,dime --augment replace", "#!measure --measure prompt-entropy --corrupt shuffle --shares 0,0.5,1", "#!measure --measure effective-rank,alpha-req --checkpoints runs", "#!measure --position-context blocks.3.resid_post", "#!measure --pairs one-more --lengths 2,8,32 --token 19")
    {
        _activations = Argument<string>("ACTS", "Name of activations that were captured; \"acts\" by default where there are such. Without any, or with --points, the network is run and nothing is kept.", required: false, Values.Activations);
        _measures = Option<string>("--measure", $"Names with commas between: {string.Join(", ", Measures.All.Select(m => m.Name))}.", "NAMES", Values.List(Values.Words(Measures.All.Select(m => (m.Name, m.About.What)))));
        _points = Option<string>("--points", "Run the network on the data and measure these hook points in one pass, keeping no activations; globs with commas between.", "GLOBS", Values.List(Values.Points));
        _positions = Option<string>("--positions", "Which positions take part where the network is run, as in 1.. for all but the first; all by default.", "RANGES");
        _plan = Option<string>("--plan", "Order in which the blocks run where the network is run; all in order by default.", "PLAN", Values.Plan);
        _labels = Option<string>("--labels", "Measures of classes: labels of the data that ACTS were captured on; several for measures of factors.", "NAMES", Values.List(Values.Labels));
        _form = Option<string>("--form", "textbook (the paper's definition, by default), reference (what each measure's published code computes) or reference:CODE.", "FORM", Values.Words(MeasureForm.Words()));
        _normalize = Option<string>("--normalize", "Entropies: raw (nats, by default), log-n, log-d or max.", "HOW", Values.Words<EntropyNormalization>());
        _alpha = Option<double?>("--alpha", "Entropies: order of the Rényi entropy; 1 by default.", "ORDER");
        _maxRows = Option<int?>("--max-rows", "Measures that compare rows in pairs: at most so many rows, drawn by --seed; 2000 by default.", "N");
        _set = Option<string>("--set", $"Other parameters as name=value with commas between: {string.Join(", ", MeasureParameters.All.Select(p => p.Name))}.", "NAME=VALUE", Values.List(Values.Words(MeasureParameters.All.Select(p => ($"{p.Name}={p.Default}", p.What)))));
        _augment = Option<string>("--augment", $"Measures of views: how further views of the rows are made: {string.Join(", ", SequenceViews.Ways.Select(w => w.Name))}; all three changes of the text by default.", "WAYS", Values.List(Values.Words(SequenceViews.Ways)));
        _views = Option<int?>("--views", "Measures of views: how many further views; 1 by default, 15 for lidar as published.", "N");
        _series = new MeasureSeriesOptions(Syntax);
        _distributions = Option<bool>("--distributions", "Keep the value of every sample, and draw how they spread at four layers.");
        _beside = Option<string>("--beside", "Names of earlier measures, with commas between: drawn together over relative depth, a line per network.", "NAMES", Values.List(Values.Results<MeasureTable>()));
        _parts = Option<string>("--position-context", "Instead of a measure: the parts of one hook point's states that position and prompt explain, in three plots. The prompts are cut to the shortest.", "POINT", Values.Points);
        _pairs = Option<string>("--pairs", "Instead of a measure: how far apart the last tokens of two nearly equal sequences are, over length, layer and number format.", "KIND", Values.Words<PairKind>());
        _token = Option<int?>("--token", "With --pairs: the id that is repeated.", "ID");
        _other = Option<int?>("--other", "With --pairs: the id that differs; that of --token plus 1 by default.", "ID");
        _seed = Option<int>("--seed", "Seed of whatever is drawn at random, random weights included; 0 by default.", "SEED");
        _noControls = Option<bool>("--no-controls", "Do not run the same on a network of the same shape with random weights.");
        _inputs = new Inputs(Syntax);
        _name = NameOption("measures");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "measures");
        Option[] ways = new Option[] { _measures, _parts, _pairs }.Where(call.Has).ToArray();
        if (ways.Length != 1) throw new StrataException($"#!measure needs one of --measure NAMES, --position-context POINT and --pairs KIND; {(ways.Length == 0 ? "none was given" : $"{ways[0].Name} and {ways[1].Name} were given")}. See #!measure --help.");
        if (call.Has(_pairs)) Pairs(call, name);
        else if (call.Has(_parts)) Parts(call, name);
        else if (_series.Given(call)) Series(call, name);
        else Measured(call, name);
    }

    private void Measured(MagicCall call, string name)
    {
        MeasureOptions options = Options(call);
        string acts = call.Value(_activations) ?? "acts";
        bool runs = new Option[] { _points, _positions, _plan, _augment, _views }.Any(call.Has) || NeedsViews(call);
        if (runs && call.Value(_activations) is not null) throw new StrataException("--points, --positions, --plan and measures of views run the network; leave the name of activations out.");
        bool run = call.Value(_activations) is null && (runs || call.Session.Find(acts) is not Activations);
        (string Name, MeasureTable Measures)[] beside = call.List(_beside).Select(n => (n, call.Session.Get<MeasureTable>(n, "measures: make them with #!measure"))).ToArray();
        MeasureTable measures = run ? OfModel(call, options) : OfActivations(call, acts, options);
        call.Keep(name, measures);
        call.Show([.. beside.Length == 0 ? [] : call.List(_measures).Where(m => beside.All(b => b.Measures.Values.ContainsKey(m))).Select(m => MeasureFigures.OverDepth(m, [(name, measures), .. beside])), .. ResultParts.Of(measures)]);
    }

    private bool NeedsViews(MagicCall call) => call.List(_measures).Any(m => Measures.Get(m).Needs == MeasureInput.Views);

    private void Series(MagicCall call, string name)
    {
        if (call.Value(_activations) is not null) throw new StrataException("A series runs the network at every step; leave the name of activations out.");
        if (call.Has(_labels) || NeedsViews(call)) throw new StrataException("Measures of classes and of views do not make a series: their labels and views belong to the rows as they are.");
        MeasureSeries series = _series.Run(call, _inputs, call.List(_measures), Request(call, Options(call), null));
        call.Keep(name, series);
        call.Show(SeriesFigure.Parts(series));
    }

    /// <summary>The battery that the line asks for.</summary>
    private BatteryRequest Request(MagicCall call, MeasureOptions options, Model? model)
    {
        string[] points = call.List(_points);
        BatteryRequest request = new() { Options = options, Control = !call.Value(_noControls), Progress = call.Progress };
        if (points.Length > 0) request = request with { Points = points };
        if (call.Value(_positions) is string positions) request = request with { Positions = PositionSelection.Parse(positions) };
        if (call.Value(_plan) is not string plan) return request;
        return request with { Plan = Inputs.Plan(plan, model ?? throw new StrataException("--plan does not go with a series; measure along the plan by itself.")) };
    }

    private void Parts(MagicCall call, string name)
    {
        Model model = _inputs.Model(call);
        TokenRows rows = _inputs.Rows(call, model);
        rows = TokenCorruption.Cut(rows, rows.Sequences.Min(s => s.Length));
        Activations captured = model.Capture(rows, new CaptureRequest
        {
            Points = [call.Value(_parts)!],
            Plan = Inputs.Plan(call.Value(_plan), model),
            Positions = call.Value(_positions) is string positions ? PositionSelection.Parse(positions) : PositionSelection.All,
            Announce = _ => { },
            Progress = call.Progress,
        }, call.Cancellation);
        if (captured.Points.Count > 1) throw new StrataException($"--position-context takes one hook point, and {captured.Points.Count} match \"{call.Value(_parts)}\".");
        PositionContextParts parts = PositionContextParts.Compute(captured, captured.Points[0]);
        call.Keep(name, parts);
        call.Show(PositionContextFigure.Parts(parts));
    }

    private void Pairs(MagicCall call, string name)
    {
        if (call.Value(_token) is not int token) throw new StrataException("--pairs repeats one token: give its id with --token.");
        Table table = PairDistance.Run(_inputs.Model(call), call.Word(_pairs, PairKind.OneMore), _series.Lengths(call, 2, 4, 8, 16, 32), token, call.Value(_other) ?? token + 1, call.Has(_points) ? call.List(_points) : null, null, call.Cancellation);
        call.Keep(name, table);
        call.Show(PairDistanceFigure.Parts(table));
    }

    private MeasureOptions Options(MagicCall call)
    {
        MeasureOptions options = new()
        {
            Form = call.Value(_form) is string form ? MeasureForm.Parse(form) : MeasureForm.Textbook,
            Normalization = call.Word(_normalize, EntropyNormalization.Raw),
            Alpha = call.Value(_alpha) ?? 1,
            Seed = call.Value(_seed),
            PerSample = call.Value(_distributions),
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
        IReadOnlyList<TokenRows> views = NeedsViews(call) ? SequenceViews.Make(model, rows, _inputs.Texts(call), call.List(_augment), call.Value(_views) ?? 1, options.Seed) : [];
        return MeasureBattery.Run(model, rows, call.List(_measures), Request(call, options, model) with { Inputs = new MeasureInputs { Tokens = rows, ViewRows = views } }, call.Cancellation);
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
