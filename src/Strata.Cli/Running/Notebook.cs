using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Strata.Models;

namespace Strata.Cli.Running;

/// <summary>
/// A Jupyter notebook (nbformat 4.0 to 4.5), kept as the JSON that was read: what this class does not know survives, in its order. Written as 4.5.
/// Format: https://nbformat.readthedocs.io/en/latest/format_description.html.
/// </summary>
public sealed class Notebook
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        NewLine = "\n",
        MaxDepth = NotebookValidation.MaxDepth,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly JsonObject _json;
    private readonly List<NotebookCell> _cells;

    private Notebook(JsonObject json)
    {
        _json = json;
        _cells = json["cells"]!.AsArray().Select(cell => new NotebookCell(cell!.AsObject())).ToList();
    }

    /// <summary>The cells, top to bottom.</summary>
    public IReadOnlyList<NotebookCell> Cells => _cells;

    /// <summary>The notebook's own metadata; changes are kept.</summary>
    public JsonObject Metadata => _json["metadata"]!.AsObject();

    /// <summary>The language that the notebook says it is in, as its kernel spells it; null when it does not say.</summary>
    public string? Language => Text("language_info", "name") ?? Text("kernelspec", "language");

    /// <summary>The kernel as people know it, or else the language; empty when the notebook names neither.</summary>
    public string KernelName => Text("kernelspec", "display_name") ?? Language ?? "";

    /// <summary>Whether any code cell carries the marks of an execution: a count or outputs. Without code cells there is nothing to execute.</summary>
    public bool IsExecuted
    {
        get
        {
            NotebookCell[] code = _cells.Where(cell => cell.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(cell.Source)).ToArray();
            return code.Length == 0 || code.Any(cell => cell.ExecutionCount is not null || cell.Outputs.Count > 0);
        }
    }

    /// <summary>An empty C# notebook.</summary>
    public static Notebook Empty() => new(new JsonObject
    {
        ["cells"] = new JsonArray(),
        ["metadata"] = new JsonObject { ["language_info"] = new JsonObject { ["name"] = "C#" } },
        ["nbformat"] = 4,
        ["nbformat_minor"] = 5,
    });

    /// <summary>Reads a notebook file.</summary>
    /// <exception cref="InvalidFileException">Missing, not JSON, or not a notebook of version 4.</exception>
    public static Notebook Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message} Expected a Jupyter notebook (.ipynb).", e);
        }

        return Parse(bytes, path);
    }

    /// <summary>Reads a notebook from UTF-8 JSON.</summary>
    /// <param name="utf8">The file's content.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidFileException">Not JSON, or not a notebook of version 4.</exception>
    public static Notebook Parse(ReadOnlySpan<byte> utf8, string path)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble)) utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(utf8, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = NotebookValidation.MaxDepth });
        }
        catch (JsonException e)
        {
            throw new InvalidFileException(path, $"is not JSON: {e.Message} Expected a Jupyter notebook (.ipynb, nbformat 4).", e);
        }

        return new Notebook(NotebookValidation.Require(json, path));
    }

    /// <summary>Writes the notebook as nbformat 4.5, laid out as Jupyter does; the file is replaced as a whole or not at all.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Write(string path) => AtomicFile.WriteText(path, ToJson());

    /// <summary>The text of the notebook file.</summary>
    public string ToJson()
    {
        _json["nbformat"] = 4;
        _json["nbformat_minor"] = 5;
        GiveIds();
        foreach (NotebookCell cell in _cells) cell.Normalize();
        return _json.ToJsonString(Layout) + "\n";
    }

    /// <summary>Puts a new cell at a position.</summary>
    /// <returns>The cell.</returns>
    public NotebookCell Insert(int position, CellKind kind, string source, params string[] tags)
    {
        NotebookCell cell = NotebookCell.Create(kind, source, tags);
        _json["cells"]!.AsArray().Insert(position, cell.Json);
        _cells.Insert(position, cell);
        return cell;
    }

    /// <summary>Takes a cell out.</summary>
    public void RemoveAt(int position)
    {
        _json["cells"]!.AsArray().RemoveAt(position);
        _cells.RemoveAt(position);
    }

    private string? Text(string section, string key) =>
        Metadata[section] is JsonObject part && part[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>Format 4.5 asks for an id per cell, unique in the notebook. Ids come from the content, so that writing twice gives the same file.</summary>
    private void GiveIds()
    {
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (NotebookCell cell in _cells)
        {
            if (NotebookValidation.IsCellId(cell.Id) && taken.Add(cell.Id!)) continue;
            for (int attempt = 0; ; attempt++)
            {
                string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{attempt}\n{cell.Source}")))[..8];
                if (_cells.Any(other => other != cell && other.Id == id) || !taken.Add(id)) continue;
                cell.Id = id;
                break;
            }
        }
    }
}
