using System.Text.Json;

namespace Strata.Jupyter.Protocol;

/// <summary>A message from a front end, checked (https://jupyter-client.readthedocs.io/en/stable/messaging.html).</summary>
internal sealed class JupyterMessage
{
    /// <summary>The peer's identity on the socket.</summary>
    public required byte[] Identity { get; init; }

    /// <summary>Parts before the delimiter, which an answer repeats.</summary>
    public required IReadOnlyList<byte[]> Route { get; init; }

    /// <summary>The header as it arrived: the parent header of every answer.</summary>
    public required byte[] Header { get; init; }

    /// <summary>What is asked for: <c>execute_request</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The message's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its content: a JSON object.</summary>
    public required JsonElement Content { get; init; }

    /// <summary>When it arrived, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public required long Received { get; init; }

    /// <summary>A text of the content; null where there is none.</summary>
    public string? Text(string name) => Content.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A truth value of the content.</summary>
    public bool Flag(string name, bool usual) => Content.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : usual;

    /// <summary>A number of the content.</summary>
    public int Number(string name, int usual) => Content.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : usual;
}
