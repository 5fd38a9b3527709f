using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>What every host does with the renderings of an output before it puts them into a notebook: check them, keep them within a size, say where they came from.</summary>
public static class Renderings
{
    /// <summary>Characters allowed for all renderings of one output.</summary>
    public const int Budget = 1 << 20;

    /// <summary>The key in an output's metadata that says where it came from.</summary>
    public const string ProvenanceKey = "strata.provenance";

    private static readonly JsonSerializerOptions ProvenanceJson = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Whether content of this MIME type is JSON rather than text.</summary>
    public static bool IsJson(string mime) => mime == "application/json" || mime.EndsWith("+json", StringComparison.Ordinal);

    /// <summary>Leaves out the largest renderings until the rest is within <see cref="Budget"/>.</summary>
    /// <returns>What is kept, and a line that says what is not; null when all is kept.</returns>
    /// <exception cref="StrataException">A rendering that must be JSON is not.</exception>
    public static (MimeBundle Kept, string? Notice) Fit(MimeBundle bundle)
    {
        foreach ((string mime, string content) in bundle.Renderings)
            if (IsJson(mime)) RequireJson(mime, content);
        Dictionary<string, string> kept = new(bundle.Renderings);
        List<string> left = [];
        foreach ((string mime, string content) in bundle.Renderings.OrderByDescending(pair => pair.Value.Length))
        {
            if (kept.Values.Sum(text => (long)text.Length) <= Budget) break;
            kept.Remove(mime);
            left.Add($"{mime} of {Size(content.Length)}");
        }

        if (left.Count == 0) return (bundle, null);
        string rest = kept.Count == 0 ? "nothing of it is shown" : $"shown are {string.Join(", ", kept.Keys)}";
        return (bundle with { Renderings = kept }, $"[An output is larger than {Size(Budget)}: {string.Join(", ", left)} left out; {rest}. Show fewer rows or points, or write it to a file.]\n");
    }

    /// <summary>The metadata of an output: where it came from travels with it.</summary>
    public static JsonObject Metadata(MimeBundle bundle) => bundle.Provenance is null
        ? []
        : new JsonObject { [ProvenanceKey] = JsonSerializer.SerializeToNode(bundle.Provenance, ProvenanceJson) };

    /// <summary>A number of characters for people.</summary>
    public static string Size(int characters) => FormattableString.Invariant($"{characters / 1048576.0:0.#} MB");

    private static void RequireJson(string mime, string content)
    {
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(content);
        }
        catch (JsonException e)
        {
            throw new StrataException($"The rendering {mime} of an output is not JSON: {e.Message}", e);
        }
    }
}
