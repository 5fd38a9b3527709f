using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>calinski-harabasz</c>: scatter between classes against that within.</summary>
public sealed class CalinskiHarabasz : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "calinski-harabasz";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Scatter between classes against scatter within them: large when classes are apart.",
        Formula = "[tr B / (C − 1)] / [tr W / (N − C)], B = Σ n_c ‖μ_c − μ‖², W = ΣΣ ‖h − μ_c‖².",
        Samples = Rows,
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "Grows with N. Means clusters that are round and of one size.",
        Source = "Caliński and Harabasz 1974; used per layer as part of AQI, Borah et al. 2025.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        (double between, double within) = Scatter(classes);
        long n = classes.All.Count;
        int c = classes.Counts.Length;
        undefined = within > 0 && n > c ? null : "no scatter within the classes";
        return between / (c - 1) / (within / (n - c));
    }

    /// <summary>tr B and tr W.</summary>
    internal static (double Between, double Within) Scatter(ClassSums classes)
    {
        RealMatrix means = classes.Means();
        long[] counts = classes.Counts;
        double[] middle = classes.All.Mean(), variances = classes.Variances();
        double between = 0, within = 0;
        for (int c = 0; c < counts.Length; c++)
        {
            double distance = TensorPrimitives.Distance<double>(means.Row(c), middle);
            between += counts[c] * distance * distance;
            within += counts[c] * variances[c];
        }

        return (between, within);
    }
}

/// <summary><c>xie-beni</c>: scatter within classes against the least distance of two means.</summary>
public sealed class XieBeni : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "xie-beni";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Scatter within classes against the least distance of two class means: small when classes are apart.",
        Formula = "ΣΣ ‖h − μ_c‖² / (N · min_{i≠j} ‖μ_i − μ_j‖²).",
        Samples = Rows,
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "The two nearest classes decide.",
        Source = "Xie and Beni 1991; AQI, Borah et al. 2025.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        RealMatrix means = classes.Means();
        double least = double.PositiveInfinity;
        for (int i = 0; i < means.Rows; i++)
        {
            for (int j = 0; j < i; j++) least = Math.Min(least, TensorPrimitives.Distance<double>(means.Row(i), means.Row(j)));
        }

        undefined = least > 0 ? null : "two classes have the same mean";
        return CalinskiHarabasz.Scatter(classes).Within / (classes.All.Count * least * least);
    }
}

/// <summary><c>label-variance</c>: the share of the variance that a label explains.</summary>
public sealed class LabelVariance : ClassMeasure
{
    /// <inheritdoc/>
    public override string Name => "label-variance";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Share of the variance of the representation that a labelled feature explains. Beside a probe's accuracy it tells what is dominant from what is merely decodable.",
        Formula = "tr B / (tr B + tr W): R² of the regression of the states on the label as a category.",
        Samples = Rows,
        Parameters = ["Row"],
        Cost = SumsCost,
        Traps = "Rises with the number of classes: noise alone gives about (C − 1)/(N − 1). Labels that go together share their variance.",
        Source = "Lampinen et al. 2024.",
    };

    private protected override double OfClasses(ClassSums classes, MeasureContext context, out string? undefined)
    {
        (double between, double within) = CalinskiHarabasz.Scatter(classes);
        undefined = between + within > 0 ? null : "all rows are equal";
        return between / (between + within);
    }
}

