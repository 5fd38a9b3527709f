namespace Strata.Research;

/// <summary>
/// The largest numbers of each column and where they were found (the examples that a neuron answers to most): [columns, K], falling; equal numbers in the order of the data, not a number
/// where there were fewer rows.
/// </summary>
/// <param name="K">How many of each column.</param>
public sealed record TopReducer(int K) : Reducer
{
    /// <inheritdoc/>
    public override string Name => $"top={K}";

    internal override Reduction Start(int columns, long rows)
    {
        RequirePositive(K, "The number of largest activations");
        return new Largest(K, columns);
    }

    private sealed class Largest : Reduction
    {
        private readonly int _k, _columns;
        private readonly float[] _values;
        private readonly RowPlace[] _places;

        public Largest(int k, int columns)
        {
            (_k, _columns) = (k, columns);
            _values = new float[checked(columns * k)];
            _places = new RowPlace[_values.Length];
            Array.Fill(_values, float.NaN);
            Array.Fill(_places, new RowPlace(-1, -1));
        }

        public override long Bytes => 12L * _values.Length;

        public override void Add(ReadOnlySpan<float> row, RowPlace place)
        {
            for (int c = 0; c < row.Length; c++)
            {
                Span<float> values = _values.AsSpan(c * _k, _k);
                // Also true where there is none yet, and where the new one is no number.
                if (row[c] <= values[^1] || float.IsNaN(row[c])) continue;
                int at = _k - 1;
                for (; at > 0 && !(row[c] <= values[at - 1]); at--)
                {
                    values[at] = values[at - 1];
                    _places[(c * _k) + at] = _places[(c * _k) + at - 1];
                }

                values[at] = row[c];
                _places[(c * _k) + at] = place;
            }
        }

        public override (double[] Values, int Rows, int Columns, IReadOnlyList<RowPlace> Places) Result() => ([.. _values.Select(value => (double)value)], _columns, _k, _places);
    }
}
