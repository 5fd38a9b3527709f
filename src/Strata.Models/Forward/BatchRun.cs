using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// One batch on its way through a network: the forward pass, written once for all families. The stream is a tensor [tokens, width]; every step returns a new one
/// and leaves its input as it was, so that plans that begin alike can share the work.
/// </summary>
public sealed class BatchRun
{
    private readonly Model _model;
    private readonly HookSession? _hooks;
    private readonly KeyValueCache? _cache;
    private readonly AttentionSegment[] _segments;
    private readonly int[] _positions;
    private readonly int[] _first;

    /// <summary>A run without hooks.</summary>
    /// <param name="model">The network.</param>
    /// <param name="batch">What runs.</param>
    /// <exception cref="StrataException">A sequence is longer than the network's positions, or an id is outside its vocabulary.</exception>
    public BatchRun(Model model, TokenBatch batch) : this(model, batch, hooks: null, cache: null)
    {
    }

    /// <summary>A run along a plan with interventions.</summary>
    /// <param name="model">The network.</param>
    /// <param name="batch">What runs.</param>
    /// <param name="plan">The plan whose steps will be run, from its first: it says which hook point an execution position is.</param>
    /// <param name="interventions">Changes on the way; none cost nothing.</param>
    /// <exception cref="StrataException">An intervention selects no point or does not fit, a sequence is too long, or an id is outside the vocabulary.</exception>
    public BatchRun(Model model, TokenBatch batch, LayerPlan plan, IReadOnlyList<Intervention> interventions)
        : this(model, batch, interventions.Count == 0 ? null : new HookSession(new HookCatalog(model.Spec, plan), model.Spec, interventions, [], null), null)
    {
    }

    internal BatchRun(Model model, TokenBatch batch, HookSession? hooks, KeyValueCache? cache)
    {
        _model = model;
        _hooks = hooks;
        _cache = cache;
        Batch = batch;
        _segments = cache?.Segments(batch)
            ?? Enumerable.Range(0, batch.Sequences).Select(s => new AttentionSegment(batch.Starts[s], batch.Length(s), batch.Starts[s], batch.Length(s))).ToArray();
        _positions = new int[batch.Tokens];
        _first = Enumerable.Range(0, batch.Sequences).Select(s => cache?.Lengths[s] ?? 0).ToArray();
        for (int s = 0; s < batch.Sequences; s++)
        {
            model.CheckIds(batch.Sequence(s), _first[s] + batch.Length(s));
            for (int i = 0; i < batch.Length(s); i++) _positions[batch.Starts[s] + i] = _first[s] + i;
        }
    }

    /// <summary>What runs.</summary>
    public TokenBatch Batch { get; }

    /// <summary>Position of a sequence's first token of this batch: 0, or the number of its tokens that were in the cache before.</summary>
    internal int FirstPosition(int sequence) => _first[sequence];

    /// <summary>All wanted points have been read; nothing after them needs to run.</summary>
    internal bool Finished { get; private set; }

    /// <summary>The stream before the first block: [tokens, width].</summary>
    public Tensor Embed(TensorScope outer)
    {
        using TensorScope scope = _model.Engine.OpenScope();
        Tensor stream = Visit(scope, -1, HookKind.Embed, scope.Embed(_model.Weights.Embedding, Batch.Ids));
        if (_model.Weights.PositionEmbedding is Tensor table)
            stream = scope.Add(stream, Visit(scope, -1, HookKind.PositionEmbed, scope.Embed(table, _positions)));
        return scope.MoveTo(outer, stream);
    }

    /// <summary>The stream after a step of a plan.</summary>
    /// <param name="outer">Owns the result.</param>
    /// <param name="stream">[tokens, width]; stays as it is.</param>
    /// <param name="step">What runs.</param>
    /// <param name="execution">Execution position of the step's first block: names hook points and cache slots.</param>
    public Tensor Step(TensorScope outer, Tensor stream, PlanStep step, int execution)
    {
        using TensorScope scope = _model.Engine.OpenScope();
        Tensor result = step switch
        {
            BlockStep s => Block(scope, stream, s.Block, execution),
            AttentionStep s => AttentionHalf(scope, stream, s.Block, execution),
            MlpStep s => MlpHalf(scope, stream, s.Block, execution),
            ParallelStep s => scope.Average(s.Members.Select((member, i) => Step(scope, stream, member, execution + i)).ToArray()),
            _ => throw new InvalidOperationException(step.GetType().Name),
        };
        return scope.MoveTo(outer, result);
    }

