using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Rows brought to length 1, the first step of the entropies and of everything that compares directions.</summary>
internal static class UnitRows
{
    /// <summary>A length below this share of the row's own before centring is float32 rounding, not a direction.</summary>
    private const double Resolution = 1e-7;

    /// <summary>
    /// Every row less the mean of all rows, divided by its length. A row that equals the mean to float32 resolution has no direction and becomes zero.
    /// </summary>
    public static RealMatrix Centred(FloatMatrix rows)
    {
        RealMatrix result = RealMatrix.Centred(rows);
        for (int i = 0; i < result.Rows; i++) Scale(result.Row(i), TensorPrimitives.Norm<float>(rows.Row(i)));
        return result;
    }

    /// <summary>Whether a row was brought to length 1; a row without a direction is all zero.</summary>
    public static bool HasDirection(ReadOnlySpan<double> unitRow) => TensorPrimitives.SumOfSquares(unitRow) > 0.5;

    private static void Scale(Span<double> row, double lengthBefore)
    {
        double length = TensorPrimitives.Norm<double>(row);
        if (length > Resolution * lengthBefore && length > 0) TensorPrimitives.Divide(row, length, row);
        else row.Clear();
    }

    /// <summary>Every row divided by its length, not centred; zero rows stay zero.</summary>
    public static RealMatrix Of(FloatMatrix rows)
    {
        RealMatrix result = RealMatrix.From(rows);
        for (int i = 0; i < result.Rows; i++) Scale(result.Row(i), 0);
        return result;
    }
}
