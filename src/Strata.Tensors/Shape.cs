namespace Strata.Tensors;

/// <summary>The lengths of a tensor's axes, slowest first; row-major without gaps.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[] _lengths;

    /// <summary>A shape from its axis lengths.</summary>
    /// <param name="lengths">One non-negative length per axis; none for a scalar.</param>
    /// <exception cref="ArgumentException">A length is negative or the number of elements exceeds <see cref="Array.MaxLength"/>.</exception>
    public Shape(params int[] lengths)
    {
        long count = 1;
        foreach (int length in lengths)
        {
            if (length < 0) throw new ArgumentException($"A shape needs lengths of at least 0; given [{string.Join(", ", lengths)}].");
            count *= length;
            if (count > Array.MaxLength)
                throw new ArgumentException($"A tensor holds at most {Array.MaxLength:N0} elements; [{string.Join(", ", lengths)}] asks for more. Work on fewer rows at a time.");
        }

        _lengths = (int[])lengths.Clone();
    }

    /// <summary>Number of axes.</summary>
    public int Rank => _lengths?.Length ?? 0;

    /// <summary>Number of elements.</summary>
    public int Count
    {
        get
        {
            int count = 1;
            for (int i = 0; i < Rank; i++) count *= _lengths[i];
            return count;
        }
    }

    /// <summary>Length of the last axis; 1 for a scalar.</summary>
    public int Columns => Rank == 0 ? 1 : _lengths[^1];

    /// <summary>Product of all axes but the last: the tensor seen as a matrix has this many rows.</summary>
    public int Rows
    {
        get
        {
            int rows = 1;
            for (int i = 0; i < Rank - 1; i++) rows *= _lengths[i];
            return rows;
        }
    }

    /// <summary>Length of an axis.</summary>
    /// <param name="axis">Zero-based axis.</param>
    public int this[int axis] => _lengths[axis];

    /// <summary>The axis lengths as an array.</summary>
    public int[] ToArray() => _lengths is null ? [] : (int[])_lengths.Clone();

    /// <inheritdoc/>
    public bool Equals(Shape other) => (_lengths ?? []).AsSpan().SequenceEqual(other._lengths ?? []);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int length in _lengths ?? []) hash.Add(length);
        return hash.ToHashCode();
    }

    /// <summary>Same axes, same lengths.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Some axis differs.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The lengths in brackets: <c>[1024, 768]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _lengths ?? [])}]";
}
