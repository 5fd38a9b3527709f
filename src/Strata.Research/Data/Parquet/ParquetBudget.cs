namespace Strata.Research;

/// <summary>What a row group may come to in memory, so that a small file cannot ask for all there is.</summary>
internal sealed class ParquetBudget
{
    private const long MaxBytes = 4L << 30;

    private long _taken;

    /// <summary>Takes note of bytes before they are there.</summary>
    /// <exception cref="InvalidDataException">The row group comes to more than is read.</exception>
    public void Take(long bytes)
    {
        if (bytes < 0 || (_taken += bytes) > MaxBytes) throw new InvalidDataException($"a row group comes to more than {MaxBytes >> 30} GiB in memory");
    }
}
