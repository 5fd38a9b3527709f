using Strata.Tensors;

namespace Strata.Models;

/// <summary>What a run knows of tokens that ran before it.</summary>
internal interface ITokenMemory
{
    /// <summary>Tokens held per sequence.</summary>
    int[] Lengths { get; }

    /// <summary>Takes up the keys and values of a batch in a slot, an execution position.</summary>
    /// <returns>All keys and values of the slot.</returns>
    (Tensor Keys, Tensor Values) Append(int slot, Tensor keys, Tensor values, TokenBatch batch);

    /// <summary>The running states of a slot.</summary>
    RecurrentState States(int slot);

    /// <summary>Where the queries of a batch look.</summary>
    AttentionSegment[] Segments(TokenBatch batch);

    /// <summary>Counts a batch as held, after all its blocks have run.</summary>
    void Advance(TokenBatch batch);
}

/// <summary>
/// What a run keeps of the tokens that have already run, for generation: keys and values of attention, running states of state spaces. One slot per execution
/// position of the plan, so that a block that runs twice has two slots.
/// </summary>
internal sealed class KeyValueCache : ITokenMemory, IDisposable
{
    private readonly TensorScope _scope;
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;
    private readonly RecurrentState?[] _states;
    private readonly int _capacity;

    /// <summary>An empty cache.</summary>
    /// <param name="model">The network.</param>
    /// <param name="plan">What will run.</param>
    /// <param name="sequences">Sequences that are generated together.</param>
    /// <param name="capacity">Longest sequence, in tokens.</param>
    public KeyValueCache(Model model, LayerPlan plan, int sequences, int capacity)
    {
        _scope = model.Engine.OpenScope();
        _capacity = capacity;
        int width = model.Spec.KeyValueHeads * model.Spec.HeadWidth;
        Lengths = new int[sequences];
        BlockSpec?[] mixers = plan.Executions.Select(step => step is MlpStep ? null : model.Spec.Block(LayerPlan.BlockOf(step))).ToArray();
        _keys = mixers.Select(block => block is { HasAttention: true } ? _scope.Empty(sequences * capacity, width) : null).ToArray();
        _values = mixers.Select(block => block is { HasAttention: true } ? _scope.Empty(sequences * capacity, width) : null).ToArray();
        _states = mixers.Select(block => block?.StateSpace is StateSpaceSpec space ? RecurrentState.Start(_scope, space, sequences) : null).ToArray();
    }

    /// <summary>Tokens held per sequence.</summary>
    public int[] Lengths { get; }

    /// <summary>What a slot holds: [sequences · capacity, width] each; null where no attention runs.</summary>
    public (Tensor Keys, Tensor Values)? Slot(int slot) => _keys[slot] is Tensor keys ? (keys, _values[slot]!) : null;

    /// <summary>Writes the new rows of a batch behind what a slot holds.</summary>
    /// <returns>All keys and values of the slot.</returns>
    public (Tensor Keys, Tensor Values) Append(int slot, Tensor keys, Tensor values, TokenBatch batch)
    {
        for (int s = 0; s < batch.Sequences; s++)
        {
            int target = s * _capacity + Lengths[s];
            _scope.WriteRows(keys, batch.Starts[s], _keys[slot]!, target, batch.Length(s));
            _scope.WriteRows(values, batch.Starts[s], _values[slot]!, target, batch.Length(s));
        }

        return (_keys[slot]!, _values[slot]!);
    }

    /// <summary>The running states of a slot, which the run brings up to date; those of sequences that begin anew are at their start.</summary>
    public RecurrentState States(int slot)
    {
        RecurrentState state = _states[slot]!;
        for (int s = 0; s < Lengths.Length; s++)
            if (Lengths[s] == 0) state.Restart(s);
        return state;
    }

    /// <summary>Where the queries of a new batch look.</summary>
    public AttentionSegment[] Segments(TokenBatch batch) => Enumerable.Range(0, batch.Sequences)
        .Select(s => new AttentionSegment(batch.Starts[s], batch.Length(s), s * _capacity, Lengths[s] + batch.Length(s)))
        .ToArray();

    /// <summary>Counts a batch as held, after all its blocks have run.</summary>
    public void Advance(TokenBatch batch)
    {
        for (int s = 0; s < batch.Sequences; s++) Lengths[s] += batch.Length(s);
    }

    public void Dispose() => _scope.Dispose();
}
