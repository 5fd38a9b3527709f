using System.Buffers;
using System.Text.Json;

namespace Strata.Research;

/// <summary>Puts the rows of a row group together from its columns.</summary>
internal sealed class ParquetRows(ParquetField schema, IReadOnlyDictionary<ParquetField, ParquetColumn> columns, long count)
{
    private readonly ArrayBufferWriter<byte> _row = new();
    private long _next;

    /// <summary>The next row as an object of JSON; null behind the last.</summary>
    /// <exception cref="InvalidDataException">The columns do not fit each other.</exception>
    public ReadOnlyMemory<byte>? Next()
    {
        if (_next == count)
        {
            ParquetField? longer = schema.Leaves.FirstOrDefault(leaf => columns[leaf].HasMore);
            return longer is null ? null : throw new InvalidDataException($"the column \"{longer.Path}\" has more values than there are rows");
        }

        ParquetField? torn = schema.Leaves.FirstOrDefault(leaf => columns[leaf].Repetition != 0);
        if (torn is not null) throw new InvalidDataException($"the column \"{torn.Path}\" has a list that goes on where a row begins");
        _next++;
        _row.ResetWrittenCount();
        using Utf8JsonWriter writer = new(_row, new JsonWriterOptions { Encoder = JsonLines.ReadableEncoder, SkipValidation = true });
        WritePresent(writer, schema);
        writer.Flush();
        return _row.WrittenMemory;
    }

    /// <summary>A row is no longer than a line of JSON Lines may be.</summary>
    private void CheckLength(Utf8JsonWriter writer)
    {
        if (_row.WrittenCount + writer.BytesPending > Utf8Lines.MaxLineBytes) throw new InvalidDataException($"row {_next} of a row group is longer than {Utf8Lines.MaxLineBytes >> 20} MiB");
    }

    private ParquetColumn FirstColumn(ParquetField field) => columns[field.Leaves.First()];

    private void WriteField(Utf8JsonWriter writer, ParquetField field)
    {
        if (field.Repetition == ParquetRepetition.Repeated)
        {
            WriteItems(writer, field, deeper: false);
        }
        else if (field.Repetition == ParquetRepetition.Optional && FirstColumn(field).Definition < field.MaxDefinition)
        {
            Skip(field);
            writer.WriteNullValue();
        }
        else
        {
            WritePresent(writer, field);
        }
    }

    private void WritePresent(Utf8JsonWriter writer, ParquetField field)
    {
        if (field.Type is not null)
        {
            columns[field].Write(writer);
            CheckLength(writer);
        }
        else if (field is { IsList: true, Children: [{ Repetition: ParquetRepetition.Repeated } items] })
        {
            WriteItems(writer, items, items.ItemsStandDeeper);
        }
        else
        {
            writer.WriteStartObject();
            foreach (ParquetField child in field.Children)
            {
                writer.WritePropertyName(child.Name);
                WriteField(writer, child);
            }

            writer.WriteEndObject();
        }
    }

    /// <summary>A list, whose first column says when it ends.</summary>
    private void WriteItems(Utf8JsonWriter writer, ParquetField items, bool deeper)
    {
        ParquetColumn first = FirstColumn(items);
        writer.WriteStartArray();
        if (first.Definition < items.MaxDefinition)
        {
            Skip(items);
        }
        else
        {
            do
            {
                if (deeper) WriteField(writer, items.Children[0]);
                else WritePresent(writer, items);
            }
            while (first.Repetition == items.MaxRepetition);
        }

        writer.WriteEndArray();
    }

    /// <summary>Passes over a field that is missing or empty: each of its columns has one entry that says so.</summary>
    private void Skip(ParquetField field)
    {
        foreach (ParquetField leaf in field.Leaves) columns[leaf].Skip();
    }
}
