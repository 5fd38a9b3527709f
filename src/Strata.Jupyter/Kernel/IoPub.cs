using System.Text;
using System.Text.Json.Nodes;
using Strata.Jupyter.Protocol;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>What every connected front end sees: status, outputs, errors; each belongs to the request that caused it.</summary>
/// <param name="send">Sends a message to the subscribers.</param>
/// <param name="codec">Writes messages.</param>
internal sealed class IoPub(Action<IReadOnlyList<byte[]>> send, MessageCodec codec)
{
    private readonly Lock _order = new();

    /// <summary>Publishes a message.</summary>
    public void Publish(string type, JupyterMessage? parent, JsonObject content, JsonObject? metadata = null)
    {
        lock (_order) send([Encoding.ASCII.GetBytes($"kernel.{type}"), .. codec.Write(type, parent, content, metadata)]);
    }

    /// <summary>Says what the kernel is doing: <c>starting</c>, <c>busy</c> or <c>idle</c>.</summary>
    public void Status(JupyterMessage? parent, string state) => Publish("status", parent, new JsonObject { ["execution_state"] = state });

    /// <summary>The renderings of an output as messages hold them.</summary>
    public static JsonObject Data(MimeBundle bundle)
    {
        JsonObject data = [];
        foreach ((string mime, string content) in bundle.Renderings) data[mime] = Renderings.IsJson(mime) ? JsonNode.Parse(content) : content;
        return data;
    }

    /// <summary>A failure as messages hold it.</summary>
    public static JsonObject Error(CellError error) => new()
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["traceback"] = new JsonArray(error.Traceback.Select(line => (JsonNode)line).ToArray()),
    };
}
