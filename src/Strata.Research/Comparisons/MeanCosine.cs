using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>cosine</c>: the mean cosine of corresponding rows.</summary>
public sealed class MeanCosine : Comparison
{
    /// <inheritdoc/>
    public override string FullName => "cosine";

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override string Summary =>
        "Mean over rows of cos(xᵢ, yᵢ), not centred; in [−1, 1]; widths must match. Rows that are zero on either side do not count. Unchanged by positive scale of any row and by a rotation of both sides together, but not of one.";

    internal static Comparison Create(ComparisonName name) => new MeanCosine();

    internal override int LeastRows => 1;

    internal override bool NeedsEqualWidths => true;

    internal override object Prepare(FloatMatrix rows, ComparisonContext context) => new UnitFloats(rows);

    internal override double Compare(object a, object b)
    {
        UnitFloats x = (UnitFloats)a, y = (UnitFloats)b;
        double sum = 0;
        int count = 0;
        for (int i = 0; i < x.InverseLengths.Length; i++)
        {
            if (x.InverseLengths[i] == 0 || y.InverseLengths[i] == 0) continue;
            sum += Dot(x.Rows.Row(i), y.Rows.Row(i)) * x.InverseLengths[i] * y.InverseLengths[i];
            count++;
        }

        return count == 0 ? double.NaN : sum / count;
    }

    private static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++) sum += (double)x[i] * y[i];
        return sum;
    }

    /// <summary>Rows with one over their lengths, 0 for zero rows.</summary>
    private sealed class UnitFloats(FloatMatrix rows)
    {
        public FloatMatrix Rows { get; } = rows;

        public double[] InverseLengths { get; } = Enumerable.Range(0, rows.Rows).Select(i => Dot(rows.Row(i), rows.Row(i))).Select(s => s > 0 ? 1 / Math.Sqrt(s) : 0).ToArray();
    }
}
