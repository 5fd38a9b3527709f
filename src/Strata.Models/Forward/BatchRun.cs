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
    private readonly ITokenMemory? _cache;
    private readonly AttentionMixer _attention;
    private readonly StateSpaceMixer _stateSpaces;
    private readonly FeedForward _mlp;
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

    /// <summary>A run of a batch in several variants of the network at once: all its sequences changed by the first, behind them all changed by the second, and so on.</summary>
    /// <param name="model">The network.</param>
    /// <param name="batch">What runs.</param>
    /// <param name="plan">The plan whose steps will be run, from whichever: it says which hook point an execution position is.</param>
    /// <param name="variants">The changes of each; at least one variant.</param>
    /// <exception cref="StrataException">As for one variant.</exception>
    public BatchRun(Model model, TokenBatch batch, LayerPlan plan, IReadOnlyList<IReadOnlyList<Intervention>> variants)
        : this(model, batch.Repeat(variants.Count), new HookSession(new HookCatalog(model.Spec, plan), model.Spec, variants, batch.Sequences), null)
    {
    }

    internal BatchRun(Model model, TokenBatch batch, HookSession? hooks, ITokenMemory? cache)
    {
        _model = model;
        _hooks = hooks;
        _cache = cache;
        Batch = batch;
        _stateSpaces = new StateSpaceMixer(model, this, hooks, cache);
        _mlp = new FeedForward(model, this);
        AttentionSegment[] segments = cache?.Segments(batch)
            ?? Enumerable.Range(0, batch.Sequences).Select(s => new AttentionSegment(batch.Starts[s], batch.Length(s), batch.Starts[s], batch.Length(s))).ToArray();
        _positions = new int[batch.Tokens];
        _first = Enumerable.Range(0, batch.Sequences).Select(s => cache?.Lengths[s] ?? 0).ToArray();
        for (int s = 0; s < batch.Sequences; s++)
        {
            model.CheckKind(batch.Images?[s], batch.Sequence(s));
            model.CheckIds(batch.Sequence(s), _first[s] + batch.Length(s));
            model.CheckTypes(batch.TypesOf(s));
            for (int i = 0; i < batch.Length(s); i++) _positions[batch.Starts[s] + i] = _first[s] + i;
        }

        PositionTables tables = new(model, batch, _positions, segments.Select(segment => segment.KeyCount).ToArray());
        _attention = new AttentionMixer(model, this, hooks, cache, segments, tables);
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
        bool projectionLast = _model.Spec.EmbeddingProjectionLast;
        Tensor embedded = _model.Spec.Image is null ? _model.Weights.EmbedTokens(scope, Batch.Ids) : ImageEmbedding.Tokens(scope, _model, Batch);
        if (!projectionLast) embedded = Projected(scope, embedded);
        Tensor stream = Visit(scope, -1, HookKind.Embed, scope.ScaledBy(embedded, _model.Spec.EmbeddingScale));
        if (_model.Weights.PositionEmbedding is Tensor table)
            stream = scope.Add(stream, Visit(scope, -1, HookKind.PositionEmbed, _model.Spec.Image is null ? scope.Embed(table, TableRows()) : ImageEmbedding.Positions(scope, _model, Batch)));
        if (_model.Weights.TypeEmbedding is Tensor types)
            stream = scope.Add(stream, Visit(scope, -1, HookKind.TypeEmbed, scope.Embed(types, Batch.Types ?? new int[Batch.Tokens])));
        if (_model.Spec.EmbeddingNorm)
            stream = Visit(scope, -1, HookKind.EmbedNorm, scope.Norm(stream, _model.Weights.EmbeddingNorm, _model.Spec));
        return scope.MoveTo(outer, projectionLast ? Projected(scope, stream) : stream);
    }

    /// <summary>The stream after a step of a plan.</summary>
    /// <param name="outer">Owns the result.</param>
    /// <param name="stream">[tokens, width]; stays as it is.</param>
    /// <param name="step">What runs.</param>
    /// <param name="execution">Execution position of the step's first block: names hook points and cache slots.</param>
    /// <exception cref="StrataException">The step is half of a block that has only the other half.</exception>
    public Tensor Step(TensorScope outer, Tensor stream, PlanStep step, int execution)
    {
        _model.Spec.CheckHalf(step);
        using BlockStore.Held held = Hold(step);
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

    /// <summary>The rows of the last tokens after a step, [sequences, width], for a stream of which nothing else is needed: the other rows give keys and values and go no further.</summary>
    /// <inheritdoc cref="Step"/>
    internal Tensor StepToLast(TensorScope outer, Tensor stream, PlanStep step, int execution)
    {
        bool narrows = step is BlockStep or AttentionStep && _model.Spec.Block(LayerPlan.BlockOf(step)).HasAttention && _model.Spec.Disentangled is null && _hooks?.TouchesInside(execution) != true;
        if (!narrows)
        {
            using TensorScope scope = _model.Engine.OpenScope();
            return LastRows(outer, Step(scope, stream, step, execution));
        }

        LastOnly = true;
        try
        {
            return Step(outer, stream, step, execution);
        }
        finally
        {
            LastOnly = false;
        }
    }

    /// <summary>The rows of the last tokens, [sequences, columns].</summary>
    internal Tensor LastRows(TensorScope scope, Tensor rows) => scope.Embed(rows, [.. Batch.Starts.Skip(1).Select(end => end - 1)]);

    /// <summary>Of the step that runs, nothing but the rows of the last tokens is needed.</summary>
    internal bool LastOnly { get; private set; }

    /// <summary>The rows that go on: all, or those of the last tokens.</summary>
    internal Tensor GoingOn(TensorScope scope, Tensor rows) => LastOnly ? LastRows(scope, rows) : rows;

    /// <summary>The stream after a whole plan, holding two streams at a time.</summary>
    /// <param name="outer">Owns the result.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <param name="after">Told the stream after each step of the plan.</param>
    public Tensor Run(TensorScope outer, LayerPlan plan, CancellationToken cancellation = default, Action<int, Tensor>? after = null)
    {
        Tensor stream = Embed(outer);
        for (int i = 0; i < plan.Steps.Length; i++)
        {
            if (Finished) return stream;
            cancellation.ThrowIfCancellationRequested();
            Tensor next = Step(outer, stream, plan.Steps[i], plan.FirstExecutions[i]);
            outer.Release(stream);
            stream = next;
            after?.Invoke(i, stream);
        }

        _cache?.Advance(Batch);
        return stream;
    }

    /// <summary>The final norm of a stream, its statistics computed from this stream: [tokens, width]. The stream itself where the network has no final norm.</summary>
    public Tensor FinalNorm(TensorScope scope, Tensor stream) => _model.Spec.FinalNorm
        ? Visit(scope, _hooks?.Executions ?? 0, HookKind.FinalNorm, scope.Norm(stream, _model.Weights.FinalNorm, _model.Spec))
        : stream;

    /// <summary>Scores over the vocabulary: [rows, vocabulary].</summary>
    /// <exception cref="StrataException">The network has none.</exception>
    public Tensor Logits(TensorScope scope, Tensor normalized)
    {
        Tensor read = Unembedding.Transform(scope, normalized, _model, (kind, value) => Visit(scope, _hooks?.Executions ?? 0, kind, value));
        return Visit(scope, _hooks?.Executions ?? 0, HookKind.Logits, Unembedding.Logits(scope, read, _model));
    }

    /// <summary>What the network makes of whole sequences, one row each: a score per class, a row in the space of images and texts, or the pooled rows where it has neither.</summary>
    /// <exception cref="StrataException">The network has no such head.</exception>
    public Tensor SequenceHead(TensorScope scope, Tensor normalized)
    {
        SequenceHead head = _model.Spec.SequenceHead ?? throw new StrataException($"{_model.Name} makes nothing of whole sequences: its checkpoint holds neither a pooler nor a classifier.");
        int execution = _hooks?.Executions ?? 0;
        Tensor pooled = Readout.Pool(scope, normalized, _model, Batch);
        if (head.Activation is Activation activation)
            pooled = scope.Activate(Visit(scope, execution, HookKind.PoolerPre, scope.Linear(pooled, _model.Weights.Pooler!)), activation);
        pooled = Visit(scope, execution, HookKind.Pooled, pooled);
        if (Finished) return pooled;
        if (_model.Weights.Readout?.Projection is LinearWeight projection) return Visit(scope, execution, HookKind.Projected, scope.Linear(pooled, projection));
        return _model.Weights.Classifier is null ? pooled : Visit(scope, execution, HookKind.ClassLogits, Readout.Classes(scope, pooled, _model));
    }

    /// <summary>Next-token loss in nats and most likely next id after every token; 0 and the id at the last token of a sequence, which has no target.</summary>
    /// <param name="outer">For working memory.</param>
    /// <param name="stream">Stream after the last block.</param>
    /// <param name="losses">Receives one loss per token.</param>
    /// <param name="largest">Receives one id per token.</param>
    /// <exception cref="StrataException">The network does not predict the next token.</exception>
    public void Losses(TensorScope outer, Tensor stream, Span<float> losses, Span<int> largest)
    {
        _model.RequireNextToken("The loss of the next token");
        using TensorScope scope = outer.Engine.OpenScope();
        Tensor normalized = FinalNorm(scope, stream);
        int[] targets = Targets();
        if (_hooks is not null && _hooks.Touches(_hooks.Executions, HookKind.Logits)) Unembedding.LossesOf(Logits(scope, normalized), targets, losses, largest);
        else Unembedding.Losses(scope, normalized, _model, targets, losses, largest);
    }

    /// <summary>Loss of the class of each sequence in nats and its most likely class.</summary>
    /// <param name="outer">For working memory.</param>
    /// <param name="stream">Stream after the last block.</param>
    /// <param name="classes">The class of each sequence; negative for none, whose loss is 0.</param>
    /// <param name="losses">Receives one loss per sequence.</param>
    /// <param name="largest">Receives one class per sequence.</param>
    /// <exception cref="StrataException">The network has no scores of classes.</exception>
    public void ClassLosses(TensorScope outer, Tensor stream, ReadOnlySpan<int> classes, Span<float> losses, Span<int> largest)
    {
        _model.RequireClasses("The loss of classes");
        using TensorScope scope = outer.Engine.OpenScope();
        Unembedding.LossesOf(SequenceHead(scope, FinalNorm(scope, stream)), classes, losses, largest);
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

    /// <summary>The weights of a step, kept in memory while it runs; the members of a parallel step hold theirs one by one.</summary>
    private BlockStore.Held Hold(PlanStep step) => step is ParallelStep ? default : _model.Weights.Blocks.Hold(LayerPlan.BlockOf(step));

    private Tensor Block(TensorScope scope, Tensor stream, int block, int execution)
    {
        if (_model.Spec.ParallelResidual) return ParallelBlock(scope, stream, block, execution);
        BlockSpec facts = _model.Spec.Block(block);
        if (!facts.MixesTokens) return MlpHalf(scope, stream, block, execution);
        Tensor mid = AttentionHalf(scope, stream, block, execution);
        return Finished || !facts.HasMlp ? mid : MlpHalf(scope, mid, block, execution);
    }

    /// <summary>Attention and MLP on the same stream; the norm of the attention serves both where the architecture says so.</summary>
    private Tensor ParallelBlock(TensorScope outer, Tensor stream, int block, int execution)
    {
        using TensorScope scope = outer.Engine.OpenScope();
        Tensor pre = Visit(scope, execution, HookKind.ResidPre, stream);
        Tensor normalized = AttentionInput(scope, pre, block, execution);
        Tensor attended = scope.Add(GoingOn(scope, pre), Mix(scope, normalized, block, execution));
        if (Finished) return scope.MoveTo(outer, attended);
        Tensor added = _mlp.Run(scope, _model.Spec.SharedNorm ? GoingOn(scope, normalized) : MlpInput(scope, GoingOn(scope, pre), block, execution), block, execution);
        return scope.MoveTo(outer, Visit(scope, execution, HookKind.ResidPost, scope.Add(attended, added)));
    }

    /// <summary>x + attention(x), or x + state space(x). Each half has a scope of its own, so that the memory of one serves the other.</summary>
    private Tensor AttentionHalf(TensorScope outer, Tensor stream, int block, int execution)
    {
        using TensorScope scope = outer.Engine.OpenScope();
        Tensor pre = Visit(scope, execution, HookKind.ResidPre, stream);
        Tensor sum = scope.Add(GoingOn(scope, pre), Mix(scope, AttentionInput(scope, pre, block, execution), block, execution));
        if (_model.Spec.NormPlacement == NormPlacement.Stream) sum = scope.Norm(sum, _model.Weights.Blocks[block].AttentionNorm, _model.Spec);
        HookKind after = _model.Spec.Block(block).HasMlp ? HookKind.ResidMid : HookKind.ResidPost;
        return scope.MoveTo(outer, _model.Spec.ParallelResidual ? sum : Visit(scope, execution, after, sum));
    }

    private Tensor MlpHalf(TensorScope outer, Tensor stream, int block, int execution)
    {
        using TensorScope scope = outer.Engine.OpenScope();
        if (!_model.Spec.Block(block).MixesTokens) stream = Visit(scope, execution, HookKind.ResidPre, stream);
        Tensor normalized = _model.Spec.SharedNorm ? AttentionInput(scope, stream, block, execution) : MlpInput(scope, stream, block, execution);
        Tensor sum = scope.Add(stream, _mlp.Run(scope, normalized, block, execution));
        if (_model.Spec.NormPlacement == NormPlacement.Stream) sum = scope.Norm(sum, _model.Weights.Blocks[block].MlpNorm, _model.Spec);
        return scope.MoveTo(outer, Visit(scope, execution, HookKind.ResidPost, sum));
    }

    private Tensor AttentionInput(TensorScope scope, Tensor stream, int block, int execution) => NormsInput && !_model.Spec.Block(block).PlainAttentionInput
        ? Visit(scope, execution, HookKind.AttentionNorm, scope.Norm(stream, _model.Weights.Blocks[block].AttentionNorm, _model.Spec))
        : stream;

    private Tensor MlpInput(TensorScope scope, Tensor stream, int block, int execution) => NormsInput
        ? Visit(scope, execution, HookKind.MlpNorm, scope.Norm(stream, _model.Weights.Blocks[block].MlpNorm, _model.Spec))
        : stream;

    private bool NormsInput => _model.Spec.NormPlacement is NormPlacement.Input or NormPlacement.InputAndOutput;

    /// <summary>What attention, or the state space, adds to the stream.</summary>
    private Tensor Mix(TensorScope scope, Tensor normalized, int block, int execution) => _model.Spec.Block(block).StateSpace is null
        ? _attention.Mix(scope, normalized, block, execution)
        : _stateSpaces.Mix(scope, normalized, block, execution);

    /// <summary>What is added to the stream for what attention or MLP gives: its norm, its scale and its factors.</summary>
    internal Tensor Added(TensorScope scope, Tensor output, NormWeights? norm, Tensor? factors)
    {
        Tensor added = scope.ScaledBy(norm is null ? output : scope.Norm(output, norm, _model.Spec), _model.Spec.ResidualScale);
        return factors is null ? added : scope.ScaleColumns(added, factors);
    }

    /// <summary>Embeddings as wide as the stream.</summary>
    private Tensor Projected(TensorScope scope, Tensor embedded) => _model.Weights.EmbeddingProjection is LinearWeight projection ? scope.Linear(embedded, projection) : embedded;

    /// <summary>Rows of the position table for the positions of the batch.</summary>
    private int[] TableRows() => _model.Spec.PositionOffset == 0 ? _positions : _positions.Select(position => position + _model.Spec.PositionOffset).ToArray();

    /// <summary>Lets interventions change a value and captures read it. Without hooks this is one null check.</summary>
    internal Tensor Visit(TensorScope scope, int execution, HookKind kind, Tensor value, int sequence = -1)
    {
        if (_hooks is null) return value;
        Tensor result = _hooks.Visit(scope, execution, kind, value, this, sequence);
        Passed(execution, kind, sequence);
        return result;
    }

    /// <summary>Takes note that a place has been read.</summary>
    internal void Passed(int execution, HookKind kind, int sequence = -1) =>
        Finished |= _hooks!.IsLast(execution, kind) && (sequence < 0 || sequence == Batch.Sequences - 1);
}
