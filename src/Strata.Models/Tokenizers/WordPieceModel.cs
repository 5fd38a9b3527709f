using System.Text;

namespace Strata.Models;

/// <summary>WordPiece as BERT applies it: the longest piece that the word begins with, then the longest that goes on, and so on; a word that cannot be covered is unknown as a whole.</summary>
internal sealed class WordPieceModel : TokenModel
{
    private const string DefaultPrefix = "##";
    private const int DefaultMaxCharacters = 100;

    private readonly int _unknown;
    private readonly int _maxCharacters;
    private readonly CharTrie _beginnings;
    private readonly CharTrie _continuations;

    /// <summary>A model.</summary>
    /// <param name="vocabulary">Ids of the pieces.</param>
    /// <param name="unknown">Id of the token for words that cannot be covered.</param>
    /// <param name="prefix">How the vocabulary marks a piece that goes on a word.</param>
    /// <param name="maxCharacters">Code points of the longest word that is looked at.</param>
    public WordPieceModel(Dictionary<string, int> vocabulary, int unknown, string prefix = DefaultPrefix, int maxCharacters = DefaultMaxCharacters) : base(vocabulary)
    {
        _unknown = unknown;
        _maxCharacters = maxCharacters;
        _beginnings = new CharTrie([.. vocabulary.Select(entry => (entry.Key, entry.Value))]);
        _continuations = new CharTrie([.. vocabulary.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => (entry.Key[prefix.Length..], entry.Value))]);
    }

    public override string Name => "WordPiece";

    public static WordPieceModel Read(ConfigReader config, Dictionary<string, int> vocabulary)
    {
        string unknown = config.OptionalString("unk_token") ?? "[UNK]";
        if (!vocabulary.TryGetValue(unknown, out int id)) throw config.Refuse("unk_token", $"is {Excerpt.Quote(unknown)}, which is not in \"vocab\".");
        return new WordPieceModel(vocabulary, id, config.OptionalString("continuing_subword_prefix") ?? DefaultPrefix,
            config.OptionalInt("max_input_chars_per_word", 0, int.MaxValue) ?? DefaultMaxCharacters);
    }

    protected override void Split(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        int before = tokens.Count;
        bool covered = !IsTooLong(word);
        for (int at = 0; covered && at < word.Length;)
        {
            int id = (at == 0 ? _beginnings : _continuations).Longest(word[at..], out int length);
            covered = id >= 0;
            if (covered) tokens.Add(new WordToken(id, at, at + length));
            at += length;
        }

        if (covered) return;
        tokens.RemoveRange(before, tokens.Count - before);
        tokens.Add(new WordToken(_unknown, 0, word.Length));
    }

    private bool IsTooLong(ReadOnlySpan<char> word)
    {
        if (word.Length <= _maxCharacters) return false;
        int characters = 0;
        foreach (Rune _ in word.EnumerateRunes()) characters++;
        return characters > _maxCharacters;
    }
}
