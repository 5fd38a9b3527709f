using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Removes what tells labels from activations: x ↦ x − Σ uₖ (vₖ·(x − μ)), which keeps the mean μ of the rows it was fitted on. Applied to rows it is a probe of what else there is, at a hook point an
/// intervention.
/// </summary>
public sealed class Eraser
{
    private readonly RealMatrix _removed;
    private readonly RealMatrix _read;
    private readonly double[] _mean;

    private Eraser(string method, RealMatrix removed, RealMatrix read, double[] mean)
    {
        Method = method;
        _removed = removed;
        _read = read;
        _mean = mean;
    }

    /// <summary>The methods that erase labels.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["mean-difference", "inlp", "leace"];

    /// <summary><c>mean-difference</c>, <c>inlp</c>, <c>leace</c> or <c>random</c>.</summary>
    public string Method { get; }

    /// <summary>Dimensions that are removed.</summary>
    public int Rank => _removed.Rows;

    /// <summary>Width of the activations.</summary>
    public int Width => _removed.Columns;

    /// <summary>Fits a method by name.</summary>
    /// <exception cref="StrataException">There is no such method, or the labels do not fit.</exception>
    public static Eraser Fit(string method, FloatMatrix rows, LabelSet labels, ProbeOptions? options = null) => method switch
    {
        "mean-difference" => MeanDifference(rows, labels),
        "inlp" => Inlp(rows, labels, options),
        "leace" => Leace(rows, labels),
        _ => throw new StrataException($"There is no erasure \"{method}\". {NearestNames.Suggest(method, Methods)}"),
    };

    /// <summary>Projects the span of the class means (less their mean) out.</summary>
    /// <param name="rows">[rows, width].</param>
    /// <param name="labels">Labels, aligned with the rows.</param>
    /// <exception cref="StrataException">The labels do not fit, or only one class has rows.</exception>
    public static Eraser MeanDifference(FloatMatrix rows, LabelSet labels)
    {
        (FloatMatrix known, double[] mean, RealMatrix cross) = CrossCovariance(rows, labels);
        RealMatrix basis = OrthonormalRows(cross, known.Rows);
        return new Eraser("mean-difference", basis, basis, mean);
    }

    /// <summary>
    /// Iterative null-space projection (Ravfogel et al. 2020): again and again a linear reader is trained and what it reads along is projected out, until it reads held-out rows no better than the majority does.
    /// The readers are ridge probes.
    /// </summary>
    /// <param name="rows">[rows, width].</param>
    /// <param name="labels">Labels, aligned with the rows.</param>
    /// <param name="options">Splits, grid and seed of the readers; null for the defaults.</param>
    /// <param name="iterations">At most so many readers.</param>
    /// <exception cref="StrataException">The labels do not fit, or there are too few groups.</exception>
    public static Eraser Inlp(FloatMatrix rows, LabelSet labels, ProbeOptions? options = null, int iterations = 35)
    {
        options = (options ?? new ProbeOptions()) with { Control = false };
        (_, double[] mean, _) = CrossCovariance(rows, labels);
        List<double[]> basis = [];
        FloatMatrix left = rows;
        for (int i = 0; i < iterations && basis.Count < rows.Columns; i++)
        {
            ProbeResult reader = new RidgeProbe().Fit(left, labels, options);
            if (i > 0 && reader.TestAccuracy <= reader.MajorityAccuracy + 0.01) break;
            int before = basis.Count;
            for (int c = 0; c < reader.Readout.Classes; c++) Extend(basis, reader.Linear!.Direction(c));
            if (basis.Count == before) break;
            RealMatrix so = Stacked(basis, rows.Columns);
            left = new Eraser("inlp", so, so, mean).Apply(rows);
        }

        RealMatrix all = Stacked(basis, rows.Columns);
        return new Eraser("inlp", all, all, mean);
    }

    /// <summary>
    /// Least-squares concept erasure (Belrose et al. 2023): the smallest change in mean square after which no linear reader does better than a constant one.
    /// x − W⁺·P·W·(x − μ), W = Σ_xx^(−1/2), P the orthogonal projection on the columns of W·Σ_xz, z the classes as indicators.
    /// </summary>
    /// <param name="rows">[rows, width].</param>
    /// <param name="labels">Labels, aligned with the rows.</param>
    /// <exception cref="StrataException">The labels do not fit, or only one class has rows.</exception>
    public static Eraser Leace(FloatMatrix rows, LabelSet labels)
    {
        (FloatMatrix known, double[] mean, RealMatrix cross) = CrossCovariance(rows, labels);
        RealMatrix covariance = Products.ColumnProduct(known, mean, known, mean);
        TensorPrimitives.Divide(covariance.Values, known.Rows, covariance.Values);
        int width = known.Columns;
        Evd<double> evd = new DenseMatrix(width, width, covariance.Values).Evd(Symmetricity.Symmetric);
        double[] values = evd.EigenValues.Select(v => v.Real).ToArray();
        double least = values[^1] * SampleBasis.Resolution * SampleBasis.Resolution;
        RealMatrix Power(double exponent)
        {
            RealMatrix scaled = new(width, width);
            for (int i = 0; i < width; i++)
            {
                double factor = values[i] > least ? Math.Pow(values[i], exponent) : 0;
                for (int j = 0; j < width; j++) scaled.Values[j * width + i] = evd.EigenVectors[j, i] * factor;
            }

            return Products.TimesTransposed(scaled, Vectors(evd, width));
        }

        RealMatrix whitening = Power(-0.5), unwhitening = Power(0.5);
        RealMatrix basis = OrthonormalRows(Products.TimesTransposed(cross, whitening), known.Rows);
        return new Eraser("leace", Products.TimesTransposed(basis, unwhitening), Products.TimesTransposed(basis, whitening), mean);
    }

