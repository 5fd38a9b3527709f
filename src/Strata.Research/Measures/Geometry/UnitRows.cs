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
    public static RealMatrix Centred(FloatMatrix rows) => new PromptRows(rows, 0, true, 0).CentredUnit;

    /// <summary>The same into a matrix that exists, with the mean of the rows and their squared lengths before centring at hand.</summary>
    public static RealMatrix Centred(FloatMatrix rows, ReadOnlySpan<double> mean, ReadOnlySpan<double> squares, RealMatrix result)
    {
        for (int i = 0; i < result.Rows; i++)
        {
            Span<double> row = result.Row(i);
            double length = Math.Sqrt(WideRows.Subtract(rows.Row(i), mean, row));
            if (length > Resolution * Math.Sqrt(squares[i]) && length > 0) TensorPrimitives.Multiply(row, 1 / length, row);
            else row.Clear();
        }

        return result;
    }

    /// <summary>Every row divided by its length, not centred; zero rows stay zero.</summary>
    public static RealMatrix Of(RealMatrix rows, ReadOnlySpan<double> squares)
    {
        RealMatrix result = new(rows.Rows, rows.Columns);
        for (int i = 0; i < result.Rows; i++)
        {
            if (squares[i] > 0) TensorPrimitives.Multiply(rows.Row(i), 1 / Math.Sqrt(squares[i]), result.Row(i));
        }

        return result;
    }

    /// <summary>Whether a row was brought to length 1; a row without a direction is all zero.</summary>
    public static bool HasDirection(ReadOnlySpan<double> unitRow) => TensorPrimitives.SumOfSquares(unitRow) > 0.5;

    /// <summary>Whether every row was.</summary>
    public static bool AllHaveDirection(RealMatrix unit)
    {
        for (int i = 0; i < unit.Rows; i++)
        {
            if (!HasDirection(unit.Row(i))) return false;
        }

        return true;
    }
}
