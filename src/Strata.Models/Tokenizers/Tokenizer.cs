using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// A tokenizer read from the files of a Hugging Face folder: byte-level BPE (GPT-2, Llama 3, Qwen, Pythia) and word-level ones. Text goes through added tokens, normalizer,
/// pre-tokenizer, model and template, as tokenizer.json says; truncation and padding of the file are not applied. Safe to use from several threads.
/// </summary>
public sealed class Tokenizer
{
    private const int MaxFileBytes = 256 << 20;

    private readonly string _path;
    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly HashSet<int> _added;
    private readonly HashSet<int> _special;
    private readonly AddedTokenMatcher _literalTokens;
    private readonly AddedTokenMatcher _normalizedTokens;
    private readonly Normalizer? _normalizer;
    private readonly PreTokenizer? _preTokenizer;
    private readonly TokenModel _model;
    private readonly SpecialTokenTemplate _template;
    private readonly TokenDecoder _decoder;

    private Tokenizer(ConfigReader file, ConfigReader? settings)
    {
        _path = file.Path;
        _model = TokenModel.Read(file.Object("model"));
        AddedToken[] added = [.. file.Objects("added_tokens").Select(AddedToken.Read)];
        _ids = JoinVocabularies(file, _model.Vocabulary, added);
        _tokens = OrderById(file, _ids);
        _added = [.. added.Select(token => token.Id)];
        _special = [.. added.Where(token => token.Special).Select(token => token.Id)];
        _normalizer = file.OptionalObject("normalizer") is { } normalizer ? Normalizer.Read(normalizer) : null;
        _preTokenizer = file.OptionalObject("pre_tokenizer") is { } preTokenizer ? PreTokenizer.Read(preTokenizer) : null;
        _decoder = file.OptionalObject("decoder") is { } decoder ? TokenDecoders.Read(decoder) : TokenDecoder.JoinWithSpaces;
        _literalTokens = new AddedTokenMatcher(added.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _normalizedTokens = new AddedTokenMatcher(added.Where(token => token.Normalized).Select(token => (Normalize(AlignedText.Of(token.Content)).Text, token)));
        SpecialTokenTemplate template = file.OptionalObject("post_processor") is { } processor ? SpecialTokenTemplate.Read(processor, _tokens.Length) : SpecialTokenTemplate.Empty;
        EosId = SpecialId(settings, "eos_token", out _);
        PadId = SpecialId(settings, "pad_token", out _);
        int? bos = SpecialId(settings, "bos_token", out string? bosToken);
        BosPolicy = new BosPolicy(bosToken, bos, bos is { } id && template.Before.Contains(id), settings?.OptionalBool("add_bos_token"));
        _template = Adjust(template, settings?.OptionalBool("add_eos_token"));
    }

    /// <summary>Number of tokens, added ones included; ids run from 0 to one less.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>How the beginning-of-sequence token is treated.</summary>
    public BosPolicy BosPolicy { get; }

    /// <summary>Id of the beginning-of-sequence token that tokenizer_config.json names; null when there is none.</summary>
    public int? BosId => BosPolicy.Id;

    /// <summary>Id of the end-of-sequence token that tokenizer_config.json names; null when there is none.</summary>
    public int? EosId { get; }

    /// <summary>Id of the padding token that tokenizer_config.json names; null when there is none.</summary>
    public int? PadId { get; }

    /// <summary>The special tokens with their ids, in the order of the ids.</summary>
    public IReadOnlyList<(string Token, int Id)> SpecialTokens => [.. _special.Order().Select(id => (_tokens[id], id))];

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="tokenizerPath">Path of <c>tokenizer.json</c>.</param>
    /// <param name="configPath">Path of <c>tokenizer_config.json</c>, which names the special tokens; null when there is none.</param>
    /// <exception cref="InvalidFileException">A file is missing, invalid or asks for something that is not supported; the message names the place.</exception>
    public static Tokenizer Load(string tokenizerPath, string? configPath)
    {
        using JsonDocument file = JsonFile.ReadObject(tokenizerPath, MaxFileBytes);
        using JsonDocument? settings = configPath is null ? null : JsonFile.ReadObject(configPath, MaxFileBytes);
        return Create(file, tokenizerPath, settings, configPath);
    }

    /// <summary>Reads a tokenizer from the bytes of its files.</summary>
    internal static Tokenizer Parse(ReadOnlyMemory<byte> tokenizer, ReadOnlyMemory<byte>? config, string path)
    {
        using JsonDocument file = JsonFile.ParseObject(tokenizer, path);
        using JsonDocument? settings = config is { } bytes ? JsonFile.ParseObject(bytes, path) : null;
        return Create(file, path, settings, path);
    }

    private static Tokenizer Create(JsonDocument file, string path, JsonDocument? settings, string? settingsPath) =>
        new(new ConfigReader(file.RootElement, path), settings is null ? null : new ConfigReader(settings.RootElement, settingsPath!));

    /// <summary>Turns a text into ids.</summary>
    /// <param name="text">The text. Special tokens that are written out in it become their ids.</param>
    /// <param name="addSpecialTokens">Whether to add what the tokenizer's template sets before and behind a text; null means yes, as the checkpoint was trained.</param>
    /// <exception cref="StrataException">The vocabulary cannot express the text, or a regular expression of the file takes too long on it.</exception>
    public TokenIds Encode(string text, bool? addSpecialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool add = addSpecialTokens ?? true;
        List<int> ids = [];
        List<(int Start, int End)> offsets = [];
        if (add) AddTemplate(_template.Before, ids, offsets);
        foreach ((Piece piece, AddedToken? token) in _literalTokens.Split(Piece.All(AlignedText.Of(text))))
        {
            if (token is not null) AddToken(token.Id, piece.Range(0, piece.Length), ids, offsets);
            else EncodeNormalized(Normalize(piece.Source.Slice(piece.Start, piece.Length)), ids, offsets);
        }

        if (add) AddTemplate(_template.After, ids, offsets);
        int[] result = [.. ids];
        return new TokenIds(text, result, Array.ConvertAll(result, id => _tokens[id]), [.. offsets], BosPolicy, BosPolicy.Check(result));
    }

    /// <summary>Turns ids into a text.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecial">Whether to leave out special tokens.</param>
    /// <returns>The text; bytes that are not UTF-8, such as those of half a character, appear as U+FFFD.</returns>
    /// <exception cref="StrataException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        List<(string, bool)> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            string token = Token(id);
            if (!skipSpecial || !_special.Contains(id)) tokens.Add((token, _added.Contains(id)));
        }