    /// <summary>The stream after a whole plan, holding two streams at a time.</summary>
    public Tensor Run(TensorScope outer, LayerPlan plan, CancellationToken cancellation = default)
    {
        Tensor stream = Embed(outer);
        int execution = 0;
        foreach (PlanStep step in plan.Steps)
        {
            if (Finished) return stream;
            cancellation.ThrowIfCancellationRequested();
            Tensor next = Step(outer, stream, step, execution);
            outer.Release(stream);
            stream = next;
            execution += step.Executions.Count();
        }

        _cache?.Advance(Batch);
        return stream;
    }

    /// <summary>The final norm of a stream, its statistics computed from this stream: [tokens, width].</summary>
    public Tensor FinalNorm(TensorScope scope, Tensor stream) => Visit(scope, _hooks?.Executions ?? 0, HookKind.FinalNorm, Norm(scope, stream, _model.Weights.FinalNorm, _model.Spec));

    /// <summary>Scores over the vocabulary: [rows, vocabulary].</summary>
    public Tensor Logits(TensorScope scope, Tensor normalized) => Visit(scope, _hooks?.Executions ?? 0, HookKind.Logits, scope.Linear(normalized, _model.Weights.Unembedding));

    /// <summary>Next-token loss in nats and most likely next id after every token; 0 and the id at the last token of a sequence, which has no target.</summary>
    /// <param name="outer">For working memory.</param>
    /// <param name="stream">Stream after the last block.</param>
    /// <param name="losses">Receives one loss per token.</param>
    /// <param name="largest">Receives one id per token.</param>
    public void Losses(TensorScope outer, Tensor stream, Span<float> losses, Span<int> largest)
    {
        using TensorScope scope = outer.Engine.OpenScope();
        Tensor normalized = FinalNorm(scope, stream);
        if (_hooks is null || !_hooks.Touches(_hooks.Executions, HookKind.Logits)) scope.CrossEntropy(normalized, _model.Weights.Unembedding, Targets(), losses, largest);
        else LossesOf(Logits(scope, normalized), Targets(), losses, largest);
    }

