using Strata.Tensors;

namespace Strata.Models;

/// <summary>Collects the rows of wanted points, pooling as they arrive.</summary>
internal sealed class CaptureBuffer : ICaptureSink
{
    private readonly Dictionary<string, FloatMatrix[]> _samples = [];
    private readonly Pooling _pooling;
    private readonly int[][] _kept;
    private readonly int _firstRow;
    private int _batchRow;

    /// <summary>A buffer for some rows of the data.</summary>
    /// <param name="points">What is kept.</param>
    /// <param name="rows">The data.</param>
    /// <param name="pooling">How positions become rows.</param>
    /// <param name="positions">Which positions are kept or pooled.</param>
    /// <param name="firstRow">First of the rows.</param>
    /// <param name="count">How many.</param>
    public CaptureBuffer(IReadOnlyList<HookPoint> points, TokenRows rows, Pooling pooling, PositionSelection positions, int firstRow, int count)
    {
        _pooling = pooling;
        _firstRow = firstRow;
        _kept = [.. Enumerable.Range(firstRow, count).Select(row => KeptPositions(rows, positions, row))];
        foreach (HookPoint point in points)
        {
            _samples[point.Name] = pooling == Pooling.None
                ? new FloatMatrix[count]
                : [new FloatMatrix(new float[count * point.Columns], count, point.Columns)];
        }
    }

    /// <summary>Takes note of the row of the data that is the first sequence of the batch that begins.</summary>
    public void Start(int firstRow) => _batchRow = firstRow - _firstRow;

    public IReadOnlyDictionary<string, IReadOnlyList<FloatMatrix>> Samples() => _samples.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<FloatMatrix>)pair.Value);

    public void Store(HookPoint point, Tensor value, BatchRun run, int sequence)
    {
        FloatMatrix[] samples = _samples[point.Name];
        if (sequence >= 0)
        {
            samples[_batchRow + sequence] = Matrix(value, _kept[_batchRow + sequence]);
            return;
        }

        ReadOnlySpan<float> data = value.Span;
        for (int s = 0; s < run.Batch.Sequences; s++)
        {
            if (point.PerSequence)
            {
                StoreRow(point, data.Slice(s * point.Columns, point.Columns), _batchRow + s);
                continue;
            }

            int row = _batchRow + s, start = run.Batch.Starts[s] * point.Columns;
            ReadOnlySpan<float> rows = data.Slice(start, run.Batch.Length(s) * point.Columns);
            if (_pooling == Pooling.None) samples[row] = Keep(rows, point.Columns, _kept[row]);
            else Pool(rows, point.Columns, _kept[row], samples[0].Row(row));
        }
    }

    private void StoreRow(HookPoint point, ReadOnlySpan<float> values, int row)
    {
        if (_pooling == Pooling.None) _samples[point.Name][row] = new FloatMatrix(values.ToArray(), 1, point.Columns);
        else values.CopyTo(_samples[point.Name][0].Row(row));
    }

    /// <summary>[heads, queries, keys] with the kept queries, as [heads · kept, keys].</summary>
    internal static FloatMatrix Matrix(Tensor value, int[] kept)
    {
        int heads = value.Shape[0], queries = value.Shape[1], keys = value.Shape[2];
        int[] rows = Enumerable.Range(0, heads).SelectMany(h => kept.Select(q => h * queries + q)).ToArray();
        return Keep(value.Span, keys, rows);
    }

    /// <summary>The kept rows of one sequence.</summary>
    internal static FloatMatrix Keep(ReadOnlySpan<float> rows, int columns, int[] kept)
    {
        float[] values = GC.AllocateUninitializedArray<float>(kept.Length * columns);
        if (kept.Length * columns == rows.Length) rows.CopyTo(values);
        else for (int i = 0; i < kept.Length; i++) rows.Slice(kept[i] * columns, columns).CopyTo(values.AsSpan(i * columns));
        return new FloatMatrix(values, kept.Length, columns);
    }

    private void Pool(ReadOnlySpan<float> rows, int columns, int[] kept, Span<float> result)
    {
        if (_pooling != Pooling.Mean)
        {
            rows.Slice((_pooling == Pooling.First ? kept[0] : kept[^1]) * columns, columns).CopyTo(result);
            return;
        }

        result.Clear();
        foreach (int position in kept) System.Numerics.Tensors.TensorPrimitives.Add(result, rows.Slice(position * columns, columns), result);
        System.Numerics.Tensors.TensorPrimitives.Multiply(result, 1f / kept.Length, result);
    }

    /// <summary>The positions of a row that are wanted.</summary>
    /// <exception cref="StrataException">None is.</exception>
    internal static int[] KeptPositions(TokenRows rows, PositionSelection positions, int row)
    {
        int length = rows.Sequences[row].Length;
        IEnumerable<int> all = Enumerable.Range(0, length);
        int[] kept = positions.IsAll ? [.. all] : [.. all.Where(i => positions.Contains(i, length))];
        return kept.Length > 0 ? kept : throw new StrataException($"Row {row} of \"{rows.Name}\" has {length} tokens, and none of them is among the positions {positions}.");
    }
}
