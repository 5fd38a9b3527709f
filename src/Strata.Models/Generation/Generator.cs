using System.Globalization;
using System.Numerics.Tensors;
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
        foreach (Model runs in request.Mixer?.Amateur is Model amateur ? new[] { model, amateur } : [model])
        {
            if ((long)_promptLengths.Max() + request.MaxNew > runs.Spec.MaxPositions)
                throw new StrataException($"The longest prompt has {_promptLengths.Max()} tokens, and {request.MaxNew} new ones would exceed the {runs.Spec.MaxPositions} positions of {runs.Name}. Ask for at most {runs.Spec.MaxPositions - _promptLengths.Max()}.");
        }
    }

    public Generation Run(CancellationToken cancellation)
    {
        LayerMixer? mixer = _request.Mixer;
        using GrowingRun own = Growing(_model, _plan, _hooks);
        using GrowingRun? amateur = mixer?.Amateur is Model other ? Growing(other, other.CheckPlan(null), null) : null;
        bool[] finished = new bool[_sequences.Length];
        for (int step = 0; step < _request.MaxNew && !finished.All(f => f); step++)
        {
            cancellation.ThrowIfCancellationRequested();
            FloatMatrix[] logits = own.Next(_sequences, cancellation);
            FloatMatrix[]? others = amateur?.Next(_sequences, cancellation);
            for (int s = 0; s < _sequences.Length; s++)
            {
                int id = Choose(mixer is null ? Widened(logits[s].Row(0)) : mixer.Mix(logits[s], others?[s]), _random[s]);
                // Finished sequences go on running with the others and are cut below: one batch shape for all steps.
                _sequences[s].Add(id);
                finished[s] |= _stop.Contains(id);
            }

            _request.Progress?.Report(new WorkProgress("Generating", step + 1, _request.MaxNew, "tokens"));
        }

        return new Generation(_prompts, _sequences.Select((ids, s) => NewTokens(ids, _promptLengths[s])).ToArray(), Describe()) { Tokenizer = _model.Tokenizer };
    }

    private GrowingRun Growing(Model model, LayerPlan plan, HookSession? hooks) =>
        new(model, plan, hooks, _request.Mixer?.Layers(model, plan.Steps.Length) ?? [], _sequences.Length, _promptLengths.Max() + _request.MaxNew, _request.UseCache);

    private static double[] Widened(ReadOnlySpan<float> row)
    {
        double[] result = new double[row.Length];
        TensorPrimitives.ConvertTruncating<float, double>(row, result);
        return result;
    }

    private int Choose(double[] logits, SeededRandom random)
    {
        if (_request.Temperature <= 0) return TensorPrimitives.IndexOfMax<double>(logits);
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

    private Provenance Describe()
    {
        Provenance provenance = (_model.Provenance with
        {
            Data = _prompts.Name,
            DataHash = _prompts.Hash,
            Plan = _plan.ToString(),
            Seed = _request.Temperature > 0 ? _request.Seed : null,
            Interventions = _request.Interventions.Select(i => i.ToString()).ToArray(),
        }).With("temperature", _request.Temperature.ToString(CultureInfo.InvariantCulture)).With("max-new", _request.MaxNew.ToString(CultureInfo.InvariantCulture));
        foreach ((string name, string value) in _request.Mixer?.Settings ?? new Dictionary<string, string>()) provenance = provenance.With(name, value);
        return provenance;
    }
}
