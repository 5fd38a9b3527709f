using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>norm</c>: the Euclidean length of the states.</summary>
public sealed class Norm : RowsMeasure
{
    /// <inheritdoc/>
    public override string Name => "norm";

    /// <inheritdoc/>
    public override string? Unit => null;

    /// <inheritdoc/>
    public override string Summary => "Euclidean length of a row; the samples are the rows (tokens when not pooled). Both forms agree.";

    private protected override MeasureValue OfRows(FloatMatrix rows, MeasureOptions options, CancellationToken cancellation)
    {
        double[] lengths = new double[rows.Rows];
        double[] row = new double[rows.Columns];
        for (int i = 0; i < lengths.Length; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(rows.Row(i), row);
            lengths[i] = TensorPrimitives.Norm<double>(row);
        }

        return MeasureValue.Over(lengths, 0, null);
    }
}
