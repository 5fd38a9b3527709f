using Strata.Tensors;

namespace Strata.Models;

/// <summary>A capture that has been checked and sized but not run: its points, its bytes, then <see cref="Run"/>.</summary>
public sealed class CaptureRun
{
    private readonly Model _model;
    private readonly TokenRows _rows;
    private readonly CaptureRequest _request;
    private readonly LayerPlan _plan;
    private readonly HookCatalog _catalog;

    internal CaptureRun(Model model, TokenRows rows, CaptureRequest request)
    {
        _model = model;
        _rows = rows;
        _request = request;
        _plan = model.CheckPlan(request.Plan);
        _catalog = new HookCatalog(model.Spec, _plan);
        if (request.Points.Count == 0) throw new StrataException("A capture needs at least one hook point, for example blocks.*.resid_post.");
        Points = _catalog.Select(request.Points);
        if (request.Pooling != Pooling.None && Points.FirstOrDefault(p => p.IsAttentionMatrix) is HookPoint matrix)
            throw new StrataException($"\"{matrix.Name}\" is a matrix per sequence and cannot be pooled; capture it with pooling none.");
        model.CheckRows(rows);
        (int Length, long Kept)[] lengths = rows.Sequences.Select(s => (s.Length, (long)Enumerable.Range(0, s.Length).Count(i => request.Positions.Contains(i, s.Length)))).ToArray();
        Bytes = Points.Sum(point => lengths.Sum(row => BytesOf(point, row.Length, row.Kept)));
    }

    /// <summary>The points that will be kept, in execution order.</summary>
    public IReadOnlyList<HookPoint> Points { get; }

    /// <summary>Bytes that the result will hold.</summary>
    public long Bytes { get; }

    /// <summary>Whether the result is more than the memory that it may take, and so is kept in a file.</summary>
    public bool Spills => Bytes > (_request.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);

    /// <summary>The line that is announced before the run.</summary>
    public override string ToString() =>
        $"Capturing {Points.Count} points of {_rows.Count} rows ({_rows.Tokens:N0} tokens), pooling {_request.Pooling.ToString().ToLowerInvariant()}: {Bytes:N0} bytes{(Spills ? $", more than memory may take; they are kept in a file in {SpillFolder} and read one by one" : "")}.";

    private string SpillFolder => _request.SpillFolder ?? Path.GetTempPath();

    /// <summary>Runs the network up to the last wanted point.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between blocks.</exception>
    public Activations Run(CancellationToken cancellation = default)
    {
        _request.Announce(ToString());
        return new Activations(_request.Pooling, Points.Select(p => p.Name).ToArray(), Spills ? Spilled(cancellation) : InMemory(cancellation), Describe());
    }

    private IReadOnlyDictionary<string, IReadOnlyList<FloatMatrix>> InMemory(CancellationToken cancellation)
    {
        CaptureBuffer buffer = new(Points, _rows, _request.Pooling, _request.Positions, 0, _rows.Count);
        RunAll(buffer, (first, _) => buffer.Start(first), cancellation);
        return buffer.Samples();
    }

    private IReadOnlyDictionary<string, IReadOnlyList<FloatMatrix>> Spilled(CancellationToken cancellation)
    {
        SpillingSink sink = new(Points, _rows, _request.Pooling, _request.Positions, SpillFolder);
        RunAll(sink, sink.Start, cancellation);
        return sink.Samples();
    }

    /// <summary>
    /// Runs the network up to the last wanted point and hands every batch of every point over as it is made, keeping nothing: point by point in execution order, batch by batch.
    /// Positions that are not wanted are left out; nothing is pooled.
    /// </summary>
    /// <param name="receive">Told of every point of every batch. The network waits until it returns.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>Where the values came from.</returns>
    /// <exception cref="StrataException">The request pools.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between blocks.</exception>
    public Provenance Stream(Action<CapturedBatch> receive, CancellationToken cancellation = default)
    {
        if (_request.Pooling != Pooling.None) throw new StrataException($"A capture that is not kept is handed over token by token; pooling {_request.Pooling.ToString().ToLowerInvariant()} is for captures that are kept.");
        StreamingSink sink = new(_rows, _request.Positions, receive);
        RunAll(sink, sink.Start, cancellation);
        return Describe();
    }

    private void RunAll(ICaptureSink sink, Action<int, int> startBatch, CancellationToken cancellation)
    {
        HookSession hooks = new(_catalog, _model.Spec, _request.Interventions, Points, sink);
        int done = 0;
        foreach ((int firstRow, TokenBatch batch) in _rows.Batches(_request.TokensPerBatch))
        {
            cancellation.ThrowIfCancellationRequested();
            startBatch(firstRow, batch.Sequences);
            RunBatch(new BatchRun(_model, batch, hooks, null), cancellation);
            _request.Progress?.Report(new WorkProgress($"Capturing {Points.Count} points", done += batch.Tokens, _rows.Tokens, "tokens"));
        }
    }

    private void RunBatch(BatchRun run, CancellationToken cancellation)
    {
        using TensorScope scope = _model.Engine.OpenScope();
        Tensor stream = run.Run(scope, _plan, cancellation);
        if (run.Finished) return;
        Tensor normalized = run.FinalNorm(scope, stream);
        if (!run.Finished && _model.Spec.HasUnembedding) run.Logits(scope, normalized);
        if (!run.Finished && _model.Spec.SequenceHead is not null) run.SequenceHead(scope, normalized);
    }

    private Provenance Describe() => (_model.Provenance with
    {
        Data = $"{_rows.Name} ({_rows.Count} rows)",
        DataHash = _rows.Hash,
        Plan = _plan.ToString(),
        Interventions = _request.Interventions.Select(i => i.ToString()).ToArray(),
    }).With("pooling", _request.Pooling.ToString().ToLowerInvariant()).With("positions", _request.Positions.ToString());

    private long BytesOf(HookPoint point, int length, long kept) =>
        point.IsAttentionMatrix ? 4 * kept * length * point.Heads : 4 * point.Columns * (_request.Pooling == Pooling.None && !point.PerSequence ? kept : 1);
}
