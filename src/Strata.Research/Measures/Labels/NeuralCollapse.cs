using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using Strata.Models;

namespace Strata.Research;

/// <summary><c>cdnv</c>: how wide classes are against their distance.</summary>
public sealed class ClassDistanceNormalisedVariance : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "cdnv";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How wide classes are against the distance of their means: 0 at collapse.",
        Formula = "Mean over pairs of classes of (V_i + V_j) / (2 ‖μ_i − μ_j‖²), V = mean ‖h − μ‖² within the class.",
        Samples = Rows,
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "Pairs with nearly equal means dominate the average.",
        Source = "Galanti et al. 2022.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        RealMatrix means = classes.Means();
        double[] variances = classes.Variances();
        double sum = 0;
        for (int i = 0; i < means.Rows; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double distance = TensorPrimitives.Distance<double>(means.Row(i), means.Row(j));
                sum += (variances[i] + variances[j]) / (2 * distance * distance);
            }
        }

        undefined = double.IsFinite(sum) ? null : "two classes have the same mean";
        return sum / (means.Rows * (means.Rows - 1) / 2.0);
    }
}

/// <summary><c>nc1</c>: variability within classes against that between them.</summary>
public sealed class WithinClassVariability : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "nc1";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Variability within classes measured in the directions between classes: 0 at collapse.",
        Formula = "tr(Σ_W Σ_B⁺) / C, Σ_W = (1/N) ΣΣ (h − μ_c)(h − μ_c)ᵀ, Σ_B = (1/C) Σ (μ_c − μ_G)(μ_c − μ_G)ᵀ, μ_G the mean of the class means; the pseudo-inverse keeps the C − 1 largest directions.",
        Samples = Rows,
        References = [new("papyan", "Not divided by C, as the published notebook.")],
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "With unequal classes Σ_W follows the large ones and Σ_B counts all alike. Class means that are nearly linearly dependent make it huge.",
        Source = "Papyan, Han and Donoho 2020; Dang et al. 2023 for unequal classes.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        RealMatrix means = classes.Means(), centred = ClassGeometry.Centred(means);
        RealMatrix within = ClassGeometry.WithinScatter(classes, means);
        // Σ_B = MᵀM / C with M [C, D]: directions from the small side, M·Mᵀ = U S² Uᵀ, v = Mᵀu / s.
        Matrix<double> small = Products.RowGram(centred).ToMathNet();
        MathNet.Numerics.LinearAlgebra.Factorization.Evd<double> evd = small.Evd(Symmetricity.Symmetric);
        (double Value, int Index)[] largest = evd.EigenValues.Select((v, i) => (v.Real, i)).OrderByDescending(v => v.Real).Take(means.Rows - 1).ToArray();
        double sum = 0;
        foreach ((double squared, int k) in largest.Where(v => v.Value > largest[0].Value * 1e-12))
        {
            double[] direction = ClassGeometry.Combination(centred, evd.EigenVectors.Column(k).AsArray() ?? evd.EigenVectors.Column(k).ToArray());
            double quadratic = ClassGeometry.Quadratic(within, direction) / classes.All.Count;
            sum += quadratic / squared / (squared / means.Rows);
        }

        undefined = largest[0].Value > 0 ? null : "all class means are equal";
        return context.Reference is null ? sum / means.Rows : sum;
    }
}

/// <summary><c>nc2-norm</c>: how unequal the lengths of the class means are.</summary>
public sealed class ClassMeanNorms : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "nc2-norm";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How unequal the lengths of the class means are: 0 at collapse with equal classes.",
        Formula = "std / mean of ‖μ_c − μ_G‖ over classes (divisor C − 1), μ_G the mean of the class means.",
        Samples = Rows,
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "With unequal classes the lengths follow the class sizes even at collapse.",
        Source = "Papyan, Han and Donoho 2020.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        RealMatrix centred = ClassGeometry.Centred(classes.Means());
        double[] lengths = Enumerable.Range(0, centred.Rows).Select(c => TensorPrimitives.Norm<double>(centred.Row(c))).ToArray();
        double mean = lengths.Average();
        undefined = mean > 0 ? null : "all class means are equal";
        return Math.Sqrt(lengths.Sum(l => (l - mean) * (l - mean)) / (lengths.Length - 1)) / mean;
    }
}

