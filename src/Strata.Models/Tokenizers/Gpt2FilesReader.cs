namespace Strata.Models;

/// <summary>Makes a byte-level BPE tokenizer of <c>vocab.json</c> (ids) and <c>merges.txt</c> (a merge on each line): GPT-2's, RoBERTa's, CLIP's or Qwen's.</summary>
internal static class Gpt2FilesReader
{
    private const string ClipPattern = @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    /// <summary>The parts of the tokenizer; without settings those of GPT-2.</summary>
    /// <exception cref="InvalidFileException">A file is not valid.</exception>
    public static TokenizerParts Read(ConfigReader vocabularyFile, string merges, string mergesPath, TokenizerSettings? settings)
    {
        bool clip = settings?.Class == "CLIPTokenizer";
        Dictionary<string, int> vocabulary = TokenModel.ReadVocabulary(vocabularyFile);
        AddedToken[] added = settings?.AddedTokens(vocabulary) ?? (vocabulary.TryGetValue("<|endoftext|>", out int end) ? [AddedToken.SpecialToken(end, "<|endoftext|>")] : []);
        TokenTable table = TokenTable.Join(vocabulary, added, (place, problem) => new InvalidFileException(vocabularyFile.Path, $"with its settings: {place} {problem}"));
        BytePairOptions options = new() { Unknown = settings?.Token("unk_token") is { } unknown ? table.Id(unknown) : null, Suffix = clip ? "</w>" : "" };
        return new TokenizerParts(vocabularyFile.Path, new BytePairModel(vocabulary, ReadMerges(merges, mergesPath, vocabulary), options), added, table)
        {
            Normalizer = NormalizerOf(settings),
            PreTokenizer = PreTokenizerOf(settings),
            Template = Template(settings, table),
            Decoder = clip ? TokenDecoder.Chain(TokenDecoder.WordSuffix("</w>", ByteAlphabet.Character((byte)' ').ToString()), TokenDecoder.ByteLevel) : TokenDecoder.ByteLevel,
        };
    }

    private static Normalizer? NormalizerOf(TokenizerSettings? settings) => settings?.Class switch
    {
        "CLIPTokenizer" => new SequenceNormalizer([new FormNormalizer(System.Text.NormalizationForm.FormC), new ReplaceNormalizer(TokenPattern.Parse(@"\s+").Matches, " "), new LowercaseNormalizer()]),
        "Qwen2Tokenizer" => new FormNormalizer(System.Text.NormalizationForm.FormC),
        _ => null,
    };

    private static PreTokenizer PreTokenizerOf(TokenizerSettings? settings)
    {
        bool prefix = settings?.Config.OptionalBool("add_prefix_space") ?? false;
        return settings?.Class switch
        {
            "CLIPTokenizer" => PreTokenizer.Chain(new SplitPreTokenizer(TokenPattern.Parse("(?i:" + ClipPattern + ")").Matches, SplitBehavior.Removed, invert: true), new ByteLevelPreTokenizer(false, useRegex: false)),
            "Qwen2Tokenizer" => PreTokenizer.Chain(new SplitPreTokenizer(TokenPattern.Parse(TiktokenFile.Patterns["qwen"]).Matches, SplitBehavior.Isolated, invert: false), new ByteLevelPreTokenizer(false, useRegex: false)),
            _ => new ByteLevelPreTokenizer(prefix, useRegex: true),
        };
    }

    private static SpecialTokenTemplate Template(TokenizerSettings? settings, TokenTable table) => settings?.Class switch
    {
        "RobertaTokenizer" or "BartTokenizer" or "LongformerTokenizer" when settings.Id("cls_token", "<s>", table) is { } cls && settings.Id("sep_token", "</s>", table) is { } sep =>
            SpecialTokenTemplate.Roberta(cls, sep),
        "CLIPTokenizer" when settings.Id("bos_token", "<|startoftext|>", table) is { } bos && settings.Id("eos_token", "<|endoftext|>", table) is { } eos => SpecialTokenTemplate.Roberta(bos, eos),
        _ => SpecialTokenTemplate.Empty,
    };

    private static Dictionary<long, (int Rank, int Id)> ReadMerges(string text, string path, Dictionary<string, int> vocabulary)
    {
        Dictionary<long, (int, int)> merges = [];
        int number = 0;
        int rank = 0;
        foreach (string line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal))) continue;
            string[] pair = line.Split(' ');
            if (pair.Length != 2 || !vocabulary.TryGetValue(pair[0], out int left) || !vocabulary.TryGetValue(pair[1], out int right) || !vocabulary.TryGetValue(pair[0] + pair[1], out int merged))
                throw new InvalidFileException(path, $"line {number} is {Excerpt.Quote(line)}; expected two tokens of vocab.json with a space between, whose joined text is a token too.");
            merges[BytePairModel.Key(left, right)] = (rank++, merged);
        }

        return merges;
    }
}
