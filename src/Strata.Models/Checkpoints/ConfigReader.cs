using System.Globalization;
using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// Reads values out of a JSON object of a checkpoint (<c>config.json</c>, <c>tokenizer.json</c>) and refuses what is not as expected, naming file, key, value and
/// expectation. A key with the value null counts as absent, as it does for the libraries that write these files.
/// </summary>
public sealed class ConfigReader
{
    private readonly string _prefix;

    /// <summary>A reader of an object.</summary>
    /// <param name="element">The object.</param>
    /// <param name="path">The file it comes from.</param>
    /// <param name="place">Where in the file: <c>rope_scaling</c>; empty for the root.</param>
    /// <exception cref="InvalidFileException">The element is not an object.</exception>
    public ConfigReader(JsonElement element, string path, string place = "")
    {
        Path = path;
        Place = place;
        Element = element;
        _prefix = place.Length == 0 ? "" : place + ".";
        if (element.ValueKind != JsonValueKind.Object) throw Refuse(place.Length == 0 ? "the root" : place, element, "an object");
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Where in the file this object stands; empty for the root.</summary>
    public string Place { get; }

    /// <summary>The object itself.</summary>
    public JsonElement Element { get; }

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>An integer that must be there.</summary>
    /// <param name="name">The key.</param>
    /// <param name="min">Smallest allowed value.</param>
    /// <param name="max">Largest allowed value.</param>
    /// <exception cref="InvalidFileException">Absent, not an integer, or out of range.</exception>
    public int RequiredInt(string name, int min, int max) => OptionalInt(name, min, max) ?? throw Missing(name, $"an integer from {min} to {max}");

    /// <summary>An integer, or null when absent.</summary>
    /// <exception cref="InvalidFileException">Not an integer (1.0 and 1e3 are none), or out of range.</exception>
    public int? OptionalInt(string name, int min, int max)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= min && number <= max) return number;
        throw Refuse(_prefix + name, value, $"an integer from {min} to {max}");
    }

    /// <summary>A finite number, or null when absent.</summary>
    /// <exception cref="InvalidFileException">Not a number, not finite as float32, or out of range.</exception>
    public float? OptionalFloat(string name, float min = float.MinValue, float max = float.MaxValue)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number >= min && number <= max) return number;
        throw Refuse(_prefix + name, value, string.Create(CultureInfo.InvariantCulture, $"a number from {min:G6} to {max:G6}"));
    }

    /// <summary>True, false, or null when absent.</summary>
    /// <exception cref="InvalidFileException">Neither true nor false.</exception>
    public bool? OptionalBool(string name) => Find(name) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refuse(_prefix + name, value, "true or false"),
    };

    /// <summary>A string that must be there.</summary>
    /// <exception cref="InvalidFileException">Absent or not a string.</exception>
    public string RequiredString(string name) => OptionalString(name) ?? throw Missing(name, "a string");

    /// <summary>A string, or null when absent.</summary>
    /// <exception cref="InvalidFileException">Not a string.</exception>
    public string? OptionalString(string name)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Refuse(_prefix + name, value, "a string");
    }

    /// <summary>An object that must be there.</summary>
    /// <exception cref="InvalidFileException">Absent or not an object.</exception>
    public ConfigReader Object(string name) => OptionalObject(name) ?? throw Missing(name, "an object");

    /// <summary>An object, or null when absent.</summary>
    /// <exception cref="InvalidFileException">Not an object.</exception>
    public ConfigReader? OptionalObject(string name) => Find(name) is { } value ? new ConfigReader(value, Path, _prefix + name) : null;

    /// <summary>The elements of an array, none when absent.</summary>
    /// <exception cref="InvalidFileException">Not an array.</exception>
    public IEnumerable<JsonElement> Items(string name)
    {
        if (Find(name) is not { } value) return [];
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Refuse(_prefix + name, value, "an array");
    }

    /// <summary>The objects of an array, none when absent.</summary>
    /// <exception cref="InvalidFileException">Not an array of objects.</exception>
    public IEnumerable<ConfigReader> Objects(string name) => Items(name).Select((item, i) => new ConfigReader(item, Path, $"{_prefix}{name}[{i}]"));

    /// <summary>An exception about the value at a key.</summary>
    /// <param name="name">The key.</param>
    /// <param name="problem">What is wrong and what was expected, to be read behind the key's name.</param>
    public InvalidFileException Refuse(string name, string problem) => new(Path, $"{Excerpt.Quote(_prefix + name)} {problem}");

    private JsonElement? Find(string name) => Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private InvalidFileException Missing(string name, string expected) => new(Path, $"\"{_prefix}{name}\" is missing; expected {expected}.");

    private InvalidFileException Refuse(string place, JsonElement value, string expected) => new(Path, $"{Excerpt.Quote(place)} is {Show(value)}; expected {expected}.");

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => Excerpt.Quote(value.GetString()),
        _ => Excerpt.Quote(value.GetRawText()).Trim('"'),
    };
}
