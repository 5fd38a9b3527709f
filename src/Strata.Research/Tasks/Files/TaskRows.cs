using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>One row of a task's file: an object of JSON and where it stands.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line, or the row of a Parquet file, from 1.</param>
/// <param name="Fields">The object.</param>
internal sealed record TaskRow(string Path, long Line, JsonElement Fields)
{
    /// <summary>The rows of a JSON Lines or Parquet file; blank lines are skipped.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, is in another format, is empty, or a line is no object.</exception>
    public static List<TaskRow> Read(string path)
    {
        string extension = System.IO.Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".jsonl" or ".ndjson" or ".json" or ".parquet"))
            throw new InvalidFileException(path, $"the rows of a task are read from JSON Lines (.jsonl, .ndjson, .json) or Parquet (.parquet); \"{extension}\" is something else.");
        List<TaskRow> rows = [];
        RowObjects.Read(path, (line, number) => rows.Add(new TaskRow(path, number, Parse(path, number, line))));
        return rows.Count > 0 ? rows : throw new InvalidFileException(path, "has no rows; expected at least one. Blank lines do not count.");
    }

    /// <summary>A field that has to be there.</summary>
    /// <exception cref="InvalidFileException">It is missing or null.</exception>
    public JsonElement Get(string field) => Fields.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null
        ? value
        : throw Broken($"has no field \"{field}\". {NearestNames.Suggest(field, Fields.EnumerateObject().Select(p => p.Name))} A description of the task may name the fields (docs/tasks.md)");

    /// <summary>A text that is not blank.</summary>
    public string Text(string field) => Text(field, Get(field));

    /// <summary>The texts of a list.</summary>
    public string[] Texts(string field) => List(field).Select(value => Text(field, value)).ToArray();

    /// <summary>A label: text, a whole number, true or false.</summary>
    public string Label(string field) => Label(field, Get(field));

    /// <summary>A list of labels, or one label as a list.</summary>
    public string[] Labels(string field) => Get(field).ValueKind == JsonValueKind.Array ? List(field).Select(value => Label(field, value)).ToArray() : [Label(field)];

    /// <summary>A finite number; text that is one counts, since tables made of JSON often hold that.</summary>
    public double Number(string field) => Number(field, Get(field));

    /// <summary>A list of finite numbers.</summary>
    public double[] Numbers(string field) => List(field).Select(value => Number(field, value)).ToArray();

    /// <summary>Whether a label is 1 or 0.</summary>
    public bool Flag(string field) => Flag(field, Get(field));

    /// <summary>A list of labels that are 1 or 0.</summary>
    public bool[] Flags(string field) => List(field).Select(value => Flag(field, value)).ToArray();

    /// <summary>Does a field hold a list?</summary>
    public bool IsList(string field) => Get(field).ValueKind == JsonValueKind.Array;

    /// <summary>A failure at this row.</summary>
    public InvalidFileException Broken(string problem) => new(Path, $"{RowObjects.Place(Path, Line)}: {problem}.");

    private IEnumerable<JsonElement> List(string field)
    {
        JsonElement value = Get(field);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Broken($"\"{field}\" is {Given(value)}; expected a list");
    }

    private string Text(string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) throw Broken($"\"{field}\" is {Given(value)}; expected text");
        string text = String(field, value);
        return string.IsNullOrWhiteSpace(text) ? throw Broken($"\"{field}\" is blank, and a blank text has no embedding; leave the row out") : text;
    }

    private string Label(string field, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => String(field, value),
        JsonValueKind.Number when value.TryGetInt64(out long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        JsonValueKind.True => "1",
        JsonValueKind.False => "0",
        _ => throw Broken($"\"{field}\" is {Given(value)}; expected a label: text or a whole number"),
    };

    private double Number(string field, JsonElement value)
    {
        bool read = value.ValueKind == JsonValueKind.Number ? value.TryGetDouble(out double number)
            : double.TryParse(value.ValueKind == JsonValueKind.String ? String(field, value) : "", System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out number);
        return read && double.IsFinite(number) ? number : throw Broken($"\"{field}\" is {Given(value)}; expected a finite number");
    }

    private bool Flag(string field, JsonElement value) => Label(field, value) switch
    {
        "1" => true,
        "0" => false,
        string other => throw Broken($"\"{field}\" is {Short(other)}; expected the label 1 (they belong together) or 0"),
    };

    private string String(string field, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Broken($"\"{field}\" has half of a surrogate pair; expected valid Unicode");
        }
    }

    private static string Given(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => Short(value.GetRawText()),
    };

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private static JsonElement Parse(string path, long number, ReadOnlySpan<byte> line)
    {
        try
        {
            Utf8JsonReader reader = new(line);
            JsonElement element = JsonElement.ParseValue(ref reader);
            // Whatever follows makes the reader throw.
            reader.Read();
            return element.ValueKind == JsonValueKind.Object ? element : throw new InvalidFileException(path, $"{RowObjects.Place(path, number)}: {Given(element)}; expected one JSON object per line.");
        }
        catch (JsonException e)
        {
            throw new InvalidFileException(path, $"{RowObjects.Place(path, number)}: broken JSON: {e.Message.Split(" LineNumber:")[0].TrimEnd('.')}; expected one JSON object per line.", e);
        }
    }
}
