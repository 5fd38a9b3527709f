using System.Globalization;
using System.Text;
using Strata.Models;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Strata.Research;

/// <summary>What a small YAML (or JSON) file says of a task: type, files, split, names of fields, numbers of the protocol.</summary>
internal sealed class TaskDescription
{
    private const int MaxBytes = 1 << 20;

    private static readonly string[] Keys =
    [
        "name", "type", "split", "revision", "languages", "files", "fields", "experiments", "samples-per-label", "c", "clusterings", "documents-per-clustering", "max-documents",
    ];

    private readonly Dictionary<string, string> _values;
    private readonly string _path;

    private TaskDescription(string path, Dictionary<string, string> values) => (_path, _values) = (path, values);

    /// <summary>The description of a folder or file that has none.</summary>
    public static TaskDescription None(string path) => new(path, []);

    /// <summary>Reads a description. Aliases and tags are refused; nothing but text, lists of text and two maps is read, so that nothing can grow.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, is no map, or has a key that is not known.</exception>
    public static TaskDescription Read(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Length > MaxBytes) throw new InvalidFileException(path, $"has {file.Length:N0} bytes; a description of a task is small. Rows stand in files of their own.");
            using StreamReader reader = new(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return new TaskDescription(path, Map(path, new Parser(reader)));
        }
        catch (YamlException e)
        {
            throw new InvalidFileException(path, $"line {e.Start.Line}: broken YAML: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // The scanner's own checks; a broken file must not look like a fault of the program.
            throw new InvalidFileException(path, $"broken YAML: {e.Message}", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidFileException(path, "no valid UTF-8; expected text in UTF-8.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A value; null where it is not given.</summary>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>The file of a part (<c>test</c>, <c>corpus</c>) as the description names it.</summary>
    public string? File(string part) => _values.GetValueOrDefault($"files.{part}");

    /// <summary>The name that a field has in the file.</summary>
    public string Field(string field) => _values.GetValueOrDefault($"fields.{field}", field);

    /// <summary>A whole number, 1 or more; null where it is not given.</summary>
    /// <exception cref="InvalidFileException">Something else is given.</exception>
    public int? Count(string key)
    {
        if (this[key] is not string text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 ? value : throw new InvalidFileException(_path, $"{key}: {text} is no whole number, 1 or more.");
    }

    /// <summary>A number above 0; null where it is not given.</summary>
    /// <exception cref="InvalidFileException">Something else is given.</exception>
    public double? Positive(string key)
    {
        if (this[key] is not string text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && double.IsFinite(value) ? value : throw new InvalidFileException(_path, $"{key}: {text} is no number above 0.");
    }

    private static Dictionary<string, string> Map(string path, IParser parser)
    {
        Dictionary<string, string> values = [];
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _) || !parser.TryConsume<MappingStart>(out _)) throw new InvalidFileException(path, "is no map of names and values; expected type, files and so on (docs/tasks.md).");
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            string key = Key(path, parser, Keys);
            if (key is "files" or "fields") Inner(path, parser, key, values);
            else Set(path, values, key, Value(path, parser, key));
        }

        return values;
    }

    private static void Inner(string path, IParser parser, string name, Dictionary<string, string> values)
    {
        if (!parser.TryConsume<MappingStart>(out _)) throw Wrong(path, parser, $"{name} is a map, as in {name}: {{{(name == "files" ? "test: test.jsonl" : "text: sentence")}}}");
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            string key = Key(path, parser, name == "files" ? TaskReader.Parts : TaskReader.Fields);
            Set(path, values, $"{name}.{key}", Value(path, parser, key));
        }
    }

    private static string Key(string path, IParser parser, IReadOnlyList<string> known)
    {
        long line = parser.Current?.Start.Line ?? 0;
        if (!parser.TryConsume<Scalar>(out Scalar? key)) throw Wrong(path, parser, "expected a name");
        return known.Contains(key.Value) ? key.Value : throw new InvalidFileException(path, $"line {line}: \"{(key.Value.Length > 60 ? key.Value[..60] + "..." : key.Value)}\" is not known in a description of a task. {NearestNames.Suggest(key.Value.Length > 60 ? "" : key.Value, known)}");
    }

    /// <summary>A text, or the texts of a list with commas between.</summary>
    private static string Value(string path, IParser parser, string key)
    {
        if (parser.TryConsume<Scalar>(out Scalar? text)) return text.Value;
        if (key != "languages" || !parser.TryConsume<SequenceStart>(out _)) throw Wrong(path, parser, $"{key} is one value");
        List<string> values = [];
        while (!parser.TryConsume<SequenceEnd>(out _)) values.Add(parser.TryConsume<Scalar>(out Scalar? item) ? item.Value : throw Wrong(path, parser, $"{key} is a list of text"));
        return string.Join(",", values);
    }

    private static void Set(string path, Dictionary<string, string> values, string key, string value)
    {
        if (!values.TryAdd(key, value)) throw new InvalidFileException(path, $"gives {key} twice.");
    }

    private static InvalidFileException Wrong(string path, IParser parser, string expected) => new(path, $"line {parser.Current?.Start.Line}: {expected}.");
}