/// <summary><c>nc2-angle</c>: how far the angles of the class means are from those of a simplex.</summary>
public sealed class ClassMeanAngles : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "nc2-angle";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How far the angles between the class means are from those of a simplex: 0 at collapse.",
        Formula = "Σ_{i≠j} |cos(μ_i − μ_G, μ_j − μ_G) + 1/(C − 1)| / (C(C − 1)), μ_G the mean of the class means.",
        Samples = Rows,
        References = [new("orthogonal", "Deviation from an orthogonal frame: |cos(μ_i, μ_j)|, the means not centred; the target of networks without biases (Dang et al. 2023).")],
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "Two classes are always at 180°: the value is 0 whatever they do.",
        Source = "Papyan, Han and Donoho 2020.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        RealMatrix means = context.Reference is null ? ClassGeometry.Centred(classes.Means()) : classes.Means();
        double target = context.Reference is null ? 1.0 / (means.Rows - 1) : 0, sum = 0;
        for (int i = 0; i < means.Rows; i++)
        {
            for (int j = 0; j < means.Rows; j++)
            {
                if (i != j) sum += Math.Abs(TensorPrimitives.CosineSimilarity<double>(means.Row(i), means.Row(j)) + target);
            }
        }

        undefined = double.IsNaN(sum) ? "a class mean equals the mean of all" : null;
        return sum / ((double)means.Rows * (means.Rows - 1));
    }
}

/// <summary><c>nc3</c>: how far the classifier is from the class means.</summary>
public sealed class SelfDuality : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "nc3";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How far the classifier's weights are from the class means: 0 at collapse.",
        Formula = "‖W/‖W‖_F − M/‖M‖_F‖_F², rows of M the class means less their mean, rows of W the classifier's weights of the same classes (Classifier of the inputs).",
        Samples = Rows,
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "Means the states that the classifier reads: at other layers it compares different spaces.",
        Source = "Papyan, Han and Donoho 2020.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        if (context.Inputs.Classifier is not { } weights) throw new StrataException($"\"{Name}\" needs the weights of the classifier (Classifier) in its inputs; none were given.");
        int[] labels = classes.Labels;
        if (weights.Columns != context.Columns || labels[^1] >= weights.Rows)
            throw new StrataException($"\"{Name}\": the classifier is {weights.Rows} x {weights.Columns}; expected a row for each of the labels up to {labels[^1]}, of width {context.Columns}.");
        RealMatrix means = ClassGeometry.Centred(classes.Means()), w = RealMatrix.From(weights.Select(labels));
        double a = TensorPrimitives.Norm<double>(w.Values), b = TensorPrimitives.Norm<double>(means.Values), sum = 0;
        for (int i = 0; i < w.Values.Length; i++) sum += Math.Pow(w.Values[i] / a - means.Values[i] / b, 2);
        undefined = a > 0 && b > 0 ? null : "the weights or the class means are zero";
        return sum;
    }
}

/// <summary><c>nc4</c>: how often the nearest class mean disagrees with the network.</summary>
public sealed class NearestCentreDisagreement : LabelledSampleMeasure
{
    /// <inheritdoc/>
    public override string Name => "nc4";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How often the nearest class mean is not what the network itself predicts: 0 at collapse.",
        Formula = "1 − share of rows with argmin_c ‖h − μ_c‖ equal to the network's prediction (Predictions of the inputs), class means over the same rows.",
        Samples = Rows,
        Parameters = ["Row", "MaxRows"],
        Cost = "O(M·C·D), M·D numbers kept for M = min(N, MaxRows).",
        Traps = "The means are those of the rows that are judged: with few rows per class it is too good.",
        Source = "Papyan, Han and Donoho 2020.",
    };

    private protected override double OfRows(RealMatrix rows, int[] labels, int[] sequences, MeasureContext context, out string? undefined)
    {
        undefined = null;
        if (context.Inputs.Predictions is not { } predictions) throw new StrataException($"\"{Name}\" needs the network's own predictions (Predictions) in its inputs; none were given.");
        if (predictions.Count <= sequences.Max()) throw new StrataException($"\"{Name}\" was given {predictions.Count} predictions; expected one per sequence.");
        int[] distinct = labels.Distinct().Order().ToArray();
        (RealMatrix means, _, _) = Classes(rows, labels);
        int agree = Enumerable.Range(0, rows.Rows).Count(i => distinct[ClassGeometry.Nearest(means, rows.Row(i))] == predictions[sequences[i]]);
        return 1 - agree / (double)rows.Rows;
    }
}

