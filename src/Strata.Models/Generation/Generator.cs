using Strata.Tensors;

namespace Strata.Models;

/// <summary>Continues prompts token by token, with a cache of keys, values and running states or by running everything again.</summary>
internal sealed class Generator
{
    private readonly Model _model;
    private readonly GenerationRequest _request;
    private readonly LayerPlan _plan;
    private readonly HookSession? _hooks;
    private readonly HashSet<int> _stop;
    private readonly List<int>[] _sequences;
    private readonly int[] _promptLengths;
    private readonly SeededRandom[] _random;
    private readonly TokenRows _prompts;

    public Generator(Model model, TokenRows prompts, GenerationRequest request)
    {
        model.RequireNextToken("Generation");
        if (request.MaxNew < 0) throw new StrataException($"{request.MaxNew} new tokens were asked for; give 0 or more.");
        if (request.Interventions.FirstOrDefault(i => i.Positions.CountsFromEnd) is Intervention moving)
            throw new StrataException($"\"{moving}\" counts positions from the end, which moves with every new token; give positions from the start.");
        _model = model;
        _request = request;
        _prompts = prompts;
        _plan = model.CheckPlan(request.Plan);
        HookCatalog catalog = new(model.Spec, _plan);
        _hooks = request.Interventions.Count == 0 ? null : new HookSession(catalog, model.Spec, request.Interventions, [], null);
        _stop = [.. request.StopIds ?? model.Spec.EosIds];
        _sequences = prompts.Sequences.Select(s => s.ToList()).ToArray();
        _promptLengths = prompts.Sequences.Select(s => s.Length).ToArray();
        _random = prompts.Sequences.Select((_, i) => new SeededRandom(request.Seed + i)).ToArray();
        if ((long)_promptLengths.Max() + request.MaxNew > model.Spec.MaxPositions)
            throw new StrataException($"The longest prompt has {_promptLengths.Max()} tokens, and {request.MaxNew} new ones would exceed the model's {model.Spec.MaxPositions} positions. Ask for at most {model.Spec.MaxPositions - _promptLengths.Max()}.");
    }

    public Generation Run(CancellationToken cancellation)
    {
        // How the inputs of earlier tokens mix into later ones is not among what a cache keeps; where it is changed, everything runs again.
        bool cached = _request.UseCache && !(_hooks?.Changes(HookKind.SsmPattern) ?? false);
        using KeyValueCache? cache = cached ? new KeyValueCache(_model, _plan, _sequences.Length, _promptLengths.Max() + _request.MaxNew) : null;
        bool[] finished = new bool[_sequences.Length];
        for (int step = 0; step < _request.MaxNew && !finished.All(f => f); step++)
        {
            cancellation.ThrowIfCancellationRequested();
            float[][] logits = NextLogits(cache, cancellation);
            for (int s = 0; s < _sequences.Length; s++)
            {
                int id = Choose(logits[s], _random[s]);
                // Finished sequences go on running with the others and are cut below: one batch shape for all steps.
                _sequences[s].Add(id);
                finished[s] |= _stop.Contains(id);
            }

            _request.Progress?.Report(new WorkProgress("Generating", step + 1, _request.MaxNew, "tokens"));
        }

        return new Generation(_prompts, _sequences.Select((ids, s) => NewTokens(ids, _promptLengths[s])).ToArray(), Describe()) { Tokenizer = _model.Tokenizer };
    }

    private float[][] NextLogits(KeyValueCache? cache, CancellationToken cancellation)
    {
        for (int s = 0; cache is not null && s < _sequences.Length; s++)
        {
            // Where the frequencies of the longer sequence are others, everything that was computed with the old ones is.
            if (!_model.Spec.TurnsAlike(cache.Lengths[s], _sequences[s].Count)) cache.Lengths[s] = 0;
        }

        TokenBatch batch = new(_sequences.Select((ids, s) => ids.Skip(cache?.Lengths[s] ?? 0).ToArray()).ToArray());
        BatchRun run = new(_model, batch, _hooks, cache);
        using TensorScope scope = _model.Engine.OpenScope();
        Tensor stream = run.Run(scope, _plan, cancellation);
        Tensor normalized = run.FinalNorm(scope, stream);
        // Interventions on the logits act on all rows by position; without them only the last rows need logits.
        bool allRows = _hooks is not null && _hooks.Touches(_plan.Executions.Length, HookKind.Logits);
        Tensor logits = allRows ? LastRows(scope, run.Logits(scope, normalized), batch) : run.Logits(scope, LastRows(scope, normalized, batch));
        return Enumerable.Range(0, batch.Sequences).Select(s => logits.Span.Slice(s * _model.Spec.Vocabulary, _model.Spec.Vocabulary).ToArray()).ToArray();
    }

    private static Tensor LastRows(TensorScope scope, Tensor rows, TokenBatch batch)
    {
        Tensor last = scope.Empty(batch.Sequences, rows.Shape.Columns);
        for (int s = 0; s < batch.Sequences; s++) scope.WriteRows(rows, batch.Starts[s + 1] - 1, last, s, 1);
        return last;
    }

    private int Choose(float[] logits, SeededRandom random)
    {
        if (_request.Temperature <= 0) return System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);
        int[] order = Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(_request.TopK > 0 ? _request.TopK : logits.Length).ToArray();
        double top = logits[order[0]];
        double[] weights = order.Select(i => Math.Exp((logits[i] - top) / _request.Temperature)).ToArray();
        double left = random.NextDouble() * weights.Sum();
        for (int i = 0; i < order.Length; i++)
        {
            left -= weights[i];
            if (left < 0) return order[i];
        }

        return order[^1];
    }

    private int[] NewTokens(List<int> ids, int promptLength)
    {
        int[] tokens = ids.Skip(promptLength).ToArray();
        int end = Array.FindIndex(tokens, _stop.Contains);
        return end < 0 ? tokens : tokens[..(end + 1)];
    }

    private Provenance Describe() => (_model.Provenance with
    {
        Data = _prompts.Name,
        DataHash = _prompts.Hash,
        Plan = _plan.ToString(),
        Seed = _request.Temperature > 0 ? _request.Seed : null,
        Interventions = _request.Interventions.Select(i => i.ToString()).ToArray(),
    }).With("temperature", _request.Temperature.ToString(System.Globalization.CultureInfo.InvariantCulture)).With("max-new", _request.MaxNew.ToString());
}