    /// <summary>Losses from logits that are held, because somebody changes them.</summary>
    private static void LossesOf(Tensor logits, int[] targets, Span<float> losses, Span<int> largest)
    {
        for (int token = 0; token < targets.Length; token++)
        {
            ReadOnlySpan<float> row = logits.Span.Slice(token * logits.Shape.Columns, logits.Shape.Columns);
            largest[token] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);
            double top = row[largest[token]], sum = 0;
            foreach (float logit in row) sum += Math.Exp(logit - top);
            losses[token] = targets[token] < 0 ? 0 : (float)(Math.Log(sum) + top - row[targets[token]]);
        }
    }

    /// <summary>The id that follows each token; −1 at the end of a sequence.</summary>
    public int[] Targets()
    {
        int[] targets = new int[Batch.Tokens];
        for (int s = 0; s < Batch.Sequences; s++)
        {
            int start = Batch.Starts[s], length = Batch.Length(s);
            Batch.Ids.AsSpan(start + 1, length - 1).CopyTo(targets.AsSpan(start));
            targets[start + length - 1] = -1;
        }

        return targets;
    }

    private Tensor Block(TensorScope scope, Tensor stream, int block, int execution)
    {
        Tensor mid = AttentionHalf(scope, stream, block, execution);
        return Finished ? mid : MlpHalf(scope, mid, block, execution);
    }

    // Each half has a scope of its own, so that the memory of one serves the other.
    private Tensor AttentionHalf(TensorScope outer, Tensor stream, int block, int execution)
    {
        using TensorScope scope = outer.Engine.OpenScope();
        Tensor pre = Visit(scope, execution, HookKind.ResidPre, stream);
        return scope.MoveTo(outer, Visit(scope, execution, HookKind.ResidMid, scope.Add(pre, Attention(scope, pre, block, execution))));
    }

    private Tensor MlpHalf(TensorScope outer, Tensor stream, int block, int execution)
    {
        using TensorScope scope = outer.Engine.OpenScope();
        return scope.MoveTo(outer, Visit(scope, execution, HookKind.ResidPost, scope.Add(stream, Mlp(scope, stream, block, execution))));
    }

    private Tensor Attention(TensorScope scope, Tensor stream, int block, int execution)
    {
        BlockWeights weights = _model.Weights.Blocks[block];
        AttentionHeads heads = _model.Spec.AttentionHeads(block);
        Tensor normalized = Visit(scope, execution, HookKind.AttentionNorm, Norm(scope, stream, weights.AttentionNorm, _model.Spec));
        Tensor q = Visit(scope, execution, HookKind.Query, scope.Linear(normalized, weights.Query));
        Tensor k = Visit(scope, execution, HookKind.Key, scope.Linear(normalized, weights.Key));
        Tensor v = Visit(scope, execution, HookKind.Value, scope.Linear(normalized, weights.Value));
        if (_model.RotaryFrequencies is float[] frequencies)
        {
            q = Visit(scope, execution, HookKind.RotaryQuery, scope.Rotary(q, _positions, frequencies, 1, heads.HeadWidth));
            k = Visit(scope, execution, HookKind.RotaryKey, scope.Rotary(k, _positions, frequencies, 1, heads.HeadWidth));
        }

        if (_cache is not null) (k, v) = _cache.Append(execution, k, v, Batch);
        bool materialise = _hooks is not null && (_hooks.Touches(execution, HookKind.Scores) || _hooks.Touches(execution, HookKind.Pattern));
        Tensor z = materialise ? MaterialisedAttention(scope, q, k, v, heads, execution) : scope.Attention(q, k, v, heads, _segments);
        return Visit(scope, execution, HookKind.AttentionOut, scope.Linear(Visit(scope, execution, HookKind.Mixed, z), weights.Output));
    }

    /// <summary>Attention with the scores and patterns held, one sequence at a time, because somebody reads or changes them.</summary>
    private Tensor MaterialisedAttention(TensorScope scope, Tensor q, Tensor k, Tensor v, AttentionHeads heads, int execution)
    {
        Tensor z = scope.Empty(q.Shape.ToArray());
        for (int s = 0; s < _segments.Length; s++)
        {
            using TensorScope inner = scope.Engine.OpenScope();
            Tensor scores = Visit(inner, execution, HookKind.Scores, inner.AttentionScores(q, k, heads, _segments[s]), s);
            Tensor pattern = Visit(inner, execution, HookKind.Pattern, inner.Softmax(scores), s);
            inner.AttentionMix(pattern, v, heads, _segments[s], z);
        }

        return z;
    }

    private Tensor Mlp(TensorScope scope, Tensor stream, int block, int execution)
    {
        BlockWeights weights = _model.Weights.Blocks[block];
        Activation activation = _model.Spec.Activation;
        Tensor normalized = Visit(scope, execution, HookKind.MlpNorm, Norm(scope, stream, weights.MlpNorm, _model.Spec));
        Tensor hidden;
        if (weights.MlpGate is LinearWeight gateWeight)
        {
            Tensor gate = Visit(scope, execution, HookKind.MlpPre, scope.Linear(normalized, gateWeight));
            Tensor up = Visit(scope, execution, HookKind.MlpPreLinear, scope.Linear(normalized, weights.MlpIn));
            hidden = scope.Gate(gate, up, activation);
        }
        else
        {
            hidden = scope.Activate(Visit(scope, execution, HookKind.MlpPre, scope.Linear(normalized, weights.MlpIn)), activation);
        }

        return Visit(scope, execution, HookKind.MlpOut, scope.Linear(Visit(scope, execution, HookKind.MlpPost, hidden), weights.MlpOut));
    }

    internal static Tensor Norm(TensorScope scope, Tensor x, NormWeights norm, ModelSpec spec) => spec.Norm == NormKind.LayerNorm
        ? scope.LayerNorm(x, norm.Gain, norm.Bias, spec.NormEpsilon)
        : scope.RmsNorm(x, norm.Gain, spec.NormEpsilon);

    /// <summary>Lets interventions change a value and captures read it. Without hooks this is one null check.</summary>
    private Tensor Visit(TensorScope scope, int execution, HookKind kind, Tensor value, int sequence = -1)
    {
        if (_hooks is null) return value;
        Tensor result = _hooks.Visit(scope, execution, kind, value, this, sequence);
        Finished |= _hooks.IsLast(execution, kind) && (sequence < 0 || sequence == Batch.Sequences - 1);
        return result;
    }
}
