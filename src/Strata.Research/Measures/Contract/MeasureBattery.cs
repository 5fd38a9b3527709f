using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How a battery runs.</summary>
public sealed record BatteryRequest
{
    /// <summary>Globs of the hook points to measure.</summary>
    public IReadOnlyList<string> Points { get; init; } = ["blocks.*.resid_post"];

    /// <summary>Which positions take part.</summary>
    public PositionSelection Positions { get; init; } = PositionSelection.All;

    /// <summary>The plan to run; null for all blocks in order.</summary>
    public LayerPlan? Plan { get; init; }

    /// <summary>Changes during the forward pass.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Form, normalisation and the like.</summary>
    public MeasureOptions Options { get; init; } = new();

    /// <summary>Labels, views and the like.</summary>
    public MeasureInputs Inputs { get; init; } = MeasureInputs.None;

    /// <summary>
    /// Run the same on a network of the same shape with random weights, seeded by the options (what the architecture and the data alone give), and measures of classes again with shuffled labels.
    /// </summary>
    public bool Control { get; init; } = true;

    /// <summary>Tokens that run together. Changes speed and memory, not results.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>Told after each batch.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}

/// <summary>Many measures at all layers in one forward pass, keeping no activations.</summary>
public sealed class MeasureBattery
{
    private readonly Model _model;
    private readonly TokenRows _rows;
    private readonly IReadOnlyList<Measure> _measures;
    private readonly BatteryRequest _request;
    private readonly Dictionary<string, PointMeasures> _points = [], _shuffled = [];
    private readonly HashSet<string> _partners;
    private readonly string[] _captured;
    private PromptRows[] _latest = [];
    private readonly Dictionary<string, TopDirections> _removed = [];

    private MeasureBattery(Model model, TokenRows rows, IReadOnlyList<Measure> measures, BatteryRequest request)
    {
        _model = model;
        _rows = rows;
        _measures = measures;
        _request = request;
        HookCatalog catalog = new(model.Spec, model.CheckPlan(request.Plan));
        HookPoint[] wanted = catalog.Select(request.Points).ToArray();
        HashSet<string> exist = [.. catalog.Points.Select(p => p.Name)];
        foreach (Measure measure in measures) MeasureNeeds.Check(measure, rows.Count, request.Inputs, request.Inputs.ViewRows.Select(v => v.Count).ToArray());
        foreach (HookPoint point in wanted.Where(p => !p.IsAttentionMatrix))
        {
            Measure[] here = measures.Where(m => Measures.HasValue(m, point.Name, exist)).ToArray();
            Measure[] labelled = here.Where(MeasureTable.HasLabels).ToArray();
            if (here.Length > 0) _points[point.Name] = new PointMeasures(point.Name, point.Columns, here, OptionsAt(point), request.Inputs);
            if (labelled.Length > 0 && request.Control) _shuffled[point.Name] = new PointMeasures(point.Name, point.Columns, labelled, OptionsAt(point), request.Inputs.Shuffled(request.Options.Seed));
        }

        foreach (Measure measure in measures)
        {
            if (!_points.Values.Any(p => p.Measures.Contains(measure)))
                throw new StrataException($"\"{measure.Name}\" has no value at any captured point ({string.Join(", ", wanted.Take(5).Select(p => p.Name))}...). {measure.About.What}");
        }

        _partners = [.. _points.SelectMany(p => p.Value.Measures.Select(m => m.Partner(p.Key))).OfType<string>()];
        _captured = catalog.Points.Select(p => p.Name).Where(p => _points.ContainsKey(p) || _partners.Contains(p)).ToArray();
    }

    private MeasureOptions OptionsAt(HookPoint point) => _request.Options.Heads > 0 ? _request.Options : _request.Options with { Heads = point.Heads };

    /// <summary>Bytes that the accumulators kept between batches, at most: they do not depend on the number of rows once there are more than MaxRows of them.</summary>
    private long Bytes { get; set; }

    /// <summary>Runs the measures over a network.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">What it is run on.</param>
    /// <param name="measureNames">Names from <see cref="Measures.All"/>.</param>
    /// <param name="request">Points, options, control; null for the defaults.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">A name is unknown or given twice, no point fits a measure, something that a measure needs is missing, or an option is out of range.</exception>
    public static MeasureTable Run(Model model, TokenRows rows, IReadOnlyList<string> measureNames, BatteryRequest? request = null, CancellationToken cancellation = default)
    {
        request ??= new BatteryRequest();
        IReadOnlyList<Measure> measures = Measures.Select(measureNames, request.Options);
        MeasureBattery battery = new(model, rows, measures, request);
        MeasureTable? control = request.Control ? new MeasureBattery(model.RandomTwin(request.Options.Seed), rows, measures, request).Execute(null, cancellation) : null;
        return battery.Execute(control, cancellation);
    }

