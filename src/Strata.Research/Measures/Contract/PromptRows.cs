using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// The states of one prompt at one point, [positions, width] (or, of pooled activations, all rows at once), with what several measures derive from them, each derived at most once.
/// Two threads that ask for the same at once both derive it, and either result serves.
/// </summary>
/// <param name="rows">The states.</param>
/// <param name="sequence">Row of the data; of pooled activations the first.</param>
/// <param name="pooled">Is every row a sequence of its own?</param>
/// <param name="view">Which view of the sequence; 0 for the data themselves.</param>
internal sealed class PromptRows(FloatMatrix rows, int sequence, bool pooled, int view)
{
    private RealMatrix? _real, _unit, _centredUnit;
    private double[]? _sum, _mean, _squares, _unitSum, _centredUnitMean;

    public FloatMatrix Rows => rows;

    public int Count => rows.Rows;

    public int Columns => rows.Columns;

    public int Sequence => sequence;

    public bool Pooled => pooled;

    public int View => view;

    /// <summary>The same prompt at the point that a measure of two points compares with.</summary>
    public PromptRows? Partner { get; set; }

    /// <summary>View 0 of the same sequence at this point; null for view 0 itself.</summary>
    public PromptRows? First { get; set; }

    /// <summary>Squares of float32 do not overflow in float64, so their sums tell.</summary>
    public bool IsFinite => TensorPrimitives.IsFiniteAll<double>(Squares);

    /// <summary>The sequence of a row.</summary>
    public int SequenceOf(int row) => pooled ? sequence + row : sequence;

    /// <summary>The states in float64.</summary>
    public RealMatrix Real => _real ??= RealMatrix.From(rows);

    /// <summary>The sum of the rows.</summary>
    public double[] Sum
    {
        get
        {
            if (_sum is not null) return _sum;
            double[] sum = new double[Columns];
            for (int i = 0; i < Count; i++) WideRows.Add(rows.Row(i), sum);
            return _sum = sum;
        }
    }

    /// <summary>The mean of the rows.</summary>
    public double[] Mean
    {
        get
        {
            if (_mean is not null) return _mean;
            double[] mean = new double[Columns];
            if (Count > 0) TensorPrimitives.Divide(Sum, Count, mean);
            return _mean = mean;
        }
    }

    /// <summary>Squared length of every row.</summary>
    public double[] Squares
    {
        get
        {
            if (_squares is not null) return _squares;
            double[] squares = new double[Count];
            for (int i = 0; i < squares.Length; i++) squares[i] = WideRows.Dot(rows.Row(i), rows.Row(i));
            return _squares = squares;
        }
    }

    /// <summary>Every row brought to length 1; zero rows stay zero.</summary>
    public RealMatrix Unit => _unit ??= UnitRows.Of(Real, Squares);

    /// <summary>Every row less the mean, brought to length 1; a row equal to the mean becomes zero.</summary>
    public RealMatrix CentredUnit => _centredUnit ??= UnitRows.Centred(rows, Mean, Squares, RealMatrix.Uninitialised(Count, Columns));

    /// <summary>The same for work that ends before this thread asks for those of another prompt: in memory that the thread keeps, since a measure of many prompts would otherwise spend its time on getting memory.</summary>
    public RealMatrix CentredUnitOfThread
    {
        get
        {
            if (_centredUnit is not null) return _centredUnit;
            if (_ofThread is not null && _ofThread.TryGetTarget(out PromptRows? latest) && latest == this) return _matrixOfThread!;
            double[] values = _matrixOfThread?.Values is double[] before && before.Length >= Count * Columns ? before : GC.AllocateUninitializedArray<double>(Count * Columns);
            _matrixOfThread = UnitRows.Centred(rows, Mean, Squares, new RealMatrix(values, Count, Columns));
            (_ofThread ??= new WeakReference<PromptRows>(this)).SetTarget(this);
            return _matrixOfThread;
        }
    }

    [ThreadStatic]
    private static RealMatrix? _matrixOfThread;

    [ThreadStatic]
    private static WeakReference<PromptRows>? _ofThread;

    /// <summary>The sum of the unit rows.</summary>
    public double[] UnitSum
    {
        get
        {
            if (_unitSum is not null) return _unitSum;
            double[] sum = new double[Columns];
            for (int i = 0; i < Count; i++)
            {
                if (Squares[i] > 0) WideRows.AddScaled(rows.Row(i), 1 / Math.Sqrt(Squares[i]), sum);
            }

            return _unitSum = sum;
        }
    }

    /// <summary>The mean of the centred unit rows: one vector per prompt, as the two-view measures use it.</summary>
    public double[] CentredUnitMean => _centredUnitMean ??= MeanOf(CentredUnitOfThread);

    private static double[] MeanOf(RealMatrix matrix)
    {
        double[] mean = new double[matrix.Columns];
        for (int i = 0; i < matrix.Rows; i++) TensorPrimitives.Add(mean, matrix.Row(i), mean);
        if (matrix.Rows > 0) TensorPrimitives.Divide(mean, matrix.Rows, mean);
        return mean;
    }
}