        return _decoder.Decode(tokens);
    }

    /// <summary>A token as the vocabulary writes it.</summary>
    /// <exception cref="StrataException">The id is not in the vocabulary.</exception>
    public string Token(int id) => id >= 0 && id < _tokens.Length
        ? _tokens[id]
        : throw new StrataException($"{id} is not a token id of {_path}; ids run from 0 to {_tokens.Length - 1}.");

    /// <summary>The id of a token as the vocabulary writes it; null when there is no such token.</summary>
    public int? Id(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Vocabulary size and the treatment of BOS.</summary>
    public override string ToString() => $"{VocabularySize:N0} tokens. {BosPolicy.Note}";

    private AlignedText Normalize(AlignedText text) => _normalizer?.Apply(text) ?? text;

    private void EncodeNormalized(AlignedText text, List<int> ids, List<(int Start, int End)> offsets)
    {
        List<WordToken> tokens = [];
        foreach ((Piece piece, AddedToken? token) in _normalizedTokens.Split(Piece.All(text)))
        {
            if (token is not null)
            {
                AddToken(token.Id, piece.Range(0, piece.Length), ids, offsets);
                continue;
            }

            List<Piece> words = _preTokenizer?.Apply([piece]) ?? [piece];
            foreach (Piece word in words)
            {
                tokens.Clear();
                _model.Tokenize(word.Characters, tokens);
                int at = 0;
                foreach (WordToken part in tokens)
                {
                    AddToken(part.Id, word.Range(at, part.Length), ids, offsets);
                    at += part.Length;
                }
            }
        }
    }

    private static void AddToken(int id, (int Start, int End) range, List<int> ids, List<(int Start, int End)> offsets)
    {
        ids.Add(id);
        offsets.Add(range);
    }

    private static void AddTemplate(int[] template, List<int> ids, List<(int Start, int End)> offsets)
    {
        foreach (int id in template) AddToken(id, (0, 0), ids, offsets);
    }

    /// <summary>The template as tokenizer_config.json wants it: <c>add_bos_token</c> and <c>add_eos_token</c> win over tokenizer.json.</summary>
    private SpecialTokenTemplate Adjust(SpecialTokenTemplate template, bool? addEos)
    {
        int[] before = template.Before;
        int[] after = template.After;
        if (BosId is { } bos && BosPolicy.ConfigAdds is { } addBos && addBos != BosPolicy.TemplateAdds) before = addBos ? [bos, .. before] : [.. before.Where(id => id != bos)];
        if (EosId is { } eos && addEos is { } wanted && wanted != after.Contains(eos)) after = wanted ? [.. after, eos] : [.. after.Where(id => id != eos)];
        return new SpecialTokenTemplate(before, after);
    }

    /// <summary>A special token of tokenizer_config.json: a string, or an object with its content.</summary>
    private int? SpecialId(ConfigReader? settings, string name, out string? token)
    {
        token = null;
        if (settings is null || !settings.Has(name)) return null;
        token = settings.Element.GetProperty(name).ValueKind == JsonValueKind.Object ? settings.Object(name).RequiredString("content") : settings.OptionalString(name);
        return Id(token!);
    }

    /// <summary>The model's vocabulary with the added tokens; one that is in both must have the same id.</summary>
    private static Dictionary<string, int> JoinVocabularies(ConfigReader file, Dictionary<string, int> vocabulary, AddedToken[] added)
    {
        Dictionary<string, int> ids = new(vocabulary, StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < added.Length; i++)
        {
            (string content, int id) = (added[i].Content, added[i].Id);
            if (!seen.Add(content)) throw file.Refuse($"added_tokens[{i}]", $"adds {Excerpt.Quote(content)} a second time.");
            if (!ids.TryAdd(content, id) && ids[content] != id) throw file.Refuse($"added_tokens[{i}]", $"gives {Excerpt.Quote(content)} the id {id}; in \"model.vocab\" it has {ids[content]}.");
        }

        return ids;
    }

    /// <summary>The tokens in the order of their ids, which must be 0, 1, 2, ... without holes.</summary>
    private static string[] OrderById(ConfigReader file, Dictionary<string, int> ids)
    {
        string[] tokens = new string[ids.Count];
        foreach ((string token, int id) in ids)
        {
            if (id >= tokens.Length)
                throw file.Refuse("model.vocab", $"and \"added_tokens\" have {ids.Count} tokens, so ids must run from 0 to {ids.Count - 1} without holes; {Excerpt.Quote(token)} has {id}.");
            if (tokens[id] is { } other) throw file.Refuse("model.vocab", $"gives the id {id} to both {Excerpt.Quote(other)} and {Excerpt.Quote(token)}.");
            tokens[id] = token;
        }

        return tokens.Length > 0 ? tokens : throw file.Refuse("model.vocab", "is empty.");
    }
}
