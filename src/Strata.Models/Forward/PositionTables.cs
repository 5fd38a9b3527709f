using Strata.Tensors;

namespace Strata.Models;

/// <summary>What the blocks of one run need to know of positions: rotary tables and biases of the scores, each made once for all blocks that are alike in it.</summary>
internal sealed class PositionTables(Model model, TokenBatch batch, int[] positions, int[] lengths)
{
    private readonly Dictionary<RotarySpec, Tensor> _rotary = [];
    private readonly Dictionary<float, Tensor> _biases = [];
    private readonly Dictionary<int, int[]> _distanceRows = [];

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

    /// <summary>What is added to the scores: [heads, longest sequence] by key or [heads, 2 · longest sequence − 1] by distance; null where the network has no such bias.</summary>
    /// <param name="scale">Factor on the scores of the block.</param>
    public Tensor? ScoreBias(float scale)
    {
        ModelSpec spec = model.Spec;
        if (spec.Alibi is null && spec.RelativeBias is null) return null;
        if (_biases.TryGetValue(scale, out Tensor? made)) return made;
        int keys = lengths.Max();
        float[] biases = spec.Alibi?.Biases(spec.Heads, keys, scale) ?? spec.RelativeBias!.Biases(model.Weights.RelativeBias, spec.Heads, keys);
        return _biases[scale] = model.Engine.FromHost(biases, new Shape(spec.Heads, biases.Length / spec.Heads));
    }

    /// <summary>The row of the table of distances for each distance from 1 − length to length − 1 of query less key (disentangled attention).</summary>
    /// <param name="sequence">Which sequence of the batch.</param>
    public int[] DistanceRows(int sequence)
    {
        int length = lengths[sequence];
        if (!_distanceRows.TryGetValue(length, out int[]? rows))
            _distanceRows[length] = rows = Enumerable.Range(1 - length, 2 * length - 1).Select(model.Spec.Disentangled!.Row).ToArray();
        return rows;
    }
}
