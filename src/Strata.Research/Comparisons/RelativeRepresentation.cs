using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>relative</c>: how alike the rows are when each side writes them as similarities to the same anchor rows.</summary>
public sealed class RelativeRepresentation : Comparison
{
    private static readonly string[] Invariances = ["cosine", "euclidean", "l1", "linf"];

    private readonly int _anchors, _seed;
    private readonly string _similarity, _comparator;

    private RelativeRepresentation(ComparisonName name)
    {
        _anchors = name.Count("anchors", 64, 1);
        _similarity = name.Word("similarity", [.. Invariances, "product"]);
        _comparator = name.Word("compare", "cosine", "mrr", "jaccard");
        _seed = name.Count("seed", 0, 0);
    }

    /// <inheritdoc/>
    public override string FullName => $"relative-anchors={_anchors}-similarity={_similarity}-compare={_comparator}-seed={_seed}";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override bool IsSymmetric => _comparator != "mrr";

    /// <inheritdoc/>
    public override string Summary =>
        $"{_anchors} rows, drawn by seed, are anchors; every other row becomes its {Similarity} to each of them (Moschella et al. 2023; products of invariances: Cannistraci et al. 2024). {Comparator} "
        + "Unchanged by rotation and scale of either side; the rows must be at least 10 more than the anchors.";

    private string Similarity => _similarity switch
    {
        "cosine" => "cosine",
        "euclidean" => "Euclidean distance",
        "l1" => "sum of absolute differences (not unchanged by rotation)",
        "linf" => "largest absolute difference (not unchanged by rotation)",
        _ => "cosine, Euclidean, L1 and L∞ values side by side, each block at length 1",
    };

    private string Comparator => _comparator switch
    {
        "cosine" => "The value is the mean cosine of the two relative vectors of a row, each anchor's column centred first; in [−1, 1].",
        "mrr" => "The value is the mean of 1/rank of a row's own relative vector in the second side among all, by cosine; in (0, 1].",
        _ => "The value is the mean Jaccard index of the 10 nearest rows, by cosine of relative vectors; in [0, 1].",
    };

    internal override int LeastRows => _anchors + 11;

    internal override bool HoldsPairsOfRows => _comparator != "cosine";

    internal static Comparison Create(ComparisonName name) => new RelativeRepresentation(name);

    internal override object Prepare(FloatMatrix rows, ComparisonContext context)
    {
        (int[] anchors, int[] others) = Split(rows.Rows);
        string[] blocks = _similarity == "product" ? Invariances : [_similarity];
        RealMatrix relative = new(others.Length, anchors.Length * blocks.Length);
        for (int b = 0; b < blocks.Length; b++) Fill(relative, b * anchors.Length, rows, anchors, others, blocks[b]);
        return relative;
    }

    internal override double Compare(object a, object b)
    {
        RealMatrix x = (RealMatrix)a, y = (RealMatrix)b;
        if (TensorPrimitives.SumOfSquares<double>(x.Values) == 0 || TensorPrimitives.SumOfSquares<double>(y.Values) == 0) return double.NaN;
        double sum = 0;
        if (_comparator == "cosine")
        {
            for (int i = 0; i < x.Rows; i++) sum += TensorPrimitives.Dot<double>(x.Row(i), y.Row(i));
        }
        else if (_comparator == "mrr")
        {
            RealMatrix similarities = Products.TimesTransposed(x, y);
            for (int i = 0; i < x.Rows; i++) sum += 1.0 / (1 + Larger(similarities.Row(i), similarities[i, i]));
        }
        else
        {
            NeighbourSettings nearest = new(ComparisonName.Parse("relative-k=10"));
            int[][] ofX = nearest.Nearest(Products.RowGram(x)), ofY = nearest.Nearest(Products.RowGram(y));
            for (int i = 0; i < x.Rows; i++)
            {
                double shared = NeighbourSettings.Shared(ofX[i], ofY[i]);
                sum += shared / (2 * nearest.K - shared);
            }
        }

        return sum / x.Rows;
    }

    private static int Larger(ReadOnlySpan<double> values, double than)
    {
        int count = 0;
        foreach (double value in values)
        {
            if (value > than) count++;
        }

        return count;
    }

    private (int[] Anchors, int[] Others) Split(int rows)
    {
        int[] order = Enumerable.Range(0, rows).ToArray();
        new Random(_seed).Shuffle(order);
        return (order[.._anchors], order[_anchors..].Order().ToArray());
    }

    /// <summary>One block of relative vectors: a column per anchor, centred over the rows, then each row at length 1 (over the number of blocks' root).</summary>
    private static void Fill(RealMatrix relative, int first, FloatMatrix rows, int[] anchors, int[] others, string similarity)
    {
        RealMatrix block = new(others.Length, anchors.Length);
        RealMatrix anchorRows = RealMatrix.From(rows.Select(anchors)), otherRows = RealMatrix.From(rows.Select(others));
        ParallelWork.For(others.Length, CancellationToken.None, i =>
        {
            for (int j = 0; j < anchors.Length; j++) block.Row(i)[j] = Value(otherRows.Row(i), anchorRows.Row(j), similarity);
        });
        double[] means = new double[anchors.Length];
        for (int i = 0; i < others.Length; i++) TensorPrimitives.Add(means, block.Row(i), means);
        TensorPrimitives.Divide(means, others.Length, means);
        double weight = 1 / Math.Sqrt(relative.Columns / anchors.Length);
        for (int i = 0; i < others.Length; i++)
        {
            Span<double> row = block.Row(i);
            double before = TensorPrimitives.Norm<double>(row);
            TensorPrimitives.Subtract(row, means, row);
            double length = TensorPrimitives.Norm<double>(row);
            if (length > 1e-7 * before) TensorPrimitives.Multiply(row, weight / length, relative.Row(i).Slice(first, anchors.Length));
        }
    }

    private static double Value(ReadOnlySpan<double> x, ReadOnlySpan<double> anchor, string similarity)
    {
        if (similarity == "euclidean") return TensorPrimitives.Distance(x, anchor);
        if (similarity == "cosine")
        {
            double lengths = TensorPrimitives.Norm(x) * TensorPrimitives.Norm(anchor);
            return lengths > 0 ? TensorPrimitives.Dot(x, anchor) / lengths : 0;
        }

        double sum = 0, most = 0;
        for (int j = 0; j < x.Length; j++)
        {
            double difference = Math.Abs(x[j] - anchor[j]);
            sum += difference;
            most = Math.Max(most, difference);
        }

        return similarity == "l1" ? sum : most;
    }
}
