using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Strata.Models;

namespace Strata.Research;

/// <summary>Rows as JSON Lines, or as Parquet with the same fields: one object per line with <c>tokens</c>, <c>text</c> or both, or <c>image</c>, and any further fields.</summary>
internal static class JsonLines
{
    /// <summary>Escapes everything but ASCII, so that the bytes do not depend on a version's Unicode tables.</summary>
    public static readonly JavaScriptEncoder AsciiEncoder = JavaScriptEncoder.Create(UnicodeRanges.BasicLatin);

    /// <summary>Leaves letters of all scripts as they are.</summary>
    public static readonly JavaScriptEncoder ReadableEncoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private const string Expected = "expected an object with \"tokens\" (array of whole numbers, 0 or more), \"text\" (string) or both, or \"image\" (path of a file)";

    /// <summary>The rows of a file; blank lines are skipped.</summary>
    /// <param name="path">The file.</param>
    /// <param name="textField">The field that holds the text: <c>text</c>, or another, and then a field <c>text</c> is left out.</param>
    /// <exception cref="InvalidFileException">The file cannot be read, or a line is broken.</exception>
    public static List<DataRow> Read(string path, string textField)
    {
        List<DataRow> rows = [];
        List<int> tokens = [];
        string folder = Path.GetDirectoryName(path) ?? "";
        RowObjects.Read(path, (line, number) =>
        {
            try
            {
                rows.Add(ReadRow(line, tokens, textField, folder));
            }
            catch (BrokenLineException e)
            {
                throw new InvalidFileException(path, $"{RowObjects.Place(path, number)}{(RowObjects.IsParquet(path) ? "" : $", column {e.Column}")}: {e.Message}", e.InnerException);
            }
        });
        return rows;
    }

    /// <summary>Writes rows; each line ends with LF.</summary>
    public static void Write(IEnumerable<DataRow> rows, Stream stream, JavaScriptEncoder encoder)
    {
        ArrayBufferWriter<byte> line = new(1 << 12);
        using Utf8JsonWriter writer = new(line, new JsonWriterOptions { Encoder = encoder });
        foreach (DataRow row in rows)
        {
            WriteRow(writer, row);
            writer.Flush();
            stream.Write(line.WrittenSpan);
            stream.WriteByte((byte)'\n');
            line.ResetWrittenCount();
            writer.Reset();
        }
    }

    private static void WriteRow(Utf8JsonWriter writer, DataRow row)
    {
        writer.WriteStartObject();
        if (row.Tokens is not null)
        {
            writer.WriteStartArray("tokens");
            foreach (int token in row.Tokens) writer.WriteNumberValue(token);
            writer.WriteEndArray();
        }

        if (row.Text is not null) writer.WriteString("text", row.Text);
        foreach ((string name, JsonElement value) in row.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static DataRow ReadRow(ReadOnlySpan<byte> line, List<int> tokens, string textField, string folder)
    {
        Utf8JsonReader reader = new(line);
        try
        {
            if (line.IndexOf("\\u"u8) >= 0) CheckEscapes(reader);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw Broken(reader, $"{Given(reader)}; {Expected}.");
            DataRow row = ReadObject(ref reader, tokens, textField, folder);
            reader.Read();
            return row;
        }
        catch (JsonException e)
        {
            // The reader's message ends with a position that counts lines within this one line.
            string problem = e.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new BrokenLineException(1 + (e.BytePositionInLine ?? 0), $"broken JSON: {problem}; {Expected}, all of it on one line.", e);
        }
    }

    private static DataRow ReadObject(ref Utf8JsonReader reader, List<int> tokens, string textField, string folder)
    {
        int[]? ids = null;
        string? text = null;
        Dictionary<string, JsonElement>? fields = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if ((name == "tokens" && ids is not null) || (name == textField && text is not null) || fields?.ContainsKey(name) == true)
                throw Broken(reader, $"\"{name}\" is given twice; expected each name once.");
            reader.Read();
            // What a table leaves empty is null where it becomes JSON.
            if (reader.TokenType == JsonTokenType.Null && (name == "tokens" || name == textField)) continue;
            if (name == "tokens") ids = ReadTokens(ref reader, tokens);
            else if (name == textField) text = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw Broken(reader, $"\"{name}\" is {Given(reader)}; expected a string.");
            else if (name == "text") reader.Skip();
            else (fields ??= []).Add(name, JsonElement.ParseValue(ref reader));
        }

        bool image = fields is not null && fields.TryGetValue(DataRow.ImageField, out JsonElement place) && place.ValueKind == JsonValueKind.String;
        if (ids is null && text is null && !image) throw new BrokenLineException(1, $"an object with neither \"tokens\" nor \"{textField}\"; {Expected}.{Choice(fields)}");
        return new DataRow(ids, text, fields) { Folder = folder };
    }

    /// <summary>The fields that could hold the text.</summary>
    private static string Choice(Dictionary<string, JsonElement>? fields)
    {
        string[] texts = fields is null ? [] : [.. fields.Where(field => field.Value.ValueKind == JsonValueKind.String && field.Key.Length <= 40).Select(field => $"\"{field.Key}\"").Take(8)];
        return texts.Length == 0 ? "" : $" Another field can be the text, with --text-column or DataOptions.TextColumn: {string.Join(", ", texts)}.";
    }

    private static int[] ReadTokens(ref Utf8JsonReader reader, List<int> tokens)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Broken(reader, $"\"tokens\" is {Given(reader)}; expected an array of whole numbers, 0 or more.");
        tokens.Clear();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int token) || token < 0)
                throw Broken(reader, $"token {tokens.Count} is {Given(reader)}; expected a whole number from 0 to {int.MaxValue}, written without a point or exponent.");
            tokens.Add(token);
        }

        return tokens.Count > 0 ? tokens.ToArray() : throw Broken(reader, "\"tokens\" is empty; expected at least one token.");
    }

    /// <summary>Moves a reader over a line and decodes its escaped strings, which finds half surrogate pairs; an element would find them only when written.</summary>
    private static void CheckEscapes(Utf8JsonReader reader)
    {
        try
        {
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw new BrokenLineException(1 + reader.TokenStartIndex, "a string has half of a surrogate pair; expected valid Unicode, both halves of it.", e);
        }
    }

    /// <summary>What stands at the reader's place, short enough for a message.</summary>
    private static string Given(in Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: return "an object";
            case JsonTokenType.StartArray: return "an array";
            case JsonTokenType.String: return "a string";
            default:
                string literal = Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 40)]);
                return reader.ValueSpan.Length > 40 ? literal + "..." : literal;
        }
    }

    private static BrokenLineException Broken(in Utf8JsonReader reader, string problem) => new(1 + reader.TokenStartIndex, problem);

    /// <summary>A problem in one line; the reader of the file adds the path and the line's number.</summary>
    private sealed class BrokenLineException(long column, string problem, Exception? inner = null) : Exception(problem, inner)
    {
        /// <summary>Column in bytes, from 1.</summary>
        public long Column { get; } = column;
    }
}
