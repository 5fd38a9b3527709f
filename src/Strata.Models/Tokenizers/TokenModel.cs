using System.Collections.Concurrent;
using System.Text.Json;

namespace Strata.Models;

/// <summary>A token of a word: its id and the UTF-16 characters of the word that it covers, end excluded. The byte tokens of one character all cover it.</summary>
internal readonly record struct WordToken(int Id, int Start, int End);

/// <summary>The step of a tokenizer that turns a word into ids.</summary>
internal abstract class TokenModel
{
    private const string Supported = "BPE, Unigram, WordPiece and WordLevel";
    private const int CachedWords = 1 << 16;
    private const int LongestCachedWord = 64;

    private readonly ConcurrentDictionary<string, WordToken[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WordToken[]>.AlternateLookup<ReadOnlySpan<char>> _cached;
    private int _cachedWords;

    /// <summary>A model over its vocabulary.</summary>
    protected TokenModel(Dictionary<string, int> vocabulary)
    {
        Vocabulary = vocabulary;
        Ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _cached = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The id of each token, without the added tokens.</summary>
    public Dictionary<string, int> Vocabulary { get; }

    /// <summary>The model's name, as tokenizer.json writes it.</summary>
    public abstract string Name { get; }

    /// <summary>The vocabulary, to be asked without making strings.</summary>
    protected Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Ids { get; }

    /// <summary>Adds the tokens of a word that is not empty.</summary>
    /// <exception cref="StrataException">The vocabulary cannot express the word.</exception>
    public virtual void Tokenize(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        if (_cached.TryGetValue(word, out WordToken[]? known))
        {
            tokens.AddRange(known);
            return;
        }

        int before = tokens.Count;
        Split(word, tokens);
        // A full cache stays as it is: the frequent words came first.
        if (word.Length <= LongestCachedWord && _cachedWords < CachedWords && _cached.TryAdd(word, [.. tokens[before..]])) Interlocked.Increment(ref _cachedWords);
    }

    /// <summary>Reads the <c>model</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is not valid, or of a kind that is not supported.</exception>
    public static TokenModel Read(ConfigReader config)
    {
        string type = config.OptionalString("type") ?? TypeOf(config);
        return type switch
        {
            "BPE" => BytePairModel.Read(config, ReadVocabulary(config.Object("vocab"))),
            "Unigram" => UnigramModel.FromConfig(config),
            "WordPiece" => WordPieceModel.Read(config, ReadVocabulary(config.Object("vocab"))),
            "WordLevel" => WordLevelModel.Read(config, ReadVocabulary(config.Object("vocab"))),
            _ => throw config.Refuse("type", $"is {Excerpt.Quote(type)}; supported models are {Supported}."),
        };
    }

    /// <summary>Finds the tokens of a word that is not empty.</summary>
    protected abstract void Split(ReadOnlySpan<char> word, List<WordToken> tokens);

    /// <summary>The ids of the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, by which a model spells what it does not know; null where the vocabulary lacks one.</summary>
    protected static int[]? ByteTokens(Dictionary<string, int> vocabulary)
    {
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++)
        {
            if (!vocabulary.TryGetValue($"<0x{b:X2}>", out ids[b])) return null;
        }

        return ids;
    }

    /// <summary>The id of the token for what the vocabulary does not know; null when the file names none.</summary>
    protected static int? ReadUnknown(ConfigReader config, Dictionary<string, int> vocabulary)
    {
        if (config.OptionalString("unk_token") is not { Length: > 0 } unknown) return null;
        return vocabulary.TryGetValue(unknown, out int id) ? id : throw config.Refuse("unk_token", $"is {Excerpt.Quote(unknown)}, which is not in \"vocab\".");
    }

    /// <summary>Files of the first versions name no type: those with merges are BPE, those with scores Unigram, those with a prefix of continuing pieces WordPiece.</summary>
    private static string TypeOf(ConfigReader config)
    {
        if (config.Has("merges")) return "BPE";
        if (config.Has("unk_id") || (config.Has("vocab") && config.Element.GetProperty("vocab").ValueKind == JsonValueKind.Array)) return "Unigram";
        return config.Has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
    }

    /// <summary>Tokens with their ids.</summary>
    public static Dictionary<string, int> ReadVocabulary(ConfigReader vocabulary)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (JsonProperty property in vocabulary.Element.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out int id) || id < 0)
                throw vocabulary.Refuse(property.Name, $"is {Excerpt.Quote(property.Value.GetRawText())}; expected an id, an integer from 0 to {int.MaxValue}.");
            ids.Add(property.Name, id);
        }

        long characters = ids.Keys.Sum(token => (long)token.Length);
        return characters <= CharTrie.MaxCharacters ? ids : throw new InvalidFileException(vocabulary.Path, $"has a vocabulary of {characters:N0} characters; at most {CharTrie.MaxCharacters:N0} are read.");
    }
}

/// <summary>One token per word.</summary>
internal sealed class WordLevelModel : TokenModel
{
    private readonly int? _unknown;

    private WordLevelModel(Dictionary<string, int> vocabulary, int? unknown) : base(vocabulary) => _unknown = unknown;

    public static WordLevelModel Read(ConfigReader config, Dictionary<string, int> vocabulary) => new(vocabulary, ReadUnknown(config, vocabulary));

    public override string Name => "WordLevel";

    protected override void Split(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        int id = Ids.TryGetValue(word, out int known) ? known : _unknown
            ?? throw new StrataException($"The word {Excerpt.Quote(word)} is not in the tokenizer's vocabulary, which has no token for unknown words. {Excerpt.Nearest(word.ToString(), Vocabulary.Keys.Take(10_000))}");
        tokens.Add(new WordToken(id, 0, word.Length));
    }
}
