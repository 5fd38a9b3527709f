using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How rows are prepared before their nearest neighbours are looked for, and by what: written <c>k=10-metric=cosine-clamp=none</c> in names.</summary>
internal sealed class NeighbourSettings
{
    private readonly string _metric;
    private readonly double? _clamp;

    public NeighbourSettings(ComparisonName name)
    {
        K = name.Count("k", 10, 1);
        _metric = name.Word("metric", "cosine", "inner", "euclidean");
        _clamp = name.Value("clamp") is null or "none" ? null : name.Number("clamp", 1, 0.5, 1);
    }

    public int K { get; }

    public string Text => $"k={K}-metric={_metric}{(_clamp is double q ? $"-clamp={ComparisonName.Text(q)}" : "")}";

    public string Description => _metric switch
    {
        "cosine" => "largest cosine",
        "inner" => "largest inner product",
        _ => "smallest Euclidean distance",
    } + (_clamp is double q ? $", features clamped to ± the mean over rows of each row's {q:P0} quantile of |x|" : "");

    /// <summary>Similarities (larger is nearer) of all pairs of rows, with the diagonal as it comes.</summary>
    public RealMatrix Similarities(FloatMatrix rows)
    {
        if (_clamp is double quantile) rows = Clamped(rows, quantile);
        if (_metric == "euclidean")
        {
            RealMatrix squared = Distances.Squared(rows);
            TensorPrimitives.Negate<double>(squared.Values, squared.Values);
            return squared;
        }

        RealMatrix values = RealMatrix.From(rows);
        if (_metric == "cosine")
        {
            for (int i = 0; i < values.Rows; i++)
            {
                double length = TensorPrimitives.Norm<double>(values.Row(i));
                if (length > 0) TensorPrimitives.Divide(values.Row(i), length, values.Row(i));
            }
        }

        return Products.RowGram(values);
    }

    /// <summary>The k most similar other rows of every row, in ascending order of index; ties go to the lower index.</summary>
    public int[][] Nearest(RealMatrix similarities)
    {
        int n = similarities.Rows;
        if (K > n - 1) throw new StrataException($"k={K} neighbours were asked for, and a row has {n - 1} others; capture more rows or give a smaller k.");
        int[][] nearest = new int[n][];
        ParallelWork.For(n, CancellationToken.None, i =>
        {
            double[] keys = new double[n];
            TensorPrimitives.Negate<double>(similarities.Row(i), keys);
            keys[i] = double.PositiveInfinity;
            int[] order = Enumerable.Range(0, n).ToArray();
            Array.Sort(keys, order);
            int end = K;
            while (end < n && keys[end] == keys[K - 1]) end++;
            int start = K - 1;
            while (start > 0 && keys[start - 1] == keys[K - 1]) start--;

            // Array.Sort leaves equal keys in any order.
            if (end - start > 1) Array.Sort(order, start, end - start);
            nearest[i] = order[..K];
            Array.Sort(nearest[i]);
        });
        return nearest;
    }

    /// <summary>All rows are equal, so that none is nearer than another.</summary>
    public static bool AreEqual(FloatMatrix rows)
    {
        for (int i = 1; i < rows.Rows; i++)
        {
            if (!rows.Row(i).SequenceEqual(rows.Row(0))) return false;
        }

        return true;
    }

    /// <summary>How many numbers two ascending lists share.</summary>
    public static int Shared(int[] a, int[] b)
    {
        int shared = 0;
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            if (a[i] == b[j]) shared++;
            if (a[i] <= b[j]) i++;
            else j++;
        }

        return shared;
    }

    private static FloatMatrix Clamped(FloatMatrix rows, double quantile)
    {
        double mean = 0;
        float[] sorted = new float[rows.Columns];
        for (int i = 0; i < rows.Rows; i++)
        {
            TensorPrimitives.Abs(rows.Row(i), sorted);
            Array.Sort(sorted);
            double place = quantile * (sorted.Length - 1);
            int below = (int)place;
            mean += (sorted[below] + (place - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below])) / rows.Rows;
        }

        float bound = (float)mean;
        return new FloatMatrix(Array.ConvertAll(rows.Values, v => Math.Clamp(v, -bound, bound)), rows.Rows, rows.Columns);
    }
}

/// <summary><c>mutual-knn</c>: the share of nearest neighbours that both sides agree on.</summary>
public sealed class MutualNeighbours : Comparison
{
    private readonly NeighbourSettings _settings;

    private MutualNeighbours(NeighbourSettings settings) => _settings = settings;

    /// <inheritdoc/>
    public override string FullName => $"mutual-knn-{_settings.Text}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override string Summary =>
        $"mean over rows of |N_X(i) ∩ N_Y(i)| / k, N the {_settings.K} other rows of {_settings.Description}; in [0, 1]; unrelated sides score k/(n − 1), so state n with it. Huh et al. 2024.";

