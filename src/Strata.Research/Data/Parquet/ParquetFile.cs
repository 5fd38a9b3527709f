using System.Buffers.Binary;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Rows of a Parquet file (apache/parquet-format), each as the object of JSON that its line in JSON Lines would be. Read are all types, all encodings but split byte streams and bit-packed levels,
/// and pages that are not compressed or are with Snappy, gzip or Brotli: what pyarrow and the hub write unless told otherwise.
/// </summary>
internal sealed class ParquetFile
{
    private const int Tail = 8;
    private const int MaxMetadata = 64 << 20;

    private readonly FileStream _file;
    private readonly ParquetField _schema;
    private readonly ThriftStruct _metadata;

    private ParquetFile(FileStream file)
    {
        _file = file;
        _metadata = Metadata();
        _schema = ParquetField.Root(_metadata.List(2));
    }

    /// <summary>The rows, as UTF-8; the memory is valid until the next one.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, is broken, or is written in a way that is not read.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Rows(string path)
    {
        using FileStream file = Told(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read));
        ParquetFile parquet = Told(path, () => new ParquetFile(file));
        int number = 0;
        foreach (object group in parquet._metadata.List(4))
        {
            ParquetRows rows = Told(path, () => parquet.Group(group, number));
            while (Told(path, rows.Next) is ReadOnlyMemory<byte> row) yield return row;
            number++;
        }
    }

    /// <summary>What stands at the end of the file.</summary>
    private ThriftStruct Metadata()
    {
        Span<byte> tail = stackalloc byte[Tail];
        if (_file.Length < Tail + 4) throw new InvalidDataException("it is too short for a Parquet file");
        _file.Position = _file.Length - Tail;
        _file.ReadExactly(tail);
        if (tail[4..].SequenceEqual("PARE"u8)) throw new NotSupportedException("it is encrypted");
        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (!tail[4..].SequenceEqual("PAR1"u8) || length < 1 || length > _file.Length - Tail - 4) throw new InvalidDataException("it does not end as a Parquet file does; was it copied whole?");
        if (length > MaxMetadata) throw new NotSupportedException($"it has {length:N0} bytes of metadata; {MaxMetadata:N0} are read");
        ByteCursor bytes = new(Bytes(_file.Length - Tail - length, length));
        ThriftStruct metadata = ThriftStruct.Read(ref bytes);
        return metadata.Inner(8) is null ? metadata : throw new NotSupportedException("it is encrypted");
    }

    private ParquetRows Group(object group, int number)
    {
        ThriftStruct facts = group as ThriftStruct ?? throw new InvalidDataException($"row group {number} has no metadata");
        ParquetField[] leaves = [.. _schema.Leaves];
        IReadOnlyList<object> chunks = facts.List(1);
        if (chunks.Count != leaves.Length) throw new InvalidDataException($"row group {number} has {chunks.Count} columns, the schema {leaves.Length}");
        Dictionary<ParquetField, ParquetColumn> columns = [];
        ParquetBudget budget = new();
        for (int i = 0; i < leaves.Length; i++)
        {
            try
            {
                columns[leaves[i]] = Column(leaves[i], chunks[i] as ThriftStruct ?? throw new InvalidDataException("it has no metadata"), budget);
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
                throw (Exception)(e is NotSupportedException ? new NotSupportedException(In(e)) : new InvalidDataException(In(e), e));
            }

            string In(Exception e) => $"column \"{leaves[i].Path}\" of row group {number}: {e.Message}";
        }

        return new ParquetRows(_schema, columns, facts.Required(3));
    }

    private ParquetColumn Column(ParquetField leaf, ThriftStruct chunk, ParquetBudget budget)
    {
        if (chunk.Text(1) is not null) throw new NotSupportedException("its values lie in another file");
        ThriftStruct facts = chunk.Inner(3) ?? throw new InvalidDataException("it has no metadata");
        long first = facts.Required(9), length = facts.Required(7);
        if (facts.Number(11) is long dictionary and > 0) first = Math.Min(first, dictionary);
        if (facts.Required(1) != (long?)leaf.Type) throw new InvalidDataException("its type is not that of the schema");
        if (facts.Required(5) == 0) return new ParquetColumn(leaf, [], 0, 0, budget);
        budget.Take(length);
        if (first < 4 || length < 0 || length > Array.MaxLength || first > _file.Length - length) throw new InvalidDataException($"bytes {first} to {first + length} of a file of {_file.Length}");
        return new ParquetColumn(leaf, Bytes(first, (int)length), (int)facts.Required(4), facts.Required(5), budget);
    }

    private byte[] Bytes(long start, int length)
    {
        byte[] bytes = new byte[length];
        _file.Position = start;
        _file.ReadExactly(bytes);
        return bytes;
    }

    private static T Told<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidFileException(path, $"is no Parquet file, or is broken: {e.Message}.", e);
        }
        catch (NotSupportedException e)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}. Save it once more from Python: pandas.read_parquet(\"{Path.GetFileName(path)}\").to_json(\"{Path.GetFileNameWithoutExtension(path)}.jsonl\", orient=\"records\", lines=True, force_ascii=False).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message} Expected a data set file.", e);
        }
    }
}
