namespace Strata.Tensors;

/// <summary>Rows of float32 in ordinary memory: what a capture hands to a measure. Row-major; every row has the same number of columns.</summary>
public sealed class FloatMatrix
{
    /// <summary>A matrix over an array, without a copy.</summary>
    /// <param name="values">rows · columns numbers, row-major.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <exception cref="ArgumentException">The array's length is not rows · columns.</exception>
    public FloatMatrix(float[] values, int rows, int columns)
    {
        if (rows < 0 || columns < 0 || values.Length != (long)rows * columns)
            throw new ArgumentException($"A matrix of {rows} x {columns} needs {(long)rows * columns} numbers; {values.Length} were given.");
        Values = values;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>The numbers, row-major.</summary>
    public float[] Values { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>One number.</summary>
    public float this[int row, int column] => Values[row * Columns + column];

    /// <summary>One row, where it lies.</summary>
    public Span<float> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>A copy of the rows with the given indices, in that order.</summary>
    public FloatMatrix Select(ReadOnlySpan<int> rows)
    {
        FloatMatrix result = new(new float[rows.Length * Columns], rows.Length, Columns);
        for (int i = 0; i < rows.Length; i++) Row(rows[i]).CopyTo(result.Row(i));
        return result;
    }

    /// <summary>A copy of rows <paramref name="start"/> .. <paramref name="start"/> + <paramref name="count"/>.</summary>
    public FloatMatrix Slice(int start, int count) => new(Values.AsSpan(start * Columns, count * Columns).ToArray(), count, Columns);

    /// <summary>Rows and columns.</summary>
    public override string ToString() => $"{Rows} x {Columns}";
}