    /// <summary>The control: a random subspace of a given number of dimensions is projected out.</summary>
    /// <param name="rows">[rows, width]: gives the mean that is kept.</param>
    /// <param name="rank">Dimensions.</param>
    /// <param name="seed">Seed of the subspace.</param>
    public static Eraser Random(FloatMatrix rows, int rank, int seed)
    {
        Random random = new(seed);
        List<double[]> basis = [];
        while (basis.Count < Math.Min(rank, rows.Columns))
        {
            double[] direction = Enumerable.Range(0, rows.Columns).Select(_ => MathNet.Numerics.Distributions.Normal.Sample(random, 0, 1)).ToArray();
            Extend(basis, direction);
        }

        RealMatrix all = Stacked(basis, rows.Columns);
        return new Eraser("random", all, all, RealMatrix.ColumnMeans(rows));
    }

    /// <summary>The rows without what was erased.</summary>
    /// <exception cref="StrataException">The rows have another width.</exception>
    public FloatMatrix Apply(FloatMatrix rows)
    {
        if (rows.Columns != Width) throw new StrataException($"The eraser was fitted on rows of width {Width}; these are {rows.Columns} wide.");
        float[] values = new float[rows.Values.Length];
        double[] row = new double[Width], centred = new double[Width];
        for (int i = 0; i < rows.Rows; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(rows.Row(i), row);
            TensorPrimitives.Subtract(row, _mean, centred);
            for (int k = 0; k < Rank; k++) TensorPrimitives.MultiplyAdd(_removed.Row(k), -TensorPrimitives.Dot<double>(_read.Row(k), centred), row, row);
            TensorPrimitives.ConvertSaturating<double, float>(row, values.AsSpan(i * Width, Width));
        }

        return new FloatMatrix(values, rows.Rows, Width);
    }

    /// <summary>The same during the forward pass.</summary>
    /// <param name="point">The hook point whose activations the eraser was fitted on.</param>
    /// <exception cref="StrataException">Nothing is erased.</exception>
    public Intervention At(string point) => Intervention.Erase(point, ToFloat(_removed), ToFloat(_read), Array.ConvertAll(_mean, v => (float)v));

    private static FloatMatrix ToFloat(RealMatrix matrix) => new(Array.ConvertAll(matrix.Values, v => (float)v), matrix.Rows, matrix.Columns);

    /// <summary>Labelled rows, their mean, and per class P(class)·(mean of the class − mean): the covariance with the indicator, [classes, width].</summary>
    private static (FloatMatrix Known, double[] Mean, RealMatrix Cross) CrossCovariance(FloatMatrix rows, LabelSet labels)
    {
        labels.Check(rows.Rows, "the matrix of activations");
        if (!TensorPrimitives.IsFiniteAll<float>(rows.Values)) throw new StrataException("The activations hold NaN or infinity; nothing can be erased from them.");
        int[] known = Enumerable.Range(0, rows.Rows).Where(i => labels.Labels[i] >= 0).ToArray();
        if (known.Select(i => labels.Labels[i]).Distinct().Count() < 2) throw new StrataException($"\"{labels.Name}\" has fewer than two classes in these rows; there is nothing to erase.");
        FloatMatrix chosen = rows.Select(known);
        double[] mean = RealMatrix.ColumnMeans(chosen), row = new double[rows.Columns];
        RealMatrix cross = new(labels.ClassNames.Length, rows.Columns);
        for (int i = 0; i < known.Length; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(chosen.Row(i), row);
            TensorPrimitives.Subtract(row, mean, row);
            Span<double> sum = cross.Row(labels.Labels[known[i]]);
            TensorPrimitives.MultiplyAdd(row, 1.0 / known.Length, sum, sum);
        }

        return (chosen, mean, cross);
    }

    /// <summary>An orthonormal basis of the row space; the rows sum to zero, so one dimension is rounding alone.</summary>
    private static RealMatrix OrthonormalRows(RealMatrix rows, int samples)
    {
        double largest = Enumerable.Range(0, rows.Rows).Max(i => TensorPrimitives.Norm<double>(rows.Row(i)));
        if (largest == 0) throw new StrataException($"The class means of {samples} rows are equal; there is nothing to erase.");
        Svd<double> svd = rows.ToMathNet().Svd();
        int rank = svd.S.Count(s => s > 1e-7 * svd.S[0]);
        RealMatrix basis = new(rank, rows.Columns);
        for (int i = 0; i < rank; i++) svd.VT.Row(i).AsArray().CopyTo(basis.Row(i));
        return basis;
    }

    /// <summary>Adds what a direction has beyond the basis, twice made orthogonal; nothing where that is rounding alone.</summary>
    private static void Extend(List<double[]> basis, ReadOnlySpan<double> direction)
    {
        double[] rest = direction.ToArray();
        double length = TensorPrimitives.Norm<double>(rest);
        for (int pass = 0; pass < 2; pass++)
        {
            foreach (double[] known in basis) TensorPrimitives.MultiplyAdd(known, -TensorPrimitives.Dot<double>(known, rest), rest, rest);
        }

        double left = TensorPrimitives.Norm<double>(rest);
        if (!(left > 1e-6 * length)) return;
        TensorPrimitives.Divide(rest, left, rest);
        basis.Add(rest);
    }

    private static RealMatrix Stacked(List<double[]> rows, int width) => new([.. rows.SelectMany(r => r)], rows.Count, width);

    private static RealMatrix Vectors(Evd<double> evd, int width)
    {
        RealMatrix vectors = new(width, width);
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++) vectors.Values[j * width + i] = evd.EigenVectors[j, i];
        }

        return vectors;
    }
}