    private MeasureTable Execute(MeasureTable? control, CancellationToken cancellation)
    {
        if (_request.Options.RemoveTop > 0) FindDirections(cancellation);
        Provenance provenance = Pass(cancellation);
        Dictionary<(string, string), MeasureValue> found = Finish(_points, cancellation), shuffled = Finish(_shuffled, cancellation);
        return MeasureTable.Build(_measures, _captured, found, shuffled, _request.Options, provenance.With("measure.bytes", Bytes.ToString(System.Globalization.CultureInfo.InvariantCulture)), control);
    }

    private Dictionary<(string, string), MeasureValue> Finish(Dictionary<string, PointMeasures> points, CancellationToken cancellation)
    {
        Dictionary<(string, string), MeasureValue> found = [];
        (string Name, PointMeasures Measures)[] all = points.Select(p => (p.Key, p.Value)).ToArray();
        // Points know nothing of each other, and some of what is left to do at one of them keeps a single core busy.
        ParallelWork.For(all.Length, cancellation, i =>
        {
            MeasureValue[] values = all[i].Measures.Finish(cancellation);
            lock (found)
            {
                foreach ((Measure measure, MeasureValue value) in all[i].Measures.Measures.Zip(values)) found[(measure.Name, all[i].Name)] = value;
                _request.Progress?.Report(new WorkProgress("Measuring", found.Count, all.Sum(p => p.Measures.Measures.Count), "values"));
            }
        });
        return found;
    }

    /// <summary>One forward pass. Where measures need several views of a sequence, these follow it directly, so that nothing has to wait for a second pass.</summary>
    private Provenance Pass(CancellationToken cancellation)
    {
        TokenRows[] views = _measures.Any(m => m.Needs == MeasureInput.Views) ? [_rows, .. _request.Inputs.ViewRows] : [_rows];
        TokenRows all = views.Length == 1 ? _rows : new TokenRows(_rows.Name, Enumerable.Range(0, _rows.Count).SelectMany(i => views.Select(v => v.Sequences[i])).ToArray());
        Dictionary<string, PromptRows[]> waiting = [];
        Dictionary<string, PromptRows> firsts = [];
        Provenance provenance = _model.PlanCapture(all, Capture()).Stream(batch => Receive(batch, views.Length, waiting, firsts, cancellation), cancellation);
        return views.Length == 1 ? provenance : (provenance with { DataHash = _rows.Hash }).With("views", string.Join(", ", views.Skip(1).Select(v => v.Name)));
    }

    private CaptureRequest Capture() => new()
    {
        Points = _captured,
        Positions = _request.Positions,
        Plan = _request.Plan,
        Interventions = _request.Interventions,
        TokensPerBatch = _request.TokensPerBatch,
        Progress = _request.Progress,
        Announce = _ => { },
    };

    /// <summary>A pass of its own that finds the directions to be removed: the data's own, not those of their views.</summary>
    private void FindDirections(CancellationToken cancellation)
    {
        (IReadOnlyDictionary<string, Moments> moments, _) = Moments.Stream(_model.PlanCapture(_rows, Capture()), sample => TensorPrimitives.IsFiniteAll<float>(sample.Values), cancellation);
        foreach ((string point, Moments here) in moments) _removed[point] = TopDirections.Of(here, _request.Options.RemoveTop, point);
    }

    private void Receive(CapturedBatch batch, int views, Dictionary<string, PromptRows[]> waiting, Dictionary<string, PromptRows> firsts, CancellationToken cancellation)
    {
        string name = batch.Point.Name;
        PromptRows[] prompts = new PromptRows[batch.Samples.Count];
        for (int i = 0; i < prompts.Length; i++)
        {
            int row = batch.FirstRow + i;
            FloatMatrix states = _removed.TryGetValue(name, out TopDirections? removed) ? removed.Without(batch.Samples[i]) : batch.Samples[i];
            // The stream after a block is the stream before the next: what was derived of it serves again.
            prompts[i] = i < _latest.Length && ReferenceEquals(_latest[i].Rows, states) ? _latest[i] : new PromptRows(states, row / views, pooled: false, row % views);
            if (row % views == 0) firsts[name] = prompts[i];
            else prompts[i].First = firsts[name];
        }

        _latest = prompts;
        if (_partners.Contains(name)) waiting[name] = prompts;
        if (!_points.TryGetValue(name, out PointMeasures? here)) return;
        string? partner = here.Measures.Select(m => m.Partner(name)).FirstOrDefault(p => p is not null);
        if (partner is not null && waiting.Remove(partner, out PromptRows[]? before))
        {
            for (int i = 0; i < prompts.Length; i++) prompts[i].Partner = before[i];
        }

        here.Add(prompts, cancellation);
        if (_shuffled.TryGetValue(name, out PointMeasures? shuffled)) shuffled.Add(prompts, cancellation);
        foreach (PromptRows prompt in prompts) prompt.Partner = null;
        Bytes = Math.Max(Bytes, _points.Values.Concat(_shuffled.Values).Sum(p => p.Bytes));
    }
}
