using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Strata.Models;

namespace Strata.Research;

/// <summary>Writes the tokenizer of a toy task: one token per word, in the format of Hugging Face's <c>tokenizer.json</c>.</summary>
internal static class WordLevelTokenizer
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c> into a folder.</summary>
    /// <exception cref="InvalidFileException">The folder is missing or may not be written.</exception>
    public static void Write(string folder, IReadOnlyList<string> vocabulary, int padId, int? bosId, int maxLength)
    {
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer.json"), Tokenizer(vocabulary, padId, bosId).ToJsonString(Layout));
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer_config.json"), Config(vocabulary, padId, bosId, maxLength).ToJsonString(Layout));
    }

    private static JsonObject Tokenizer(IReadOnlyList<string> vocabulary, int padId, int? bosId)
    {
        bool lowerCase = vocabulary.All(name => name == name.ToLowerInvariant());
        JsonObject ids = [];
        for (int id = 0; id < vocabulary.Count; id++) ids.Add(vocabulary[id], id);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(new[] { padId, bosId ?? padId }.Distinct().Order().Select(id => SpecialToken(id, vocabulary[id])).ToArray()),
            ["normalizer"] = lowerCase ? new JsonObject { ["type"] = "Lowercase" } : null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" },
            ["post_processor"] = bosId is int bos ? BeginWith(bos, vocabulary[bos]) : null,
            ["decoder"] = null,
            ["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = ids, ["unk_token"] = vocabulary[padId] },
        };
    }

    private static JsonNode SpecialToken(int id, string name) => new JsonObject
    {
        ["id"] = id,
        ["content"] = name,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    /// <summary>A template that puts a token before the text, and before a pair of texts.</summary>
    private static JsonObject BeginWith(int id, string name)
    {
        JsonObject Special() => new() { ["SpecialToken"] = new JsonObject { ["id"] = name, ["type_id"] = 0 } };
        JsonObject Sequence(string text, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = text, ["type_id"] = type } };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(), Sequence("A", 0)),
            ["pair"] = new JsonArray(Special(), Sequence("A", 0), Sequence("B", 1)),
            ["special_tokens"] = new JsonObject
            {
                [name] = new JsonObject { ["id"] = name, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(name) },
            },
        };
    }

    private static JsonObject Config(IReadOnlyList<string> vocabulary, int padId, int? bosId, int maxLength)
    {
        JsonObject config = new() { ["tokenizer_class"] = "PreTrainedTokenizerFast" };
        if (bosId is int bos) config["bos_token"] = vocabulary[bos];
        config["eos_token"] = vocabulary[padId];
        config["pad_token"] = vocabulary[padId];
        config["model_max_length"] = maxLength;
        return config;
    }
}
