using System.Text.Json;
using System.Text.Json.Nodes;
using Strata.Jupyter.Session;
using Strata.Models;

namespace Strata.Cli.Running;

/// <summary>Checks that JSON from outside is a notebook, before anything reads it as one.</summary>
internal static class NotebookValidation
{
    /// <summary>Nesting allowed in a notebook file; figures nest about ten deep.</summary>
    public const int MaxDepth = 100;

    private static readonly string[] Kinds = ["code", "markdown", "raw"];
    private static readonly string[] OutputTypes = ["stream", "display_data", "execute_result", "error"];

    /// <summary>The notebook, when it is one.</summary>
    /// <exception cref="InvalidFileException">It is not; the message names the place.</exception>
    public static JsonObject Require(JsonNode? json, string path)
    {
        Checker check = new(path);
        if (json is not JsonObject notebook || (!notebook.ContainsKey("nbformat") && !notebook.ContainsKey("cells")))
            throw check.Problem("is JSON, but no notebook: expected an object with \"cells\", \"metadata\" and \"nbformat\": 4");
        int? version = Number(notebook["nbformat"]);
        if (version != 4)
            throw check.Problem($"has nbformat {notebook["nbformat"]?.ToJsonString() ?? "missing"}; expected 4. Open it in Jupyter and save it again, or run `jupyter nbconvert --to notebook --nbformat 4`");
        if (Number(notebook["nbformat_minor"] ?? JsonValue.Create(0)) is not >= 0) throw check.Problem("\"nbformat_minor\" is no whole number; expected 0 to 5");
        notebook["metadata"] ??= new JsonObject();
        check.Object(notebook["metadata"], "\"metadata\"");
        JsonArray cells = check.Array(notebook["cells"], "\"cells\"");
        for (int i = 0; i < cells.Count; i++) Cell(check, cells[i], $"cell {i + 1}");
        check.Texts(notebook);
        return notebook;
    }

    /// <summary>Whether nbformat 4.5 allows this id: 1 to 64 letters, digits, hyphens and underscores.</summary>
    public static bool IsCellId(string? id) => id is { Length: >= 1 and <= 64 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static void Cell(Checker check, JsonNode? json, string place)
    {
        JsonObject cell = check.Object(json, place);
        string kind = check.OneOf(cell["cell_type"], Kinds, $"{place}: \"cell_type\"");
        check.Multiline(cell["source"], $"{place}: \"source\"");
        cell["metadata"] ??= new JsonObject();
        check.Object(cell["metadata"], $"{place}: \"metadata\"");
        if (cell["attachments"] is { } attachments)
            foreach ((string name, JsonNode? bundle) in check.Object(attachments, $"{place}: \"attachments\"")) check.Object(bundle, $"{place}: attachment \"{name}\"");
        if (kind != "code") return;
        cell["outputs"] ??= new JsonArray();
        JsonArray outputs = check.Array(cell["outputs"], $"{place}: \"outputs\"");
        for (int i = 0; i < outputs.Count; i++) Output(check, outputs[i], $"{place}, output {i + 1}");
    }

    private static void Output(Checker check, JsonNode? json, string place)
    {
        JsonObject output = check.Object(json, place);
        switch (check.OneOf(output["output_type"], OutputTypes, $"{place}: \"output_type\""))
        {
            case "stream":
                check.Text(output["name"], $"{place}: \"name\"");
                check.Multiline(output["text"], $"{place}: \"text\"");
                break;
            case "error":
                check.Text(output["ename"], $"{place}: \"ename\"");
                check.Text(output["evalue"], $"{place}: \"evalue\"");
                foreach (JsonNode? line in check.Array(output["traceback"], $"{place}: \"traceback\"")) check.Text(line, $"{place}: a line of \"traceback\"");
                break;
            default:
                output["metadata"] ??= new JsonObject();
                check.Object(output["metadata"], $"{place}: \"metadata\"");
                foreach ((string mime, JsonNode? content) in check.Object(output["data"], $"{place}: \"data\""))
                    if (!Renderings.IsJson(mime)) check.Multiline(content, $"{place}: \"{mime}\"");
                break;
        }
    }

    private static int? Number(JsonNode? json) => json is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out int number) ? number : null;

    private sealed class Checker(string path)
    {
        public InvalidFileException Problem(string problem) => new(path, $"{problem}.");

        public JsonObject Object(JsonNode? json, string place) => json as JsonObject ?? throw Unexpected(json, place, "an object");

        public JsonArray Array(JsonNode? json, string place) => json as JsonArray ?? throw Unexpected(json, place, "a list");

        public string Text(JsonNode? json, string place) => IsText(json) ? ReadText(json!, place) : throw Unexpected(json, place, "a string");

        public void Multiline(JsonNode? json, string place)
        {
            if (!IsText(json) && !(json is JsonArray lines && lines.All(IsText))) throw Unexpected(json, place, "a string or a list of strings only");
        }

        public string OneOf(JsonNode? json, string[] valid, string place)
        {
            string text = Text(json, place);
            return valid.Contains(text) ? text : throw Problem($"{place} is \"{text}\". {NearestNames.Suggest(text, valid).TrimEnd('.')}");
        }

        /// <summary>Reads every string once: JSON may hold half of a surrogate pair, which is no text.</summary>
        public void Texts(JsonNode? json)
        {
            if (json is JsonObject properties)
                foreach ((_, JsonNode? value) in properties) Texts(value);
            else if (json is JsonArray items)
                foreach (JsonNode? item in items) Texts(item);
            else if (IsText(json))
                ReadText(json!, json!.GetPath());
        }

        private string ReadText(JsonNode json, string place)
        {
            try
            {
                return json.GetValue<string>();
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidFileException(path, $"{place} holds half of a surrogate pair; expected valid Unicode.", e);
            }
        }

        private static bool IsText(JsonNode? json) => json?.GetValueKind() == JsonValueKind.String;

        private InvalidFileException Unexpected(JsonNode? json, string place, string expected) =>
            Problem($"{place} {(json is null ? "is missing" : $"is {Describe(json.GetValueKind())}")}; expected {expected}");

        private static string Describe(JsonValueKind kind) => kind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            _ => "a truth value",
        };
    }
}