    internal override int LeastRows => _settings.K + 1;

    internal override bool HoldsPairsOfRows => true;

    internal static Comparison Create(ComparisonName name) => new MutualNeighbours(new NeighbourSettings(name));

    internal override object Prepare(FloatMatrix rows, ComparisonContext context) => NeighbourSettings.AreEqual(rows) ? [] : _settings.Nearest(_settings.Similarities(rows));

    internal override double Compare(object a, object b)
    {
        int[][] x = (int[][])a, y = (int[][])b;
        if (x.Length == 0 || y.Length == 0) return double.NaN;
        double shared = 0;
        for (int i = 0; i < x.Length; i++) shared += NeighbourSettings.Shared(x[i], y[i]);
        return shared / (x.Length * (double)_settings.K);
    }

    internal override string? Caution(int rows, int width, int width2) => $"Unrelated sides share k/(n − 1) = {_settings.K}/{rows - 1} = {(double)_settings.K / (rows - 1):0.####} of their neighbours.";
}

/// <summary><c>cknna</c>: kernel alignment restricted to pairs of mutual nearest neighbours.</summary>
public sealed class Cknna : Comparison
{
    private readonly NeighbourSettings _settings;
    private readonly double _guard;

    private Cknna(ComparisonName name)
    {
        _settings = new NeighbourSettings(name);
        _guard = name.Number("guard", 0, 0, 1);
    }

    /// <inheritdoc/>
    public override string FullName => $"cknna-{_settings.Text}{(_guard > 0 ? $"-guard={ComparisonName.Text(_guard)}" : "")}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override string Summary =>
        $"HSIC₁(M∘K, M∘L) / √(HSIC₁(M_X∘K, M_X∘K)·HSIC₁(M_Y∘L, M_Y∘L)), HSIC₁ the unbiased estimate, K and L similarities of rows, M_X = 1 where j is among the {_settings.K} other rows of {_settings.Description} of i, M = M_X∘M_Y. "
        + "M is not symmetric, so the first term counts pairs that are neighbours in both directions. Huh et al. 2024, whose code adds 1e-6 below the fraction: guard=1e-6.";

    internal override int LeastRows => Math.Max(4, _settings.K + 1);

    internal override bool HoldsPairsOfRows => true;

    internal static Comparison Create(ComparisonName name) => new Cknna(name);

    internal override object Prepare(FloatMatrix rows, ComparisonContext context)
    {
        RealMatrix similarities = _settings.Similarities(rows);
        int[][] nearest = _settings.Nearest(similarities);
        return new Side(similarities, nearest, NeighbourSettings.AreEqual(rows) ? 0 : SparseHsic(rows.Rows, nearest, similarities, nearest, similarities));
    }

    internal override double Compare(object a, object b)
    {
        Side x = (Side)a, y = (Side)b;
        int[][] both = x.Nearest.Zip(y.Nearest, (p, q) => p.Intersect(q).ToArray()).ToArray();
        double below = x.Self * y.Self;
        return below > 0 ? SparseHsic(both.Length, both, x.Similarities, both, y.Similarities) / (Math.Sqrt(below) + _guard) : double.NaN;
    }

    /// <summary>Song's estimate of two matrices that are zero except at listed columns of each row: tr(K̃L̃) + ΣK·ΣL/((n−1)(n−2)) − 2/(n−2)·1ᵀK̃L̃1, over n(n − 3).</summary>
    private static double SparseHsic(int n, int[][] columns, RealMatrix k, int[][] columns2, RealMatrix l)
    {
        double trace = 0, sumK = 0, sumL = 0, crossed = 0;
        double[] columnSums = new double[n], rowSums = new double[n];
        HashSet<int>[] sets = columns2.Select(c => c.ToHashSet()).ToArray();
        for (int i = 0; i < n; i++)
        {
            foreach (int j in columns[i])
            {
                double value = k[i, j];
                sumK += value;
                columnSums[j] += value;

                // tr(KL) = Σ K_ij L_ji: only pairs that are listed both ways.
                if (sets[j].Contains(i)) trace += value * l[j, i];
            }

            foreach (int j in columns2[i]) rowSums[i] += l[i, j];
            sumL += rowSums[i];
        }

        for (int i = 0; i < n; i++) crossed += columnSums[i] * rowSums[i];
        return (trace + sumK * sumL / ((n - 1.0) * (n - 2)) - 2 * crossed / (n - 2)) / (n * (n - 3.0));
    }

    private sealed record Side(RealMatrix Similarities, int[][] Nearest, double Self);
}
