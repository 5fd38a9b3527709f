using Strata.Tensors;

namespace Strata.Models;

/// <summary>What the blocks of one run need to know of positions: rotary tables and biases of the scores, each made once for all blocks that are alike in it.</summary>
internal sealed class PositionTables(Model model, TokenBatch batch, int[] positions, int[] lengths)
{
    private readonly Dictionary<RotarySpec, Tensor> _rotary = [];
    private readonly Dictionary<float, Tensor> _biases = [];

    /// <summary>Cosines and sines of every token: [tokens, turned columns of a head].</summary>
    /// <remarks>Frequencies may depend on the length of a sequence, tokens in the cache included; so every sequence has its own.</remarks>
    public Tensor Rotary(RotarySpec rotary)
    {
        if (_rotary.TryGetValue(rotary, out Tensor? made)) return made;
        int headWidth = model.Spec.HeadWidth, columns = (rotary.Width ?? headWidth) / 2 * 2;
        float[] table = new float[batch.Tokens * columns];
        float[]? frequencies = null;
        int set = -1;
        for (int s = 0; s < batch.Sequences; s++)
        {
            if (rotary.FrequencySet(lengths[s]) is int needed && needed != set) (frequencies, set) = (rotary.Frequencies(headWidth, lengths[s]), needed);
            int start = batch.Starts[s], count = batch.Length(s);
            RotaryTable.Fill(positions.AsSpan(start, count), frequencies, (float)rotary.Magnitude, table.AsSpan(start * columns, count * columns));
        }

        return _rotary[rotary] = model.Engine.FromHost(table, new Shape(batch.Tokens, columns));
    }

    /// <summary>What is added to the scores of keys: [heads, longest sequence]; null where the network has no such bias.</summary>
    /// <param name="scale">Factor on the scores of the block.</param>
    public Tensor? KeyBias(float scale)
    {
        if (model.Spec.Alibi is not AlibiSpec alibi) return null;
        if (_biases.TryGetValue(scale, out Tensor? made)) return made;
        int keys = lengths.Max();
        return _biases[scale] = model.Engine.FromHost(alibi.Biases(model.Spec.Heads, keys, scale), new Shape(model.Spec.Heads, keys));
    }
}
