using Strata.Models;

namespace Strata.Research;

/// <summary>
/// How often the numbers of each column fall into equal bins: [columns, bins + 2], the first count of what is below, the last of what is at or above the upper end. Numbers that are
/// none are not counted.
/// </summary>
/// <param name="Bins">Bins between the ends.</param>
/// <param name="Low">Lower end, in the first bin.</param>
/// <param name="High">Upper end, behind the last bin.</param>
public sealed record HistogramReducer(int Bins, double Low, double High) : Reducer
{
    /// <inheritdoc/>
    public override string Name => $"histogram={Bins}:{Text(Low)}:{Text(High)}";

    internal override Reduction Start(int columns, long rows)
    {
        RequirePositive(Bins, "The number of bins of a histogram");
        if (!(Low < High)) throw new StrataException($"A histogram from {Text(Low)} to {Text(High)} has no bins; the first must be less.");
        return new Counts(this, columns);
    }

    private sealed class Counts(HistogramReducer reducer, int columns) : Reduction
    {
        private readonly double[] _counts = new double[columns * (reducer.Bins + 2)];

        public override long Bytes => 8L * _counts.Length;

        public override void Add(ReadOnlySpan<float> row, RowPlace place)
        {
            for (int c = 0; c < row.Length; c++)
            {
                if (float.IsNaN(row[c])) continue;
                double at = Math.Floor((row[c] - reducer.Low) / (reducer.High - reducer.Low) * reducer.Bins);
                // Rounding of the quotient may not move a number over an end.
                if (row[c] < reducer.Low) at = -1;
                else if (row[c] >= reducer.High) at = reducer.Bins;
                else at = Math.Clamp(at, 0, reducer.Bins - 1);
                _counts[(c * (reducer.Bins + 2)) + (int)at + 1]++;
            }
        }

        public override (double[] Values, int Rows, int Columns, IReadOnlyList<RowPlace> Places) Result() => (_counts, columns, reducer.Bins + 2, []);
    }
}
