using Strata.Tensors;

namespace Strata.Models;

/// <summary>A change of one sequence on its way through a network, at one position.</summary>
/// <param name="Position">The first position that the interventions change, zero-based.</param>
/// <param name="Interventions">The changes; all within blocks.</param>
public sealed record PositionChange(int Position, IReadOnlyList<Intervention> Interventions);

/// <summary>
/// One sequence that has run along a plan, and what changes of it can build on: the stream before every step, and the keys and values of every position. A change in a block
/// leaves the blocks before it as they were; where attention is causal, a change at a position also leaves the positions before it as they were, so variants run from there on only.
/// </summary>
public sealed class ReferenceRun : IDisposable
{
    private readonly Model _model;
    private readonly int[] _ids;
    private readonly TensorScope _scope;
    private readonly KeyValueCache? _memory;
    private readonly List<Tensor> _before = [];
    private readonly HookCatalog _catalog;

    /// <summary>Runs a sequence.</summary>
    /// <param name="model">A network that predicts the next token.</param>
    /// <param name="ids">The sequence.</param>
    /// <param name="plan">The plan; null for all blocks in order.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">The network predicts no next token, or plan or ids do not fit it.</exception>
    public ReferenceRun(Model model, int[] ids, LayerPlan? plan = null, CancellationToken cancellation = default)
    {
        model.RequireNextToken("A run that changes are compared with");
        (_model, _ids, Plan) = (model, ids, model.CheckPlan(plan));
        _catalog = new HookCatalog(model.Spec, Plan);
        TokenBatch batch = new([ids]);
        _memory = SharesPositions ? new KeyValueCache(model, Plan, 1, ids.Length) : null;
        _scope = model.Engine.OpenScope();
        try
        {
            BatchRun run = new(model, batch, null, _memory);
            Tensor stream = run.Embed(_scope);
            for (int i = 0; i < Plan.Steps.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                _before.Add(stream);
                stream = run.Step(_scope, stream, Plan.Steps[i], Plan.FirstExecutions[i]);
            }

            using TensorScope scope = model.Engine.OpenScope();
            LastLogits = run.Logits(scope, run.FinalNorm(scope, scope.Rows(stream, ids.Length - 1, 1))).ToArray();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The plan.</summary>
    public LayerPlan Plan { get; }

    /// <summary>Scores over the vocabulary after the last token.</summary>
    public float[] LastLogits { get; }

    /// <summary>
    /// Does a change at a position leave the positions before it as they were, and is what they give later ones kept? Not where a block of the plan is a state space: what that carries from token to token
    /// is not kept for every position, and its variants run from the first token on.
    /// </summary>
    public bool SharesPositions => Plan.Executions.All(step => step is MlpStep || _model.Spec.Block(LayerPlan.BlockOf(step)).StateSpace is null);

    /// <summary>Bytes of streams, keys and values that are held.</summary>
    public long Bytes => 4L * _ids.Length * (((long)Plan.Steps.Length * _model.Spec.Width) + (_memory is null ? 0 : 2L * Plan.Executions.Length * _model.Spec.KeyValueHeads * _model.Spec.HeadWidth));

    /// <summary>Tokens that a change at a position makes run again, in each block from the changed one on.</summary>
    public int TokensFrom(int position) => SharesPositions ? _ids.Length - position : _ids.Length;

    /// <summary>Scores over the vocabulary after the last token under changes, all of them run as one batch: [changes, vocabulary].</summary>
    /// <param name="step">The step of the plan at or after which all of them act: those before it are shared with this run.</param>
    /// <param name="changes">At least one.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <exception cref="StrataException">A change selects no point, acts before the step or outside the blocks, or at a position that does not exist.</exception>
    public FloatMatrix Changed(int step, IReadOnlyList<PositionChange> changes, CancellationToken cancellation = default)
    {
        Check(step, changes);
        int[] from = [.. changes.Select(change => SharesPositions ? change.Position : 0)];
        HookSession hooks = new(_catalog, _model.Spec, [.. changes.Select(change => change.Interventions)], 1);
        using PrefixMemory? memory = _memory is null ? null : new PrefixMemory(_model, _memory, _ids.Length, from);
        BatchRun run = new(_model, new TokenBatch([.. from.Select(start => _ids[start..])]), hooks, memory);
        using TensorScope scope = _model.Engine.OpenScope();
        Tensor stream = scope.Empty(run.Batch.Tokens, _model.Spec.Width);
        for (int s = 0; s < from.Length; s++) scope.WriteRows(_before[step], from[s], stream, run.Batch.Starts[s], run.Batch.Length(s));
        for (int i = step; i < Plan.Steps.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            bool last = i == Plan.Steps.Length - 1;
            Tensor next = last ? run.StepToLast(scope, stream, Plan.Steps[i], Plan.FirstExecutions[i]) : run.Step(scope, stream, Plan.Steps[i], Plan.FirstExecutions[i]);
            scope.Release(stream);
            stream = next;
        }

        return new FloatMatrix(run.Logits(scope, run.FinalNorm(scope, stream)).ToArray(), changes.Count, _model.Spec.Vocabulary);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory?.Dispose();
        _scope?.Dispose();
    }

    private void Check(int step, IReadOnlyList<PositionChange> changes)
    {
        if (changes.Count == 0) throw new StrataException("Changes of a run were asked for, and none was given.");
        if (step < 0 || step >= Plan.Steps.Length) throw new StrataException($"The plan {Plan} has steps 0 to {Plan.Steps.Length - 1}; changes from step {step} on were asked for.");
        foreach (PositionChange change in changes)
        {
            if (change.Position < 0 || change.Position >= _ids.Length) throw new StrataException($"The sequence has positions 0 to {_ids.Length - 1}; a change at {change.Position} was asked for.");
            foreach (Intervention early in change.Interventions.Where(i => Enumerable.Range(0, change.Position).Any(position => i.Positions.Contains(position, _ids.Length))))
                throw new StrataException($"The change \"{early}\" acts before position {change.Position}, from which on it was to run; narrow it with At(...), or give the first position that it changes.");
            foreach (HookPoint point in change.Interventions.SelectMany(i => _catalog.Select([i.Point])))
                if (point.Execution < Plan.FirstExecutions[step] || point.Execution >= _catalog.Executions) throw new StrataException($"\"{point.Name}\" lies outside the blocks from step {step} of the plan on; changes of a run act there.");
        }
    }
}
