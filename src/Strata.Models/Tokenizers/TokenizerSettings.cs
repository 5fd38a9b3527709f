using System.Globalization;
using System.Text.Json;

namespace Strata.Models;

/// <summary>What <c>tokenizer_config.json</c> (and <c>added_tokens.json</c> of older folders) adds to a vocabulary that says little about itself.</summary>
/// <param name="config">tokenizer_config.json.</param>
/// <param name="older">added_tokens.json: tokens with their ids; null when there is none.</param>
/// <param name="absentClass">The class where the file names none; null when that is not known either.</param>
internal sealed class TokenizerSettings(ConfigReader config, ConfigReader? older, string? absentClass = null)
{
    /// <summary>The keys of special tokens.</summary>
    public static IReadOnlyList<string> Named { get; } = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>The file itself.</summary>
    public ConfigReader Config => config;

    /// <summary>The class of the Python library that the folder was made with, without "Fast"; empty where it is not named.</summary>
    public string Class => (config.OptionalString("tokenizer_class") ?? absentClass ?? "").Replace("Fast", "", StringComparison.Ordinal);

    /// <summary>Whether a SentencePiece tokenizer sets its space before each stretch of text behind a special token, as early versions did.</summary>
    public bool Legacy => config.OptionalBool("legacy") ?? true;

    /// <summary>A special token that the file names, a string or an object with its content, or that the class has; null where there is none.</summary>
    public string? Token(string name) => Token(config, name) ?? SentencePieceClass.DefaultToken(Class, name);

    /// <summary>A special token that tokenizer_config.json names.</summary>
    public static string? Token(ConfigReader config, string name)
    {
        if (!config.Has(name)) return null;
        return config.Element.GetProperty(name).ValueKind == JsonValueKind.Object ? config.Object(name).RequiredString("content") : config.OptionalString(name);
    }

    /// <summary>The added tokens: those of <c>added_tokens_decoder</c>, of added_tokens.json, and the named special tokens that the vocabulary has.</summary>
    public AddedToken[] AddedTokens(Dictionary<string, int> vocabulary)
    {
        Dictionary<string, AddedToken> tokens = new(StringComparer.Ordinal);
        if (config.OptionalObject("added_tokens_decoder") is { } decoder)
        {
            foreach (JsonProperty entry in decoder.Element.EnumerateObject())
            {
                if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id)) throw decoder.Refuse(entry.Name, "is not an id; expected \"id\": {\"content\": ...}.");
                AddedToken token = AddedToken.Read(decoder.Object(entry.Name), id);
                tokens.TryAdd(token.Content, token);
            }
        }

        // The mask of these classes stands for a word with the space before it.
        string? maskWithSpace = Class is "XLMRobertaTokenizer" or "CamembertTokenizer" or "MBartTokenizer" or "MBart50Tokenizer" or "NllbTokenizer" or "AlbertTokenizer" ? Token("mask_token") : null;
        HashSet<string> special = [.. Named.Select(Token).OfType<string>()];
        if (older is not null)
        {
            foreach (JsonProperty entry in older.Element.EnumerateObject().Where(entry => entry.Name.Length > 0))
                tokens.TryAdd(entry.Name, AddedToken.SpecialToken(older.RequiredInt(entry.Name, 0, int.MaxValue), entry.Name) with { Special = special.Contains(entry.Name) });
        }

        if (Class == "T5Tokenizer") special.UnionWith(vocabulary.Keys.Where(piece => piece.StartsWith("<extra_id_", StringComparison.Ordinal)));
        foreach (string name in special.Where(name => name.Length > 0 && vocabulary.ContainsKey(name))) tokens.TryAdd(name, AddedToken.SpecialToken(vocabulary[name], name) with { LeftStrip = name == maskWithSpace });
        return [.. tokens.Values.OrderBy(token => token.Id)];
    }

    /// <summary>The id of a special token that a template needs.</summary>
    /// <param name="name">The key, such as <c>cls_token</c>.</param>
    /// <param name="absent">The token where the file names none.</param>
    /// <param name="table">All tokens.</param>
    public int? Id(string name, string? absent, TokenTable table) => (Token(name) ?? absent) is { } token ? table.Id(token) : null;
}
