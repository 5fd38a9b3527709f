using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// L2-regularised softmax regression on a few rows of wide embeddings, as they are: minimises C·Σ loss + ‖W‖²/2, the constants free (scikit-learn's <c>LogisticRegression</c>).
/// The weights lie in the span of the training rows, so that the search goes over as many coordinates as there are rows, not over the width.
/// </summary>
internal static class UndersampledSoftmax
{
    /// <summary>Directions with less than this share of the rows' squared length are rounding.</summary>
    private const double Tolerance = 1e-13;

    /// <summary>Weights [classes, width + 1], the constant last.</summary>
    /// <param name="rows">Training rows.</param>
    /// <param name="labels">Their classes.</param>
    /// <param name="classes">Number of classes; one that no row has is never predicted.</param>
    /// <param name="c">Inverse strength of the regularisation.</param>
    public static RealMatrix Fit(FloatMatrix rows, int[] labels, int classes, double c)
    {
        double[] means = RealMatrix.ColumnMeans(rows);
        RealMatrix centred = RealMatrix.Centred(rows);
        (RealMatrix coordinates, int[]? pivots) = rows.Rows <= rows.Columns ? Factor(Products.RowGram(centred)) : (centred, null);

        // One scale for all coordinates changes the units of the penalty alone, and brings the search's tolerance to the data's size.
        double scale = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(coordinates.Values) / rows.Rows);
        if (!(scale > 0)) scale = 1;
        TensorPrimitives.Divide(coordinates.Values, scale, coordinates.Values);

        // scikit-learn gives two classes one score; two scores with a penalty on both are that at half the C.
        double strength = labels.Distinct().Count() == 2 ? c / 2 : c;
        RealMatrix found = LogisticProbe.Path(coordinates, labels, classes, [strength * scale * scale]).First();
        return InEmbedding(found, coordinates, pivots, centred, means, scale);
    }

    /// <summary>Z with Z·Zᵀ = G by Cholesky with pivots (Higham 1990), [rows, rank], and the rows chosen as pivots, on which Z is triangular.</summary>
    private static (RealMatrix Factor, int[] Pivots) Factor(RealMatrix gram)
    {
        int n = gram.Rows;
        double[] rest = new double[n];
        for (int i = 0; i < n; i++) rest[i] = gram[i, i];
        double least = Tolerance * TensorPrimitives.Sum<double>(rest);
        RealMatrix factor = new(n, n);
        List<int> pivots = [];
        while (pivots.Count < n)
        {
            int pivot = TensorPrimitives.IndexOfMax<double>(rest), k = pivots.Count;
            if (!(rest[pivot] > least)) break;
            double root = Math.Sqrt(rest[pivot]);
            Span<double> own = factor.Row(pivot);
            for (int i = 0; i < n; i++)
            {
                if (rest[i] < 0 || i == pivot) continue;
                Span<double> row = factor.Row(i);
                row[k] = (gram[i, pivot] - TensorPrimitives.Dot<double>(row[..k], own[..k])) / root;
                rest[i] = Math.Max(0, rest[i] - row[k] * row[k]);
            }

            own[k] = root;
            rest[pivot] = -1;
            pivots.Add(pivot);
        }

        RealMatrix narrow = new(n, pivots.Count);
        for (int i = 0; i < n; i++) factor.Row(i)[..pivots.Count].CopyTo(narrow.Row(i));
        return (narrow, pivots.ToArray());
    }

    /// <summary>The weights in the coordinates of the embedding: Z's own are those of w = Σ α·x over the pivots with Lᵀα = v, where L is Z on the pivots.</summary>
    private static RealMatrix InEmbedding(RealMatrix found, RealMatrix coordinates, int[]? pivots, RealMatrix centred, double[] means, double scale)
    {
        int width = centred.Columns, rank = coordinates.Columns;
        RealMatrix weights = new(found.Rows, width + 1);
        for (int k = 0; k < found.Rows; k++)
        {
            Span<double> v = found.Row(k)[..rank], w = weights.Row(k)[..width];
            if (pivots is null) v.CopyTo(w);
            for (int i = rank - 1; pivots is not null && i >= 0; i--)
            {
                // The coordinates were divided by the scale, and so is L.
                for (int j = i + 1; j < rank; j++) v[i] -= coordinates[pivots[j], i] * v[j];
                v[i] /= coordinates[pivots[i], i];
                TensorPrimitives.MultiplyAdd(centred.Row(pivots[i]), v[i] / scale, w, w);
            }

            TensorPrimitives.Divide(w, scale, w);
            weights.Row(k)[width] = found[k, rank] - TensorPrimitives.Dot<double>(w, means);
        }

        return weights;
    }
}
