using System.Text.Json.Nodes;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Cli.Running;

/// <summary>One output of a code cell, as nbformat 4 has them.</summary>
public abstract record CellOutput
{
    /// <summary>Reads an output that <see cref="NotebookValidation"/> has passed.</summary>
    internal static CellOutput FromJson(JsonObject json) => json["output_type"]!.GetValue<string>() switch
    {
        "stream" => new StreamOutput(json["name"]!.GetValue<string>() == "stderr" ? StandardStream.Error : StandardStream.Output, Multiline.Read(json["text"]!)),
        "error" => new ErrorOutput(new CellError(
            json["ename"]!.GetValue<string>(),
            json["evalue"]!.GetValue<string>(),
            json["traceback"]!.AsArray().Select(line => line!.GetValue<string>()).ToArray())),
        "execute_result" => new DisplayOutput(Bundle(json), json["metadata"]!.AsObject(), IsResult: true),
        _ => new DisplayOutput(Bundle(json), json["metadata"]!.AsObject(), IsResult: false),
    };

    /// <summary>The output as nbformat has it.</summary>
    /// <param name="executionCount">The cell's execution count, which results repeat.</param>
    internal abstract JsonObject ToJson(int? executionCount);

    private static MimeBundle Bundle(JsonObject json) => new(json["data"]!.AsObject().ToDictionary(
        pair => pair.Key,
        pair => Renderings.IsJson(pair.Key) ? pair.Value?.ToJsonString() ?? "null" : Multiline.Read(pair.Value!)));
}

/// <summary>Text that the cell wrote to the console.</summary>
/// <param name="Stream">Which stream.</param>
/// <param name="Text">The text.</param>
public sealed record StreamOutput(StandardStream Stream, string Text) : CellOutput
{
    internal override JsonObject ToJson(int? executionCount) => new()
    {
        ["name"] = Stream == StandardStream.Error ? "stderr" : "stdout",
        ["output_type"] = "stream",
        ["text"] = Multiline.Write(Text),
    };
}

/// <summary>Something shown: by the cell's code, or as its last expression.</summary>
/// <param name="Bundle">The renderings.</param>
/// <param name="Metadata">nbformat's metadata of the output.</param>
/// <param name="IsResult">Whether it is the value of the cell's last expression.</param>
public sealed record DisplayOutput(MimeBundle Bundle, JsonObject Metadata, bool IsResult) : CellOutput
{
    internal override JsonObject ToJson(int? executionCount)
    {
        JsonObject data = [];
        foreach ((string mime, string content) in Bundle.Renderings) data[mime] = Renderings.IsJson(mime) ? JsonNode.Parse(content) : Multiline.Write(content);
        JsonObject json = new() { ["data"] = data };
        if (IsResult) json["execution_count"] = executionCount;
        json["metadata"] = Metadata.DeepClone();
        json["output_type"] = IsResult ? "execute_result" : "display_data";
        return json;
    }
}

/// <summary>The failure that ended the cell.</summary>
/// <param name="Error">The failure.</param>
public sealed record ErrorOutput(CellError Error) : CellOutput
{
    internal override JsonObject ToJson(int? executionCount) => new()
    {
        ["ename"] = Error.Name,
        ["evalue"] = Error.Message,
        ["output_type"] = "error",
        ["traceback"] = new JsonArray(Error.Traceback.Select(line => (JsonNode)line).ToArray()),
    };
}
