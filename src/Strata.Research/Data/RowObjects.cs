namespace Strata.Research;

/// <summary>The rows of a file as objects of JSON: the lines of JSON Lines, or what the rows of a Parquet file would be as such lines.</summary>
internal static class RowObjects
{
    /// <summary>Is the file read as Parquet?</summary>
    public static bool IsParquet(string path) => Path.GetExtension(path).Equals(".parquet", StringComparison.OrdinalIgnoreCase);

    /// <summary>Hands over each row with its number, from 1; blank lines are skipped.</summary>
    /// <exception cref="Models.InvalidFileException">The file cannot be read or is broken.</exception>
    public static void Read(string path, Action<ReadOnlySpan<byte>, long> take)
    {
        if (IsParquet(path))
        {
            long number = 0;
            foreach (ReadOnlyMemory<byte> row in ParquetFile.Rows(path)) take(row.Span, ++number);
            return;
        }

        using Utf8Lines lines = new(path);
        while (lines.Next(out ReadOnlySpan<byte> line))
        {
            if (!line.Trim(" \t\r"u8).IsEmpty) take(line, lines.Number);
        }
    }

    /// <summary>Where a row stands, for messages.</summary>
    public static string Place(string path, long number) => $"{(IsParquet(path) ? "row" : "line")} {number}";
}
