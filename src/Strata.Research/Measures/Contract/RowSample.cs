using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// At most MaxRows rows of a point, each equally likely to be among them (reservoir sampling, Vitter's algorithm R), in the order of the data. The draw depends on the seed and the number of the row alone, so every point of a
/// forward pass keeps the same tokens.
/// </summary>
internal sealed class RowSample(int columns, int? most, int seed) : SharedStatistic
{
    private readonly List<(long Number, int Sequence, float[] Values)> _kept = [];
    private readonly Random _random = new(seed);
    private FloatMatrix? _matrix;

    /// <summary>The sample of a point.</summary>
    public static RowSample Of(MeasureContext context) => context.Shared.Get("sample", () => new RowSample(context.Columns, context.Options.MaxRows, context.Options.Seed));

    /// <summary>Rows that went by.</summary>
    public long Seen { get; private set; }

    public override long Bytes => _kept.Count * (4L * columns + 16);

    /// <summary>The rows that were kept.</summary>
    public FloatMatrix Rows => _matrix ??= Build();

    /// <summary>The sequence of every row that was kept.</summary>
    public int[] Sequences => _kept.OrderBy(k => k.Number).Select(k => k.Sequence).ToArray();

    /// <summary>Rows that are not in the sample.</summary>
    public int NotSampled => (int)(Seen - _kept.Count);

    public const string NotSampledReason = "not sampled (MaxRows)";

    public override void Fold(PromptRows prompt)
    {
        for (int i = 0; i < prompt.Count; i++, Seen++)
        {
            if (most is not int limit || _kept.Count < limit)
            {
                _kept.Add((Seen, prompt.SequenceOf(i), prompt.Rows.Row(i).ToArray()));
                continue;
            }

            long slot = _random.NextInt64(Seen + 1);
            if (slot >= limit) continue;
            prompt.Rows.Row(i).CopyTo(_kept[(int)slot].Values);
            _kept[(int)slot] = (Seen, prompt.SequenceOf(i), _kept[(int)slot].Values);
        }

        _matrix = null;
    }

    private FloatMatrix Build()
    {
        FloatMatrix result = new(new float[_kept.Count * columns], _kept.Count, columns);
        int row = 0;
        foreach ((_, _, float[] values) in _kept.OrderBy(k => k.Number)) values.CopyTo(result.Row(row++));
        return result;
    }
}
