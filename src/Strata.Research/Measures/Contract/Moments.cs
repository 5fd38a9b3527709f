using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Mean and second moments of rows that arrive in pieces. Up to max(D, 256) rows are kept as they are; beyond that, their Gram matrix [D, D] about a fixed shift (the mean of the first rows), from which the centred and the uncentred
/// spectrum both follow without the cancellation that sums about zero would have.
/// </summary>
internal sealed class Moments(int columns)
{
    private readonly RealMatrix _buffer = new(Math.Max(columns, 256), columns);
    private readonly double[] _sum = new double[columns];
    private double[]? _shift;
    private RealMatrix? _gram;
    private int _buffered;
    private double _sumOfSquares;
    private double[]? _eigenvalues, _centredEigenvalues;

    /// <summary>Rows so far.</summary>
    public long Count { get; private set; }

    public int Columns => columns;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes => 8L * (_buffer.Values.Length + (_gram?.Values.Length ?? 0) + 2L * columns);

    /// <summary>‖H‖_F².</summary>
    public double SumOfSquares => _sumOfSquares;

    /// <summary>The mean of the rows.</summary>
    public double[] Mean()
    {
        double[] mean = new double[columns];
        if (Count > 0) TensorPrimitives.Divide(_sum, Count, mean);
        return mean;
    }

    /// <summary>The moments of every point of a capture, in one pass that keeps no activations.</summary>
    /// <param name="run">The capture.</param>
    /// <param name="takes">Which samples count.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static (IReadOnlyDictionary<string, Moments> Points, Provenance Provenance) Stream(CaptureRun run, Func<FloatMatrix, bool> takes, CancellationToken cancellation)
    {
        Dictionary<string, Moments> points = [];
        Provenance provenance = run.Stream(batch =>
        {
            if (!points.TryGetValue(batch.Point.Name, out Moments? here)) points[batch.Point.Name] = here = new Moments(batch.Point.Columns);
            foreach (FloatMatrix sample in batch.Samples.Where(takes)) here.Add(RealMatrix.From(sample));
        }, cancellation);
        return (points, provenance);
    }

    /// <summary>Takes rows in.</summary>
    public void Add(RealMatrix rows) => Add(rows.Values);

    /// <summary>Takes rows in that lie one after the other.</summary>
    public void Add(ReadOnlySpan<double> rows)
    {
        _sumOfSquares += TensorPrimitives.SumOfSquares(rows);
        for (int at = 0; at < rows.Length; at += columns) TensorPrimitives.Add(_sum, rows.Slice(at, columns), _sum);
        Count += columns == 0 ? 0 : rows.Length / columns;
        while (rows.Length > 0)
        {
            Span<double> room = Room(rows.Length);
            rows[..room.Length].CopyTo(room);
            rows = rows[room.Length..];
        }
    }

    /// <summary>Takes the states of a prompt in, whose sums are at hand.</summary>
    public void Add(PromptRows prompt)
    {
        _sumOfSquares += TensorPrimitives.Sum<double>(prompt.Squares);
        TensorPrimitives.Add(_sum, prompt.Sum, _sum);
        Count += prompt.Count;
        ReadOnlySpan<float> rows = prompt.Rows.Values;
        while (rows.Length > 0)
        {
            Span<double> room = Room(rows.Length);
            TensorPrimitives.ConvertTruncating(rows[..room.Length], room);
            rows = rows[room.Length..];
        }
    }

    /// <summary>The next part of the buffer, of at most <paramref name="wanted"/> numbers; it counts as filled.</summary>
    private Span<double> Room(int wanted)
    {
        _eigenvalues = _centredEigenvalues = null;
        if (_buffered == _buffer.Rows) Flush();
        int room = Math.Min(wanted, (_buffer.Rows - _buffered) * columns);
        Span<double> result = _buffer.Values.AsSpan(_buffered * columns, room);
        _buffered += room / columns;
        return result;
    }

    /// <summary>Eigenvalues of HᵀH, or of H̃ᵀH̃ when centred, from largest to smallest; min(N, D) of them. Rounding alone is zero.</summary>
    public double[] Eigenvalues(bool centred) => centred
        ? _centredEigenvalues ??= SymmetricEigenvalues.OfGram(SmallerGram(true))
        : _eigenvalues ??= SymmetricEigenvalues.OfGram(SmallerGram(false));

    /// <summary>A copy of HᵀH [D, D], or of H̃ᵀH̃ when centred.</summary>
    public RealMatrix Gram(bool centred)
    {
        if (_gram is null) return Products.ColumnGram(Buffered(centred));
        if (_buffered > 0) Flush();
        double[] mean = Mean();
        RealMatrix result = new((double[])_gram.Values.Clone(), columns, columns);
        Products.Mirror(result);
        double[] drift = new double[columns];
        TensorPrimitives.Subtract(mean, _shift!, drift);
        for (int i = 0; i < columns; i++)
        {
            Span<double> row = result.Row(i);
            TensorPrimitives.MultiplyAdd(drift, -Count * drift[i], row, row);
            if (!centred) TensorPrimitives.MultiplyAdd(mean, Count * mean[i], row, row);
        }

        return result;
    }

    /// <summary>The smaller of H·Hᵀ and HᵀH: both have the same eigenvalues other than zero.</summary>
    public RealMatrix SmallerGram(bool centred) => _gram is null && Count <= columns ? Products.RowGram(Buffered(centred)) : Gram(centred);

    private RealMatrix Buffered(bool centred)
    {
        RealMatrix rows = new(_buffer.Values.AsSpan(0, _buffered * columns).ToArray(), _buffered, columns);
        if (!centred) return rows;
        double[] mean = Mean();
        for (int i = 0; i < rows.Rows; i++) TensorPrimitives.Subtract(rows.Row(i), mean, rows.Row(i));
        return rows;
    }

    private void Flush()
    {
        _gram ??= new RealMatrix(columns, columns);
        // Any vector near the rows serves; the mean of all that have come is at hand.
        _shift ??= Mean();
        for (int i = 0; i < _buffered; i++) TensorPrimitives.Subtract(_buffer.Row(i), _shift, _buffer.Row(i));
        PanelProducts.AddColumns(_buffer, _buffer, _buffered, _gram);
        _buffered = 0;
    }
}

/// <summary>Moments of all rows of a point, shared by the measures of its spectrum.</summary>
internal sealed class RowMoments(int columns, bool unit) : SharedStatistic
{
    public Moments Moments { get; } = new(columns);

    public override long Bytes => Moments.Bytes;

    public override void Fold(PromptRows prompt)
    {
        if (unit) Moments.Add(prompt.Unit);
        else Moments.Add(prompt);
    }

    /// <summary>Moments of the states as they are.</summary>
    public static RowMoments OfStates(MeasureContext context) => context.Shared.Get("states", () => new RowMoments(context.Columns, unit: false));

    /// <summary>Moments of the states brought to length 1.</summary>
    public static RowMoments OfUnitStates(MeasureContext context) => context.Shared.Get("unit states", () => new RowMoments(context.Columns, unit: true));
}