/// <summary><c>nearest-centre</c>: accuracy of the nearest class mean on rows that it has not seen.</summary>
public sealed class NearestCentre : LabelledSampleMeasure
{
    /// <inheritdoc/>
    public override string Name => "nearest-centre";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Accuracy of the nearest class mean on rows that it has not seen.",
        Formula = "Means of the classes over sequences of even number; share of the rows of odd sequences whose nearest mean is that of their class.",
        Samples = "Labelled rows of odd sequences; rows beyond MaxRows are left out.",
        Parameters = ["Row", "MaxRows"],
        Cost = "O(M·C·D), M·D numbers kept for M = min(N, MaxRows).",
        Traps = "Chance is one by the number of classes, or the share of the largest class.",
        Source = "Galanti et al. 2022.",
    };

    private protected override double OfRows(RealMatrix rows, int[] labels, int[] sequences, MeasureContext context, out string? undefined)
    {
        int[] train = Enumerable.Range(0, rows.Rows).Where(i => sequences[i] % 2 == 0).ToArray(), test = Enumerable.Range(0, rows.Rows).Where(i => sequences[i] % 2 == 1).ToArray();
        undefined = train.Length == 0 || test.Length == 0 ? "no rows of even, or none of odd sequences" : null;
        if (undefined is not null) return double.NaN;
        RealMatrix seen = new(train.SelectMany(i => rows.Row(i).ToArray()).ToArray(), train.Length, rows.Columns);
        int[] seenLabels = train.Select(i => labels[i]).ToArray(), distinct = seenLabels.Distinct().Order().ToArray();
        (RealMatrix means, _, _) = Classes(seen, seenLabels);
        return test.Count(i => distinct[ClassGeometry.Nearest(means, rows.Row(i))] == labels[i]) / (double)test.Length;
    }
}

/// <summary>What the measures of class means share.</summary>
internal static class ClassGeometry
{
    /// <summary>Class means less the mean of the class means.</summary>
    public static RealMatrix Centred(RealMatrix means)
    {
        double[] middle = new double[means.Columns];
        for (int c = 0; c < means.Rows; c++) TensorPrimitives.Add(middle, means.Row(c), middle);
        TensorPrimitives.Divide(middle, means.Rows, middle);
        RealMatrix result = new(means.Rows, means.Columns);
        for (int c = 0; c < means.Rows; c++) TensorPrimitives.Subtract(means.Row(c), middle, result.Row(c));
        return result;
    }

    /// <summary>ΣΣ (h − μ_c)(h − μ_c)ᵀ = H̃ᵀH̃ − Σ n_c (μ_c − μ)(μ_c − μ)ᵀ: [D, D].</summary>
    public static RealMatrix WithinScatter(ClassSums classes, RealMatrix means)
    {
        RealMatrix scatter = classes.All.Gram(centred: true);
        double[] middle = classes.All.Mean(), offset = new double[means.Columns];
        long[] counts = classes.Counts;
        for (int c = 0; c < means.Rows; c++)
        {
            TensorPrimitives.Subtract(means.Row(c), middle, offset);
            for (int i = 0; i < scatter.Rows; i++) TensorPrimitives.MultiplyAdd(offset, -counts[c] * offset[i], scatter.Row(i), scatter.Row(i));
        }

        return scatter;
    }

    /// <summary>Σ_c weight_c · row_c.</summary>
    public static double[] Combination(RealMatrix rows, double[] weights)
    {
        double[] sum = new double[rows.Columns];
        for (int c = 0; c < rows.Rows; c++) TensorPrimitives.MultiplyAdd(rows.Row(c), weights[c], sum, sum);
        return sum;
    }

    /// <summary>vᵀAv.</summary>
    public static double Quadratic(RealMatrix a, double[] v)
    {
        double sum = 0;
        for (int i = 0; i < a.Rows; i++) sum += v[i] * TensorPrimitives.Dot<double>(a.Row(i), v);
        return sum;
    }

    /// <summary>The class whose mean is nearest; the first of equals.</summary>
    public static int Nearest(RealMatrix means, ReadOnlySpan<double> row)
    {
        int best = 0;
        double least = double.PositiveInfinity;
        for (int c = 0; c < means.Rows; c++)
        {
            double distance = TensorPrimitives.Distance<double>(means.Row(c), row);
            if (distance < least) (best, least) = (c, distance);
        }

        return best;
    }
}
