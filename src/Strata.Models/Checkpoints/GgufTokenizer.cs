using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Models;

/// <summary>
/// The tokenizer in the metadata of a GGUF file. Byte-level BPE (<c>gpt2</c>) is written as the tokenizer.json that it was made from, and read as such; SentencePiece (<c>llama</c>)
/// is a table of pieces. Names of special tokens, the treatment of BOS and EOS and the chat template become a tokenizer_config.json.
/// </summary>
/// <remarks>Source: llama.cpp's src/llama-vocab.cpp (what the keys mean, their defaults, and which regular expressions a pre-tokenizer has).</remarks>
internal sealed class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";
    private const int MaxAdded = 256, Normal = 1, Control = 3, UserDefined = 4;

    private static readonly Dictionary<string, Cutting> Cuttings = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = new([TiktokenFile.Patterns["gpt2"]]),
        ["phi-2"] = new([TiktokenFile.Patterns["gpt2"]]),
        ["mpt"] = new([TiktokenFile.Patterns["gpt2"]]),
        ["olmo"] = new([TiktokenFile.Patterns["gpt2"]]),
        ["dbrx"] = new([TiktokenFile.Patterns["cl100k_base"]]),
        ["smaug-bpe"] = new([TiktokenFile.Patterns["cl100k_base"]]),
        ["llama-bpe"] = new([TiktokenFile.Patterns["llama3"]]) { TakesWholeWords = true, BeginsWithBos = true },
        ["llama3"] = new([TiktokenFile.Patterns["llama3"]]) { TakesWholeWords = true, BeginsWithBos = true },
        ["llama-v3"] = new([TiktokenFile.Patterns["llama3"]]) { TakesWholeWords = true, BeginsWithBos = true },
        ["qwen2"] = new([TiktokenFile.Patterns["qwen"]]) { Composes = true },
        ["deepseek-r1-qwen"] = new([TiktokenFile.Patterns["qwen"]]),
        ["stablelm2"] = new([TiktokenFile.Patterns["qwen"]]),
        ["gpt-4o"] = new([TiktokenFile.Patterns["o200k_base"]]),
        ["smollm"] = new([@"\p{N}", TiktokenFile.Patterns["gpt2"]]),
        ["starcoder"] = new([@"\p{N}", TiktokenFile.Patterns["gpt2"]]),
        ["refact"] = new([@"\p{N}", TiktokenFile.Patterns["gpt2"]]),
        ["command-r"] = new([@"\p{N}", TiktokenFile.Patterns["gpt2"]]),
        ["falcon"] = new([@"[\p{P}\$\+<=>\^~\|`]+", TiktokenFile.Patterns["gpt2"], "[0-9][0-9][0-9]"]),
    };

    private readonly GgufMetadata _metadata;
    private readonly string _path;
    private readonly IReadOnlyList<string> _tokens;
    private readonly double[]? _kinds;

    private GgufTokenizer(GgufMetadata metadata, string path, IReadOnlyList<string> tokens)
    {
        _metadata = metadata;
        _path = path;
        _tokens = tokens;
        _kinds = metadata.Numbers(Prefix + "token_type");
        if (_kinds is not null && _kinds.Length != tokens.Count) throw new InvalidFileException(path, $"has {tokens.Count} tokens and the kinds of {_kinds.Length}.");
    }

    /// <summary>Reads the tokenizer.</summary>
    /// <returns>The tokenizer, or null and the reason: the file has none, or one of a kind that is not read.</returns>
    /// <exception cref="InvalidFileException">What the file says of it does not fit together.</exception>
    public static (Tokenizer? Tokenizer, string Lack) Read(GgufMetadata metadata, string path)
    {
        string? model = metadata.Text(Prefix + "model");
        if (model is null || metadata.Texts(Prefix + "tokens") is not { Count: > 0 } tokens) return (null, "The file has no tokenizer in its metadata.");
        GgufTokenizer reader = new(metadata, path, tokens);
        // Before there were names of pre-tokenizers, files of this kind were GPT-2's.
        string pre = metadata.Text(Prefix + "pre") ?? "gpt-2";
        return model switch
        {
            "gpt2" when Cuttings.TryGetValue(pre, out Cutting? cutting) => (reader.BytePairs(cutting), ""),
            "gpt2" => (null, $"Its tokenizer cuts words in the way {Excerpt.Quote(pre)}, which is not read from GGUF files."),
            "llama" => (reader.SentencePieces(), ""),
            _ => (null, $"Its tokenizer is of the kind {Excerpt.Quote(model)}, which is not read from GGUF files; gpt2 and llama are."),
        };
    }

    /// <summary>The tokenizer as the files of a Hugging Face folder, where it is one of byte-level BPE; none for others.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> Files(GgufMetadata metadata, string path)
    {
        if (metadata.Text(Prefix + "model") != "gpt2" || metadata.Texts(Prefix + "tokens") is not { Count: > 0 } tokens || !Cuttings.TryGetValue(metadata.Text(Prefix + "pre") ?? "gpt-2", out Cutting? cutting)) return [];
        GgufTokenizer reader = new(metadata, path, tokens);
        return [("tokenizer.json", ConfigWriter.Text(reader.File(cutting))), ("tokenizer_config.json", ConfigWriter.Text(reader.Settings(cutting.BeginsWithBos)))];
    }

    private Tokenizer BytePairs(Cutting cutting)
    {
        using JsonDocument parts = Document(File(cutting)), settings = Document(Settings(cutting.BeginsWithBos));
        return new Tokenizer(TokenizerParts.ReadJson(new ConfigReader(parts.RootElement, _path)), new ConfigReader(settings.RootElement, _path));
    }

    private JsonObject File(Cutting cutting)
    {
        JsonObject vocabulary = [];
        for (int id = 0; id < _tokens.Count; id++)
        {
            // Tokens that fill the vocabulary up may have no text.
            if (_tokens[id].Length == 0) continue;
            if (!vocabulary.TryAdd(_tokens[id], id)) throw new InvalidFileException(_path, $"has the token {Excerpt.Quote(_tokens[id])} twice.");
        }

        JsonArray steps = [];
        foreach (string expression in cutting.Expressions)
            steps.Add(new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = expression }, ["behavior"] = "Isolated", ["invert"] = false });
        steps.Add(new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = _metadata.Truth(Prefix + "add_space_prefix") ?? false, ["use_regex"] = false });
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = Added(Control, UserDefined),
            ["normalizer"] = cutting.Composes ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps },
            ["post_processor"] = Template(cutting.BeginsWithBos),
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. (_metadata.Texts(Prefix + "merges") ?? []).Select(merge => (JsonNode)merge)]),
                ["ignore_merges"] = cutting.TakesWholeWords,
            },
        };
    }

    private Tokenizer SentencePieces()
    {
        double[] scores = _metadata.Numbers(Prefix + "scores") ?? new double[_tokens.Count];
        if (scores.Length != _tokens.Count) throw new InvalidFileException(_path, $"has {_tokens.Count} tokens and the scores of {scores.Length}.");
        SentencePieceFile file = SentencePieceFile.BytePairs(_path, _tokens.Select((token, id) => new PieceEntry(token, (float)scores[id], Kind(id))), _metadata.Truth(Prefix + "add_space_prefix") ?? true);
        JsonObject config = Settings(beginsWithBos: true);
        config["tokenizer_class"] = "LlamaTokenizer";
        config["added_tokens_decoder"] = new JsonObject(Added(Control).Select(token => KeyValuePair.Create($"{token!["id"]}", (JsonNode?)token.DeepClone())));
        using JsonDocument settings = Document(config);
        ConfigReader reader = new(settings.RootElement, _path);
        return new Tokenizer(SentencePieceReader.Read(file, new TokenizerSettings(reader, null)), reader);
    }

    /// <summary>What a piece is; those that fill a vocabulary up are never found in a text.</summary>
    private PieceKind Kind(int id)
    {
        PieceKind kind = (PieceKind)(int)(_kinds?[id] ?? Normal);
        if (kind == 0 || !Enum.IsDefined(kind)) throw new InvalidFileException(_path, $"gives the token {id} the kind {_kinds![id]}; expected 1 to 6.");
        return kind == PieceKind.Unused ? PieceKind.Control : kind;
    }

    /// <summary>Tokens that are looked for in the text before anything else.</summary>
    private JsonArray Added(params int[] kinds)
    {
        JsonArray added = [];
        for (int id = 0; id < (_kinds?.Length ?? 0); id++)
        {
            if (kinds.Contains((int)_kinds![id]) && _tokens[id].Length is > 0 and <= MaxAdded)
                added.Add(new JsonObject { ["id"] = id, ["content"] = _tokens[id], ["special"] = (int)_kinds[id] == Control, ["normalized"] = false });
        }

        return added;
    }

    /// <summary>BOS before each text, where it is added; libraries that read tokenizer.json go by this alone.</summary>
    private JsonObject? Template(bool beginsWithBos)
    {
        JsonObject settings = Settings(beginsWithBos);
        if (settings["bos_token"] is not JsonValue bos || !(bool)settings["add_bos_token"]!) return null;
        JsonObject Special(int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = (string)bos!, ["type_id"] = type } };
        JsonObject Text(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(0), Text("A", 0)),
            ["pair"] = new JsonArray(Special(0), Text("A", 0), Special(1), Text("B", 1)),
            ["special_tokens"] = new JsonObject { [(string)bos!] = new JsonObject { ["id"] = (string)bos!, ["ids"] = new JsonArray(_metadata.Int(Prefix + "bos_token_id")!.Value), ["tokens"] = new JsonArray((string)bos!) } },
        };
    }

    private JsonObject Settings(bool beginsWithBos)
    {
        JsonObject settings = new() { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["add_bos_token"] = _metadata.Truth(Prefix + "add_bos_token") ?? beginsWithBos, ["add_eos_token"] = _metadata.Truth(Prefix + "add_eos_token") ?? false };
        foreach ((string key, string name) in new[] { ("bos_token_id", "bos_token"), ("eos_token_id", "eos_token"), ("unknown_token_id", "unk_token"), ("padding_token_id", "pad_token") })
        {
            if (_metadata.Int(Prefix + key) is int id && (uint)id < (uint)_tokens.Count && _tokens[id].Length > 0) settings[name] = _tokens[id];
        }

        JsonArray templates = [];
        if (_metadata.Text("tokenizer.chat_template") is string template) templates.Add(new JsonObject { ["name"] = "default", ["template"] = template });
        foreach (string name in _metadata.Texts("tokenizer.chat_templates") ?? [])
        {
            if (name != "default" && _metadata.Text($"tokenizer.chat_template.{name}") is string named) templates.Add(new JsonObject { ["name"] = name, ["template"] = named });
        }

        if (templates.Count > 0) settings["chat_template"] = templates;
        return settings;
    }

    private JsonDocument Document(JsonObject json) => JsonFile.ParseObject(Encoding.UTF8.GetBytes(json.ToJsonString()), _path);

    /// <summary>How words are cut before bytes are merged, under the name of a pre-tokenizer.</summary>
    /// <param name="Expressions">Regular expressions, each of which cuts what the one before has left.</param>
    private sealed record Cutting(string[] Expressions)
    {
        /// <summary>Is a word that is a token taken as it is, whatever its merges?</summary>
        public bool TakesWholeWords { get; init; }

        /// <summary>Does BOS begin a text where the file does not say?</summary>
        public bool BeginsWithBos { get; init; }

        /// <summary>Is the text brought to NFC first?</summary>
        public bool Composes { get; init; }
    }
}
