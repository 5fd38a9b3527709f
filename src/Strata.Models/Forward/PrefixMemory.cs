using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// The beginnings that variants of one sequence share with it: each runs from a position of its own on, and looks back at the keys and values that the sequence had before.
/// One slot is held at a time, since what a variant keeps of a block is needed in that block alone.
/// </summary>
internal sealed class PrefixMemory : ITokenMemory, IDisposable
{
    private readonly TensorScope _scope;
    private readonly KeyValueCache _reference;
    private readonly int _length;
    private readonly Tensor _keys;
    private readonly Tensor _values;

    /// <summary>Beginnings of a sequence that has run.</summary>
    /// <param name="model">The network.</param>
    /// <param name="reference">Keys and values of the sequence at every position.</param>
    /// <param name="length">Length of the sequence.</param>
    /// <param name="positions">Where each variant begins.</param>
    public PrefixMemory(Model model, KeyValueCache reference, int length, int[] positions)
    {
        (_reference, _length, Lengths) = (reference, length, positions);
        _scope = model.Engine.OpenScope();
        int width = model.Spec.KeyValueHeads * model.Spec.HeadWidth;
        _keys = _scope.Empty(positions.Length * length, width);
        _values = _scope.Empty(positions.Length * length, width);
    }

    /// <inheritdoc/>
    public int[] Lengths { get; }

    /// <inheritdoc/>
    public (Tensor Keys, Tensor Values) Append(int slot, Tensor keys, Tensor values, TokenBatch batch)
    {
        (Tensor beforeKeys, Tensor beforeValues) = _reference.Slot(slot)!.Value;
        for (int s = 0; s < Lengths.Length; s++)
        {
            int at = s * _length, own = at + Lengths[s];
            _scope.WriteRows(beforeKeys, 0, _keys, at, Lengths[s]);
            _scope.WriteRows(beforeValues, 0, _values, at, Lengths[s]);
            _scope.WriteRows(keys, batch.Starts[s], _keys, own, batch.Length(s));
            _scope.WriteRows(values, batch.Starts[s], _values, own, batch.Length(s));
        }

        return (_keys, _values);
    }

    /// <inheritdoc/>
    public RecurrentState States(int slot) => throw new InvalidOperationException("What a state space carries over is not kept for every position.");

    /// <inheritdoc/>
    public AttentionSegment[] Segments(TokenBatch batch) =>
        [.. Enumerable.Range(0, batch.Sequences).Select(s => new AttentionSegment(batch.Starts[s], batch.Length(s), s * _length, _length))];

    /// <inheritdoc/>
    public void Advance(TokenBatch batch)
    {
    }

    public void Dispose() => _scope.Dispose();
}
