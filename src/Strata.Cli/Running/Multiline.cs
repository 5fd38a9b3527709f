using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Cli.Running;

/// <summary>nbformat's form of long text: a list of lines, each with its line end, or one string.</summary>
internal static class Multiline
{
    /// <summary>The text.</summary>
    public static string Read(JsonNode json) =>
        json.GetValueKind() == JsonValueKind.Array ? string.Concat(json.AsArray().Select(line => line!.GetValue<string>())) : json.GetValue<string>();

    /// <summary>The list of lines.</summary>
    public static JsonArray Write(string text)
    {
        JsonArray lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            int next = end < 0 ? text.Length : end + 1;
            lines.Add((JsonNode)text[start..next]);
            start = next;
        }

        return lines;
    }
}
