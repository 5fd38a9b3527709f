namespace Strata.Models;

/// <summary>Makes a WordPiece tokenizer of <c>vocab.txt</c>: a token on each line, whose number is the line's.</summary>
internal static class BertVocabularyReader
{
    /// <summary>The parts of the tokenizer; without settings those of the uncased BERT.</summary>
    /// <exception cref="InvalidFileException">The vocabulary lacks a token that is needed.</exception>
    public static TokenizerParts Read(string text, string path, TokenizerSettings? settings)
    {
        if (text.Length > CharTrie.MaxCharacters) throw new InvalidFileException(path, $"has {text.Length:N0} characters; at most {CharTrie.MaxCharacters:N0} are read.");
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        string[] lines = text.TrimEnd('\n').Split('\n');
        // A line that comes twice counts where it comes last, as for the library that wrote such files.
        for (int id = 0; id < lines.Length; id++) vocabulary[lines[id].TrimEnd('\r')] = id;
        AddedToken[] added = settings?.AddedTokens(vocabulary) ?? Defaults(vocabulary);
        TokenTable table = TokenTable.Join(vocabulary, added, (place, problem) => new InvalidFileException(path, $"with its settings: {place} {problem}"));
        string unknown = settings?.Token("unk_token") ?? "[UNK]";
        if (!vocabulary.TryGetValue(unknown, out int unknownId)) throw new InvalidFileException(path, $"has no line {Excerpt.Quote(unknown)}, the token for unknown words. Is this a BERT vocabulary?");
        return new TokenizerParts(path, new WordPieceModel(vocabulary, unknownId), added, table)
        {
            Normalizer = Normalizer(settings?.Config),
            PreTokenizer = PreTokenizer.Bert(),
            Template = Template(settings, table, path),
            Decoder = TokenDecoder.WordPiece("##", cleanup: true),
        };
    }

    private static Normalizer Normalizer(ConfigReader? config) => BertNormalizer.Create(cleanText: true, config?.OptionalBool("tokenize_chinese_chars") ?? true,
        config?.OptionalBool("strip_accents"), config?.OptionalBool("do_lower_case") ?? true);

    private static AddedToken[] Defaults(Dictionary<string, int> vocabulary) =>
        [.. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Where(vocabulary.ContainsKey).Select(token => AddedToken.SpecialToken(vocabulary[token], token))];

    /// <summary>BERT's form; MPNet writes RoBERTa's.</summary>
    private static SpecialTokenTemplate Template(TokenizerSettings? settings, TokenTable table, string path)
    {
        bool mpnet = settings?.Class == "MPNetTokenizer";
        int Id(string name, string absent) => (settings is null ? table.Id(absent) : settings.Id(name, absent, table))
            ?? throw new InvalidFileException(path, $"has no line {Excerpt.Quote(settings?.Token(name) ?? absent)}, which is set around every text.");
        int cls = Id("cls_token", mpnet ? "<s>" : "[CLS]");
        int sep = Id("sep_token", mpnet ? "</s>" : "[SEP]");
        return mpnet ? SpecialTokenTemplate.Roberta(cls, sep) : SpecialTokenTemplate.Bert(cls, sep);
    }
}
