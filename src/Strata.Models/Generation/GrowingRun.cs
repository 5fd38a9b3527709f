using Strata.Tensors;

namespace Strata.Models;

/// <summary>Sequences that grow by a token at a time, run through a network: what is new alone where there is a cache, or everything again.</summary>
internal sealed class GrowingRun : IDisposable
{
    private readonly Model _model;
    private readonly LayerPlan _plan;
    private readonly HookSession? _hooks;
    private readonly KeyValueCache? _cache;
    private readonly int[] _layers;

    /// <summary>Nothing has run yet.</summary>
    /// <param name="model">The network.</param>
    /// <param name="plan">The order of its blocks.</param>
    /// <param name="hooks">Interventions; null for none.</param>
    /// <param name="layers">Steps of the plan whose stream is read besides the last.</param>
    /// <param name="sequences">Sequences that run together.</param>
    /// <param name="capacity">Longest sequence, in tokens.</param>
    /// <param name="useCache">Keep keys, values and running states.</param>
    public GrowingRun(Model model, LayerPlan plan, HookSession? hooks, IReadOnlyList<int> layers, int sequences, int capacity, bool useCache)
    {
        _model = model;
        _plan = plan;
        _hooks = hooks;
        _layers = [.. layers];
        // How the inputs of earlier tokens mix into later ones is not among what a cache keeps; where it is changed, everything runs again.
        bool cached = useCache && !(hooks?.Changes(HookKind.SsmPattern) ?? false);
        _cache = cached ? new KeyValueCache(model, plan, sequences, capacity) : null;
    }

    /// <summary>Logits after the last token of each sequence, [layers + 1, vocabulary] each: of the layers, then the network's own.</summary>
    public FloatMatrix[] Next(IReadOnlyList<List<int>> sequences, CancellationToken cancellation)
    {
        for (int s = 0; _cache is not null && s < sequences.Count; s++)
        {
            // Where the frequencies of the longer sequence are others, everything that was computed with the old ones is.
            if (!_model.Spec.TurnsAlike(_cache.Lengths[s], sequences[s].Count)) _cache.Lengths[s] = 0;
        }

        TokenBatch batch = new(sequences.Select((ids, s) => ids.Skip(_cache?.Lengths[s] ?? 0).ToArray()).ToArray());
        BatchRun run = new(_model, batch, _hooks, _cache);
        using TensorScope scope = _model.Engine.OpenScope();
        float[][] early = new float[_layers.Length][];
        Tensor stream = run.Run(scope, _plan, cancellation, (step, after) =>
        {
            int layer = Array.IndexOf(_layers, step);
            if (layer >= 0) early[layer] = run.LastRows(scope, after).ToArray();
        });
        Tensor normalized = run.FinalNorm(scope, stream);
        // Interventions on the logits act on all rows by position; without them only the last rows need logits.
        bool allRows = _hooks is not null && _hooks.Touches(_plan.Executions.Length, HookKind.Logits);
        Tensor logits = allRows ? run.LastRows(scope, run.Logits(scope, normalized)) : run.Logits(scope, run.LastRows(scope, normalized));
        return [.. Enumerable.Range(0, batch.Sequences).Select(s => Stacked(early, s, logits))];
    }

    public void Dispose() => _cache?.Dispose();

    private FloatMatrix Stacked(float[][] early, int sequence, Tensor logits)
    {
        int vocabulary = _model.Spec.Vocabulary, width = _model.Spec.Width;
        ReadOnlySpan<float> own = logits.Span.Slice(sequence * vocabulary, vocabulary);
        if (early.Length == 0) return new FloatMatrix(own.ToArray(), 1, vocabulary);
        FloatMatrix read = _model.Unembed(new FloatMatrix([.. early.SelectMany(rows => rows.AsSpan(sequence * width, width).ToArray())], early.Length, width));
        return new FloatMatrix([.. read.Values, .. own], early.Length + 1, vocabulary);
    }
}
