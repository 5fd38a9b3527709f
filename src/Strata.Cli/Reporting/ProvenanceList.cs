using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Cli.Reporting;

/// <summary>Where the results of a report came from: one entry per origin, linked with the outputs that share it.</summary>
internal sealed class ProvenanceList
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(string Json, JsonObject Fields, List<(string Label, string Anchor)> Outputs)> _entries = [];

    /// <summary>Whether any output said where it came from.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Notes an output.</summary>
    /// <param name="provenance">What it says.</param>
    /// <param name="label">The output's name for readers.</param>
    /// <param name="anchor">Its id in the page.</param>
    /// <returns>The number of the entry, from 1.</returns>
    public int Add(JsonObject provenance, string label, string anchor)
    {
        string json = provenance.ToJsonString();
        int index = _entries.FindIndex(entry => entry.Json == json);
        if (index < 0)
        {
            index = _entries.Count;
            _entries.Add((json, provenance, []));
        }

        _entries[index].Outputs.Add((label, anchor));
        return index + 1;
    }

    /// <summary>The section of the report.</summary>
    public string ToHtml()
    {
        StringBuilder html = new("<section class=\"provenance\" aria-labelledby=\"provenance\"><h2 id=\"provenance\">Provenance</h2><p>What each result was computed from, enough to make it again.</p>");
        for (int i = 0; i < _entries.Count; i++)
        {
            html.Append($"<article id=\"origin:{i + 1}\"><h3>{i + 1}</h3><dl>");
            foreach ((string name, JsonNode? value) in _entries[i].Fields) Field(html, name, value);
            html.Append("<dt>results</dt><dd>").AppendJoin(", ", _entries[i].Outputs.Select(o => $"<a href=\"#{o.Anchor}\">{Html.Escape(o.Label)}</a>")).Append("</dd></dl></article>");
        }

        return html.Append("</section>").ToString();
    }

    private static void Field(StringBuilder html, string name, JsonNode? value)
    {
        string text = value switch
        {
            null => "",
            JsonObject fields => string.Join("\n", fields.Select(pair => $"{pair.Key}: {Text(pair.Value)}")),
            JsonArray items => string.Join("\n", items.Select(Text)),
            _ => Text(value),
        };
        if (text.Length > 0) html.Append($"<dt>{Html.Escape(Words(name))}</dt><dd>{Html.Escape(text)}</dd>");
    }

    private static string Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value?.ToJsonString(Readable) ?? "";

    /// <summary><c>modelHash</c> to <c>model hash</c>.</summary>
    private static string Words(string name) => string.Concat(name.Select(c => char.IsAsciiLetterUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString())).Trim();
}
