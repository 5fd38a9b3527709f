using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A comparison that needs co-moments of features alone, so that rows may stream by.</summary>
internal interface IFromMoments
{
    /// <summary>Whether this variant can be computed from moments.</summary>
    bool Streams { get; }

    /// <summary>The value; NaN where it is not defined.</summary>
    double FromMoments(SideMoments x, SideMoments y, PairMoments pair);
}

/// <summary>Count, mean and centred co-moment of the rows of one point, whose memory does not grow with the rows.</summary>
internal sealed class SideMoments(int width)
{
    private readonly double[] _shift = new double[width];
    private FloatMatrix? _rows;

    public int Count { get; private set; }

    public double[] Mean { get; } = new double[width];

    /// <summary>The point paired with itself.</summary>
    public PairMoments Own { get; } = new(width, width);

    /// <summary>Σ x̃x̃ᵀ.</summary>
    public RealMatrix Covariance => Own.Cross;

    /// <summary>Σ ‖x − s‖² for the shift s, the mean of the first chunk.</summary>
    public double Lengths { get; private set; }

    public double Trace
    {
        get
        {
            double trace = 0;
            for (int j = 0; j < Covariance.Rows; j++) trace += Covariance[j, j];
            return trace;
        }
    }

    /// <summary>Σ x² before centring, to tell a constant side from a small one.</summary>
    public double SumOfSquares { get; private set; }

    public bool IsConstant => Trace <= 1e-14 * SumOfSquares;

    /// <summary>The rows of the current chunk less the shift, their squared lengths, and the chunk's mean.</summary>
    public (RealMatrix Rows, double[] Lengths, double[] Mean) Chunk { get; private set; }

    /// <summary>mean − shift.</summary>
    public double[] Drift => Mean.Zip(_shift, (m, s) => m - s).ToArray();

    /// <summary>Takes a chunk in; pairs of its rows must be added before <see cref="Close"/>.</summary>
    public void Open(FloatMatrix rows)
    {
        _rows = rows;
        double[] mean = RealMatrix.ColumnMeans(rows);
        if (Count == 0) mean.CopyTo(_shift, 0);
        RealMatrix shifted = RealMatrix.From(rows);
        double[] lengths = new double[rows.Rows];
        for (int i = 0; i < lengths.Length; i++)
        {
            TensorPrimitives.Subtract(shifted.Row(i), _shift, shifted.Row(i));
            lengths[i] = TensorPrimitives.SumOfSquares<double>(shifted.Row(i));
        }

        Chunk = (shifted, lengths, mean);
    }

    /// <summary>Moves count and mean on.</summary>
    public void Close()
    {
        FloatMatrix rows = _rows!;
        Own.Add(this, rows, this, rows);
        int total = Count + rows.Rows;
        for (int j = 0; j < Mean.Length; j++) Mean[j] += (Chunk.Mean[j] - Mean[j]) * rows.Rows / total;
        Lengths += TensorPrimitives.Sum<double>(Chunk.Lengths);
        SumOfSquares += Spectra.SumOfSquares(rows);
        Count = total;
    }
}

/// <summary>What two points need together: Σ x̃ỹᵀ, and the sums from which Σ ‖x̃‖²‖ỹ‖² of the unbiased estimate follows.</summary>
internal sealed class PairMoments(int width, int width2)
{
    private readonly double[] _lengthsTimesY = new double[width2], _lengthsTimesX = new double[width];
    private double _lengths;

    /// <summary>Σ x̃ỹᵀ, [width of x, width of y].</summary>
    public RealMatrix Cross { get; private init; } = new(width, width2);

    /// <summary>The co-moment of the same rows with the sides exchanged.</summary>
    public PairMoments Exchanged() => new(Cross.Columns, Cross.Rows) { Cross = Cross.Transpose() };

    /// <summary>Adds the open chunk of both sides.</summary>
    public void Add(SideMoments x, FloatMatrix xRows, SideMoments y, FloatMatrix yRows)
    {
        Add(Cross, x, xRows, y, yRows);
        for (int i = 0; i < xRows.Rows; i++)
        {
            double lx = x.Chunk.Lengths[i], ly = y.Chunk.Lengths[i];
            _lengths += lx * ly;
            TensorPrimitives.MultiplyAdd(y.Chunk.Rows.Row(i), lx, _lengthsTimesY, _lengthsTimesY);
            TensorPrimitives.MultiplyAdd(x.Chunk.Rows.Row(i), ly, _lengthsTimesX, _lengthsTimesX);
        }
    }

    /// <summary>C += Σ (x − x̄)(y − ȳ)ᵀ of the chunk + n·k/(n + k) · (difference of means)(…)ᵀ (Chan et al. 1983).</summary>
    private static void Add(RealMatrix sum, SideMoments x, FloatMatrix xRows, SideMoments y, FloatMatrix yRows)
    {
        RealMatrix product = Products.ColumnProduct(xRows, x.Chunk.Mean, yRows, y.Chunk.Mean);
        TensorPrimitives.Add(sum.Values, product.Values, sum.Values);
        double weight = (double)x.Count * xRows.Rows / (x.Count + xRows.Rows);
        if (weight == 0) return;
        double[] difference = y.Chunk.Mean.Zip(y.Mean, (a, b) => a - b).ToArray();
        for (int j = 0; j < sum.Rows; j++) TensorPrimitives.MultiplyAdd(difference, weight * (x.Chunk.Mean[j] - x.Mean[j]), sum.Row(j), sum.Row(j));
    }

    /// <summary>Σ ‖x̃ᵢ‖²‖ỹᵢ‖², from sums about the shift: with δ = mean − shift, ‖x̃‖² = ‖x′‖² − 2δ·x′ + ‖δ‖².</summary>
    public double SumOfLengthProducts(SideMoments x, SideMoments y)
    {
        double[] dx = x.Drift, dy = y.Drift;
        double xx = TensorPrimitives.SumOfSquares<double>(dx), yy = TensorPrimitives.SumOfSquares<double>(dy), n = x.Count;
        double crossed = n * xx * yy;
        for (int j = 0; j < dx.Length; j++) crossed += dx[j] * TensorPrimitives.Dot<double>(Cross.Row(j), dy);
        return _lengths - 2 * TensorPrimitives.Dot<double>(dy, _lengthsTimesY) - 2 * TensorPrimitives.Dot<double>(dx, _lengthsTimesX)
            + yy * x.Lengths + xx * y.Lengths + 4 * crossed - 3 * n * xx * yy;
    }
}
