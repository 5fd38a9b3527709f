using Strata.Tensors;

namespace Strata.Models;

/// <summary>What happens at which hook point during a run: interventions first, then the capture. Compiled once from names, looked up by place.</summary>
internal sealed class HookSession
{
    private readonly Dictionary<(int Execution, HookKind Kind), (HookPoint Point, Edit[] Edits, bool Wanted)> _actions = [];
    private readonly ICaptureSink? _sink;
    private readonly HookPoint? _last;

    /// <summary>Resolves interventions and wanted points against the points that exist.</summary>
    /// <exception cref="StrataException">An intervention selects no point or does not fit the points that it selects.</exception>
    public HookSession(HookCatalog catalog, ModelSpec spec, IReadOnlyList<Intervention> interventions, IReadOnlyList<HookPoint> wanted, ICaptureSink? sink)
        : this(catalog, spec, [.. interventions.Select(i => new PlacedIntervention(i))], wanted, sink)
    {
    }

    /// <summary>Variants of the network in one batch: the interventions of variant k change the k-th group of its sequences.</summary>
    /// <exception cref="StrataException">An intervention selects no point or does not fit the points that it selects.</exception>
    public HookSession(HookCatalog catalog, ModelSpec spec, IReadOnlyList<IReadOnlyList<Intervention>> variants, int sequencesPerVariant)
        : this(catalog, spec, [.. variants.SelectMany((variant, k) => variant.Select(i => new PlacedIntervention(i, k * sequencesPerVariant, (k + 1) * sequencesPerVariant)))], [], null)
    {
    }

    private HookSession(HookCatalog catalog, ModelSpec spec, PlacedIntervention[] interventions, IReadOnlyList<HookPoint> wanted, ICaptureSink? sink)
    {
        Executions = catalog.Executions;
        _sink = sink;
        _last = wanted.Count > 0 ? wanted[^1] : null;
        HashSet<string> wantedNames = [.. wanted.Select(p => p.Name)];
        ILookup<string, PlacedIntervention> byPoint = interventions
            .SelectMany(i => catalog.Select([i.Intervention.Point]).Select(point => (point, intervention: i)))
            .ToLookup(pair => pair.point.Name, pair => pair.intervention);
        foreach (HookPoint point in catalog.Points)
        {
            Edit[] here = byPoint[point.Name].Select(intervention => RowEditor.Resolve(intervention, point, spec)).ToArray();
            if (here.Length > 0 || wantedNames.Contains(point.Name)) _actions[(point.Execution, point.Kind)] = (point, here, wantedNames.Contains(point.Name));
        }
    }

    /// <summary>Number of block executions of the plan: the execution position of points after the blocks.</summary>
    public int Executions { get; }

    /// <summary>Does anything happen at a place?</summary>
    public bool Touches(int execution, HookKind kind) => _actions.ContainsKey((execution, kind));

    /// <summary>Does anything happen inside an execution, after the stream has come to it?</summary>
    public bool TouchesInside(int execution) => _actions.Keys.Any(place => place.Execution == execution && place.Kind != HookKind.ResidPre);

    /// <summary>Does an intervention change the value at a place?</summary>
    public bool Changes(int execution, HookKind kind) => _actions.TryGetValue((execution, kind), out var action) && action.Edits.Length > 0;

    /// <summary>Does an intervention change the value at any place of a kind?</summary>
    public bool Changes(HookKind kind) => _actions.Any(action => action.Key.Kind == kind && action.Value.Edits.Length > 0);

    /// <summary>Is this place the last that the capture wants, or after it? Kinds are numbered in execution order.</summary>
    public bool IsLast(int execution, HookKind kind) => _last is not null && (execution, kind).CompareTo((_last.Execution, _last.Kind)) >= 0;

    /// <summary>Applies the interventions of a place and hands the value to the capture.</summary>
    /// <param name="scope">Owns a changed value.</param>
    /// <param name="execution">Execution position.</param>
    /// <param name="kind">Which place of the block.</param>
    /// <param name="value">The value: [tokens, columns], or [heads, queries, keys] of one sequence.</param>
    /// <param name="run">The batch.</param>
    /// <param name="sequence">The sequence that an attention matrix belongs to; −1 for rows of all sequences.</param>
    public Tensor Visit(TensorScope scope, int execution, HookKind kind, Tensor value, BatchRun run, int sequence)
    {
        if (!_actions.TryGetValue((execution, kind), out var action)) return value;
        if (action.Edits.Length > 0) value = RowEditor.Apply(scope, value, action.Edits, action.Point.HeadWidth, run, action.Point, sequence);
        if (action.Wanted) _sink!.Store(action.Point, value, run, sequence);
        return value;
    }

    /// <summary>Applies the interventions of a place to the row of one token, where the rows come one by one; they go to the capture together, by <see cref="Capture"/>.</summary>
    public void EditToken(Span<float> row, int execution, HookKind kind, int sequence, int position, int length)
    {
        var (point, edits, _) = _actions[(execution, kind)];
        foreach (Edit edit in edits.Where(edit => edit.Changes(sequence))) RowEditor.EditToken(row, edit, point.HeadWidth, position, length);
    }

    /// <summary>Hands a value to the capture as it is.</summary>
    public void Capture(int execution, HookKind kind, Tensor value, BatchRun run)
    {
        if (_actions.TryGetValue((execution, kind), out var action) && action.Wanted) _sink!.Store(action.Point, value, run, -1);
    }
}

/// <summary>Receives the values of wanted points.</summary>
internal interface ICaptureSink
{
    /// <summary>Copies what it needs: the tensor's memory is reused afterwards.</summary>
    void Store(HookPoint point, Tensor value, BatchRun run, int sequence);
}
