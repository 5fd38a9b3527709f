using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Distances of every row to its k nearest others. Products in float32, which are fast, tell with a bound of their error which rows can be among the nearest; only the distances of those are taken, in float64 and from
/// differences. So the result is that of float64 throughout.
/// </summary>
internal sealed class NearestRows
{
    /// <summary>Rows whose products with all others are held at a time.</summary>
    private const int Stripe = 256;

    /// <summary>Half the distance from 1 to the next float32.</summary>
    private const double Rounding = 1.0 / (1 << 24);

    private readonly RealMatrix _points;
    private readonly float[] _lengths, _least, _most;
    private readonly float _error;

    private NearestRows(RealMatrix points)
    {
        _points = points;
        _lengths = new float[points.Rows];
        _least = new float[points.Rows];
        _most = new float[points.Rows];
        // A product of rows is a chain of so many roundings, each of at most that share of |x|·|y|; the factors were rounded before, and the sums around it are after. Twice that is beyond doubt.
        _error = (float)(2 * 2 * (points.Columns + 8) * Rounding);
        for (int i = 0; i < points.Rows; i++)
        {
            double squares = TensorPrimitives.SumOfSquares<double>(points.Row(i));
            _lengths[i] = (float)Math.Sqrt(squares);
            _least[i] = (float)(squares * (1 - 8 * Rounding));
            _most[i] = (float)(squares * (1 + 8 * Rounding));
        }
    }

    /// <summary>[rows, neighbours], from the nearest on.</summary>
    /// <param name="points">The rows, less their mean: products of rows far from the origin cancel.</param>
    /// <param name="neighbours">How many; fewer than there are rows.</param>
    /// <param name="cancellation">Stops between stripes of rows.</param>
    public static RealMatrix Distances(RealMatrix points, int neighbours, CancellationToken cancellation)
    {
        RealMatrix result = new(points.Rows, neighbours);
        if (neighbours > 0) new NearestRows(points).Run(result, cancellation);
        return result;
    }

    private void Run(RealMatrix result, CancellationToken cancellation)
    {
        CpuEngine engine = CpuEngine.Default;
        float[] single = new float[_points.Values.Length];
        TensorPrimitives.ConvertSaturating<double, float>(_points.Values, single);
        using TensorScope outer = engine.OpenScope();
        Strata.Tensors.Tensor all = outer.FromHost(single, _points.Rows, _points.Columns);
        LinearWeight others = engine.PrepareLinear(all, WeightOrientation.OutputsByInputs, 0, _points.Rows, null, DType.Float32);
        for (int first = 0; first < _points.Rows; first += Stripe)
        {
            using TensorScope scope = engine.OpenScope();
            int start = first, count = Math.Min(Stripe, _points.Rows - first);
            Strata.Tensors.Tensor products = scope.Linear(scope.Scale(scope.Rows(all, start, count), -2), others);
            ParallelWork.For(count, cancellation, i => Nearest(products.Span.Slice(i * _points.Rows, _points.Rows), start + i, result.Row(start + i)));
        }
    }

    /// <summary>The least distances of a row, sorted, from its products with all rows: −2·x·y.</summary>
    private void Nearest(ReadOnlySpan<float> products, int self, Span<double> nearest)
    {
        // Up to the row's own square, squared distances lie between product + least − slack · |y| and product + most + slack · |y|.
        float slack = _error * _lengths[self];
        int[] candidates = ArrayPool<int>.Shared.Rent(products.Length);
        int count = 0;
        nearest.Fill(double.PositiveInfinity);
        // The bound of the last of the nearest falls while rows go by; what begins above it is none of them.
        for (int j = NextBelow(float.PositiveInfinity, products, -slack, 0); j < products.Length; j = NextBelow(Limit(nearest), products, -slack, j + 1))
        {
            if (j == self) continue;
            candidates[count++] = j;
            Insert(nearest, (double)products[j] + _most[j] + (double)slack * _lengths[j]);
        }

        // Where float32 does not reach, every other row is a candidate.
        float limit = Limit(nearest);
        bool all = !double.IsFinite(nearest[^1]) || !float.IsFinite(limit);
        if (all) count = products.Length;
        nearest.Fill(double.PositiveInfinity);
        for (int i = 0; i < count; i++)
        {
            int j = all ? i : candidates[i];
            if (j != self && (all || products[j] + _least[j] - slack * _lengths[j] < limit)) Insert(nearest, TensorPrimitives.Distance<double>(_points.Row(self), _points.Row(j)));
        }

        ArrayPool<int>.Shared.Return(candidates);
    }

    /// <summary>A float32 above the last of the nearest.</summary>
    private static float Limit(ReadOnlySpan<double> nearest) => MathF.BitIncrement((float)nearest[^1]);

    /// <summary>The first row from <paramref name="from"/> on with product + least square + slack · length below a limit; the number of rows when there is none.</summary>
    private int NextBelow(float limit, ReadOnlySpan<float> products, float slack, int from)
    {
        Vector<float> limits = new(limit), slacks = new(slack);
        // References instead of spans: this loop looks at every pair of rows.
        ref float p = ref MemoryMarshal.GetReference(products), s = ref MemoryMarshal.GetReference(_least.AsSpan(0, products.Length)), l = ref MemoryMarshal.GetReference(_lengths.AsSpan(0, products.Length));
        int j = from;
        for (; j + Vector<float>.Count <= products.Length; j += Vector<float>.Count)
        {
            Vector<float> end = Vector.LoadUnsafe(ref p, (nuint)j) + Vector.LoadUnsafe(ref s, (nuint)j) + slacks * Vector.LoadUnsafe(ref l, (nuint)j);
            if (Vector.LessThanAny(end, limits)) break;
        }

        while (j < products.Length && !(products[j] + _least[j] + slack * _lengths[j] < limit)) j++;
        return j;
    }

    /// <summary>Puts a value in its place in a sorted list, whose last falls out; one that is not below the last changes nothing.</summary>
    private static void Insert(Span<double> sorted, double value)
    {
        int at = sorted.Length - 1;
        if (!(value < sorted[at])) return;
        for (; at > 0 && sorted[at - 1] > value; at--) sorted[at] = sorted[at - 1];
        sorted[at] = value;
    }
}