/// <summary><c>davies-bouldin</c>: how alike each class is to the one that it is most alike to.</summary>
public sealed class DaviesBouldin : LabelledSampleMeasure
{
    /// <inheritdoc/>
    public override string Name => "davies-bouldin";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How alike each class is to the one that it is most alike to: small when classes are apart.",
        Formula = "(1/C) Σ_i max_{j≠i} (s_i + s_j) / ‖μ_i − μ_j‖, s = mean distance of a class's rows to its mean.",
        Samples = Rows,
        Parameters = ["Row", "MaxRows"],
        Cost = "O(M·D), M·D numbers kept for M = min(N, MaxRows).",
        Traps = "Means clusters that are round.",
        Source = "Davies and Bouldin 1979; AQI, Borah et al. 2025.",
    };

    private protected override double OfRows(RealMatrix rows, int[] labels, int[] sequences, MeasureContext context, out string? undefined)
    {
        (RealMatrix means, int[] counts, int[] index) = Classes(rows, labels);
        double[] spread = new double[counts.Length];
        for (int i = 0; i < rows.Rows; i++) spread[index[i]] += TensorPrimitives.Distance<double>(rows.Row(i), means.Row(index[i])) / counts[index[i]];
        double sum = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            double worst = 0;
            for (int j = 0; j < counts.Length; j++)
            {
                if (i != j) worst = Math.Max(worst, (spread[i] + spread[j]) / TensorPrimitives.Distance<double>(means.Row(i), means.Row(j)));
            }

            sum += worst;
        }

        undefined = double.IsFinite(sum) ? null : "two classes have the same mean";
        return sum / counts.Length;
    }
}

/// <summary><c>dunn</c>: the least distance between classes by the largest width of one.</summary>
public sealed class Dunn : LabelledSampleMeasure
{
    /// <inheritdoc/>
    public override string Name => "dunn";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Least distance of two rows of different classes by the largest distance of two rows of one class: large when classes are apart.",
        Formula = "min_{c(i)≠c(j)} ‖h_i − h_j‖ / max_{c(i)=c(j)} ‖h_i − h_j‖.",
        Samples = Rows,
        Parameters = ["Row", "MaxRows"],
        Cost = "O(M²·D), M·D numbers kept for M = min(N, MaxRows).",
        Traps = "Two rows decide it; outliers and the number of rows move it.",
        Source = "Dunn 1974; AQI, Borah et al. 2025.",
    };

    private protected override double OfRows(RealMatrix rows, int[] labels, int[] sequences, MeasureContext context, out string? undefined)
    {
        double[] least = new double[rows.Rows], largest = new double[rows.Rows];
        ParallelWork.For(rows.Rows, CancellationToken.None, i =>
        {
            least[i] = double.PositiveInfinity;
            for (int j = 0; j < i; j++)
            {
                double distance = TensorPrimitives.Distance<double>(rows.Row(i), rows.Row(j));
                if (labels[i] == labels[j]) largest[i] = Math.Max(largest[i], distance);
                else least[i] = Math.Min(least[i], distance);
            }
        });
        double width = largest.Max();
        undefined = width > 0 ? null : "every class is one point";
        return least.Min() / width;
    }
}

/// <summary><c>silhouette</c>: how much nearer rows are to their own class than to the next.</summary>
public sealed class Silhouette : LabelledSampleMeasure
{
    /// <inheritdoc/>
    public override string Name => "silhouette";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How much nearer rows are to their own class than to the next one, in [−1, 1].",
        Formula = "Mean of (b − a) / max(a, b), a the mean distance to the other rows of the class, b the least mean distance to another class; 0 for a row alone in its class.",
        Samples = Rows,
        Parameters = ["Row", "MaxRows"],
        Cost = "O(M²·D), M·D numbers kept for M = min(N, MaxRows).",
        Traps = "Near 0 in high dimension even for classes that a linear reader separates.",
        Source = "Rousseeuw 1987; AQI, Borah et al. 2025.",
    };

    private protected override double OfRows(RealMatrix rows, int[] labels, int[] sequences, MeasureContext context, out string? undefined)
    {
        undefined = null;
        (_, int[] counts, int[] index) = Classes(rows, labels);
        double[] values = new double[rows.Rows];
        ParallelWork.For(rows.Rows, CancellationToken.None, i =>
        {
            double[] sums = new double[counts.Length];
            for (int j = 0; j < rows.Rows; j++) sums[index[j]] += TensorPrimitives.Distance<double>(rows.Row(i), rows.Row(j));
            if (counts[index[i]] == 1) return;
            double own = sums[index[i]] / (counts[index[i]] - 1), other = double.PositiveInfinity;
            for (int c = 0; c < counts.Length; c++)
            {
                if (c != index[i]) other = Math.Min(other, sums[c] / counts[c]);
            }

            values[i] = Math.Max(own, other) > 0 ? (other - own) / Math.Max(own, other) : 0;
        });
        return values.Average();
    }
}
