using System.Text.Json;

namespace Strata.Models;

/// <summary>A token of a word: its id and how many UTF-16 characters of the word it covers.</summary>
internal readonly record struct WordToken(int Id, int Length);

/// <summary>The step of a tokenizer that turns a word into ids.</summary>
internal abstract class TokenModel
{
    private const string Supported = "BPE and WordLevel";

    /// <summary>A model over its vocabulary.</summary>
    protected TokenModel(Dictionary<string, int> vocabulary) => Vocabulary = vocabulary;

    /// <summary>The id of each token, without the added tokens.</summary>
    public Dictionary<string, int> Vocabulary { get; }

    /// <summary>Adds the tokens of a word that is not empty.</summary>
    /// <exception cref="StrataException">The vocabulary cannot express the word.</exception>
    public abstract void Tokenize(ReadOnlySpan<char> word, List<WordToken> tokens);

    /// <summary>Reads the <c>model</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is not valid, or of a kind that is not supported.</exception>
    public static TokenModel Read(ConfigReader config)
    {
        // Files of the first versions name no type; those with merges are BPE.
        string type = config.OptionalString("type") ?? (config.Has("merges") ? "BPE" : "WordLevel");
        return type switch
        {
            "BPE" => BytePairModel.Read(config, ReadVocabulary(config)),
            "WordLevel" => WordLevelModel.Read(config, ReadVocabulary(config)),
            _ => throw config.Refuse("type", $"is {Excerpt.Quote(type)}; supported models are {Supported}."),
        };
    }

    private static Dictionary<string, int> ReadVocabulary(ConfigReader config)
    {
        ConfigReader vocabulary = config.Object("vocab");
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (JsonProperty property in vocabulary.Element.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out int id) || id < 0)
                throw vocabulary.Refuse(property.Name, $"is {Excerpt.Quote(property.Value.GetRawText())}; expected an id, an integer from 0 to {int.MaxValue}.");
            ids.Add(property.Name, id);
        }

        return ids;
    }

    /// <summary>The id of the token for what the vocabulary does not know; null when the file names none.</summary>
    protected static int? ReadUnknown(ConfigReader config, Dictionary<string, int> vocabulary)
    {
        if (config.OptionalString("unk_token") is not { Length: > 0 } unknown) return null;
        return vocabulary.TryGetValue(unknown, out int id) ? id : throw config.Refuse("unk_token", $"is {Excerpt.Quote(unknown)}, which is not in \"vocab\".");
    }
}

/// <summary>One token per word.</summary>
internal sealed class WordLevelModel : TokenModel
{
    private readonly int? _unknown;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;

    private WordLevelModel(Dictionary<string, int> vocabulary, int? unknown) : base(vocabulary)
    {
        _unknown = unknown;
        _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static WordLevelModel Read(ConfigReader config, Dictionary<string, int> vocabulary) => new(vocabulary, ReadUnknown(config, vocabulary));

    public override void Tokenize(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        int id = _ids.TryGetValue(word, out int known) ? known : _unknown
            ?? throw new StrataException($"The word {Excerpt.Quote(word)} is not in the tokenizer's vocabulary, which has no token for unknown words. {Excerpt.Nearest(word.ToString(), Vocabulary.Keys.Take(10_000))}");
        tokens.Add(new WordToken(id, word.Length));
    }
}
