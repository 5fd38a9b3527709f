using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Cli.Running;

/// <summary>What a cell holds.</summary>
public enum CellKind
{
    /// <summary>Code to run.</summary>
    Code,

    /// <summary>Text in Markdown.</summary>
    Markdown,

    /// <summary>Text that is passed through as it is.</summary>
    Raw,
}

/// <summary>A cell of a <see cref="Notebook"/>: a view of its JSON, through which it can be changed.</summary>
public sealed class NotebookCell
{
    internal NotebookCell(JsonObject json) => Json = json;

    /// <summary>What the cell holds.</summary>
    public CellKind Kind => Json["cell_type"]!.GetValue<string>() switch
    {
        "code" => CellKind.Code,
        "markdown" => CellKind.Markdown,
        _ => CellKind.Raw,
    };

    /// <summary>The cell's text; lines end in <c>\n</c>.</summary>
    public string Source
    {
        get => Multiline.Read(Json["source"]!);
        set => Json["source"] = Multiline.Write(value);
    }

    /// <summary>The cell's own metadata; changes are kept.</summary>
    public JsonObject Metadata => Json["metadata"]!.AsObject();

    /// <summary>The id that format 4.5 gives each cell; null in older notebooks until they are written.</summary>
    public string? Id
    {
        get => Json["id"] is JsonValue value && value.TryGetValue(out string? id) ? id : null;
        internal set
        {
            Json.Remove("id");
            Json.Insert(Json.IndexOf("cell_type") + 1, "id", value);
        }
    }

    /// <summary>The cell's tags, such as papermill's <c>parameters</c>.</summary>
    public IReadOnlyList<string> Tags =>
        Metadata["tags"] is JsonArray tags ? tags.OfType<JsonValue>().Where(tag => tag.GetValueKind() == JsonValueKind.String).Select(tag => tag.GetValue<string>()).ToArray() : [];

    /// <summary>The language that a polyglot notebook gives this cell; null when it has none of its own.</summary>
    public string? Language => Name("polyglot_notebook", "kernelName") ?? Name("dotnet_interactive", "language");

    /// <summary>Whether the author folded the code away, as JupyterLab notes it.</summary>
    public bool IsSourceHidden => Metadata["jupyter"] is JsonObject jupyter && jupyter["source_hidden"]?.GetValueKind() == JsonValueKind.True;

    /// <summary>Which execution of the session the cell was; null when it has not run, and for cells without code.</summary>
    public int? ExecutionCount
    {
        get => Json["execution_count"] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out int count) ? count : null;
        set => Json["execution_count"] = value;
    }

    /// <summary>The outputs of a code cell, in order; empty for other cells. Set <see cref="ExecutionCount"/> first: results repeat it.</summary>
    public IReadOnlyList<CellOutput> Outputs
    {
        get => Json["outputs"] is JsonArray outputs ? outputs.Select(output => CellOutput.FromJson(output!.AsObject())).ToArray() : [];
        set => Json["outputs"] = new JsonArray(value.Select(output => (JsonNode)output.ToJson(ExecutionCount)).ToArray());
    }

    /// <summary>Pictures that a Markdown cell carries: name to renderings by MIME type, in base64.</summary>
    public JsonObject? Attachments => Json["attachments"] as JsonObject;

    internal JsonObject Json { get; }

    /// <summary>Forgets outputs and execution count of a code cell.</summary>
    public void ClearOutputs()
    {
        if (Kind != CellKind.Code) return;
        ExecutionCount = null;
        Outputs = [];
    }

    internal static NotebookCell Create(CellKind kind, string source, IReadOnlyList<string> tags)
    {
        JsonObject json = new() { ["cell_type"] = kind.ToString().ToLowerInvariant() };
        if (kind == CellKind.Code) json["execution_count"] = null;
        json["metadata"] = tags.Count == 0 ? new JsonObject() : new JsonObject { ["tags"] = new JsonArray(tags.Select(tag => (JsonNode)tag).ToArray()) };
        if (kind == CellKind.Code) json["outputs"] = new JsonArray();
        json["source"] = Multiline.Write(source);
        return new NotebookCell(json);
    }

    /// <summary>Brings the cell to the form in which Jupyter writes it: source as a list of lines, an execution count in every code cell.</summary>
    internal void Normalize()
    {
        Source = Source;
        if (Kind == CellKind.Code && !Json.ContainsKey("execution_count")) Json["execution_count"] = null;
    }

    private string? Name(string section, string key) =>
        Metadata[section] is JsonObject part && part[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
