using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// A tokenizer read from the files of a Hugging Face folder; see <see cref="LoadFolder"/> for which. Text goes through added tokens, normalizer, pre-tokenizer, model and
/// template, as the files say; truncation and padding of the files are not applied. Safe to use from several threads.
/// </summary>
public sealed class Tokenizer
{
    private const int MaxFileBytes = 256 << 20;

    private readonly TokenizerParts _parts;
    private readonly TokenTable _table;
    private readonly HashSet<int> _added;
    private readonly HashSet<int> _special;
    private readonly AddedTokenMatcher _literalTokens;
    private readonly AddedTokenMatcher _normalizedTokens;
    private readonly SpecialTokenTemplate _template;
    private readonly (string Name, object? Token)[] _namedTokens;

    internal Tokenizer(TokenizerParts parts, ConfigReader? settings, string? chatTemplate = null)
    {
        _parts = parts;
        _table = parts.Table;
        _added = [.. parts.Added.Select(token => token.Id)];
        _special = [.. parts.Added.Where(token => token.Special).Select(token => token.Id).Concat(parts.OtherSpecial)];
        _literalTokens = new AddedTokenMatcher(parts.Added.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _normalizedTokens = new AddedTokenMatcher(parts.Added.Where(token => token.Normalized).Select(token => (Normalize(AlignedText.Of(token.Content)).Text, token)));
        EosId = SpecialId(settings, "eos_token", out _);
        PadId = SpecialId(settings, "pad_token", out _);
        MaxLength = settings?.OptionalFloat("model_max_length", 1) is float most and < int.MaxValue ? (int)most : null;
        int? bos = SpecialId(settings, "bos_token", out string? bosToken);
        BosPolicy = new BosPolicy(bosToken, bos, bos is { } id && parts.Template.Begins(id), settings?.OptionalBool("add_bos_token"));
        _template = Adjust(parts.Template, settings?.OptionalBool("add_eos_token"));
        ChatTemplates = ReadChatTemplates(settings, chatTemplate);
        _namedTokens = settings is null ? [] : [.. TokenizerSettings.Named.Where(settings.Has).Select(name => (name, (object?)TokenizerSettings.Token(settings, name)))];
    }

    /// <summary>Number of ids, those of added tokens included; ids run from 0 to one less. An id that no token has counts too.</summary>
    public int VocabularySize => _table.Size;

    /// <summary>How the beginning-of-sequence token is treated.</summary>
    public BosPolicy BosPolicy { get; }

    /// <summary>Id of the beginning-of-sequence token that tokenizer_config.json names; null when there is none.</summary>
    public int? BosId => BosPolicy.Id;

    /// <summary>Id of the end-of-sequence token that tokenizer_config.json names; null when there is none.</summary>
    public int? EosId { get; }

    /// <summary>Id of the padding token that tokenizer_config.json names; null when there is none.</summary>
    public int? PadId { get; }

    /// <summary>Longest sequence that tokenizer_config.json names (<c>model_max_length</c>); null when it names none. Not applied by <see cref="Encode(string, bool?)"/>.</summary>
    public int? MaxLength { get; }

    /// <summary>The special tokens with their ids, in the order of the ids.</summary>
    public IReadOnlyList<(string Token, int Id)> SpecialTokens => [.. _special.Order().Select(id => (_table[id], id))];

    /// <summary>The model that turns words into ids: BPE, Unigram, WordPiece or WordLevel.</summary>
    public string ModelName => _parts.Model.Name;

    /// <summary>How tokenizer.json wants long texts cut; null when it does not say. Not applied by <see cref="Encode(string, bool?)"/>.</summary>
    public TruncationSettings? Truncation => _parts.Truncation;

    /// <summary>How tokenizer.json wants short texts filled up; null when it does not say. Not applied by <see cref="Encode(string, bool?)"/>.</summary>
    public PaddingSettings? Padding => _parts.Padding;

    /// <summary>The chat templates of the checkpoint by their names; the only one of most is named <c>default</c>. Empty when there is none.</summary>
    public IReadOnlyDictionary<string, ChatTemplate> ChatTemplates { get; }

    /// <summary>Reads a tokenizer from tokenizer.json.</summary>
    /// <param name="tokenizerPath">Path of <c>tokenizer.json</c>.</param>
    /// <param name="configPath">Path of <c>tokenizer_config.json</c>, which names the special tokens; null when there is none.</param>
    /// <exception cref="InvalidFileException">A file is missing, invalid or asks for something that is not supported; the message names the place.</exception>
    public static Tokenizer Load(string tokenizerPath, string? configPath)
    {
        using JsonDocument file = JsonFile.ReadObject(tokenizerPath, MaxFileBytes);
        using JsonDocument? settings = configPath is null ? null : JsonFile.ReadObject(configPath, MaxFileBytes);
        return Create(file, tokenizerPath, settings, configPath);
    }

    /// <summary>
    /// Reads the tokenizer of a folder. Of several files the first of these wins: <c>tokenizer.json</c>; <c>tokenizer.model</c>, <c>spiece.model</c>, <c>sentencepiece.bpe.model</c> or <c>spm.model</c>
    /// (SentencePiece, or tiktoken where the file holds ranks); <c>vocab.json</c> with <c>merges.txt</c>; <c>vocab.txt</c>; <c>*.tiktoken</c>. Special tokens, the treatment of BOS
    /// and the chat template come from <c>tokenizer_config.json</c>.
    /// </summary>
    /// <returns>The tokenizer; null when the folder has none of these files.</returns>
    /// <exception cref="InvalidFileException">A file is invalid or asks for something that is not supported; the message names the place.</exception>
    public static Tokenizer? LoadFolder(string folder) => new TokenizerFolder(folder).Load();

    /// <summary>Reads a tiktoken file: a token in base64, a space and its rank on each line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pattern">How text is cut before bytes are merged: a regular expression, or one of the names <c>gpt2</c>, <c>cl100k_base</c>, <c>o200k_base</c>, <c>llama3</c>, <c>qwen</c>.</param>
    /// <param name="specialTokens">Special tokens with their ids, which follow the ranks; may be null.</param>
    /// <exception cref="InvalidFileException">The file is not valid.</exception>
    /// <exception cref="StrataException">The pattern is neither a known name nor an expression that is supported.</exception>
    public static Tokenizer LoadTiktoken(string path, string pattern, IReadOnlyDictionary<string, int>? specialTokens = null) =>
        new(TiktokenFile.Read(path, pattern, [.. (specialTokens ?? new Dictionary<string, int>()).Select(token => AddedToken.SpecialToken(token.Value, token.Key))]), null);

    /// <summary>Reads a tokenizer from the bytes of its files.</summary>
    internal static Tokenizer Parse(ReadOnlyMemory<byte> tokenizer, ReadOnlyMemory<byte>? config, string path)
    {
        using JsonDocument file = JsonFile.ParseObject(tokenizer, path);
        using JsonDocument? settings = config is { } bytes ? JsonFile.ParseObject(bytes, path) : null;
        return Create(file, path, settings, path);
    }

    private static Tokenizer Create(JsonDocument file, string path, JsonDocument? settings, string? settingsPath) =>
        new(TokenizerParts.ReadJson(new ConfigReader(file.RootElement, path)), settings is null ? null : new ConfigReader(settings.RootElement, settingsPath!));

    /// <summary>Turns a text into ids.</summary>
    /// <param name="text">The text. Special tokens that are written out in it become their ids.</param>
    /// <param name="addSpecialTokens">Whether to add what the tokenizer's template sets before and behind a text; null means yes, as the checkpoint was trained.</param>
    /// <exception cref="StrataException">The vocabulary cannot express the text, or a regular expression of the file takes too long on it.</exception>
    public TokenIds Encode(string text, bool? addSpecialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        TokenList tokens = new();
        foreach (TemplatePart part in addSpecialTokens ?? true ? _template.Single : SpecialTokenTemplate.Empty.Single) AddPart(part, text, tokens);
        return Result(text, null, tokens);
    }

    /// <summary>Turns a pair of texts, such as a question and a passage, into ids.</summary>
    /// <param name="text">The first text.</param>
    /// <param name="second">The second text; its tokens' offsets count in it.</param>
    /// <param name="addSpecialTokens">Whether to add what the tokenizer's template sets around a pair; null means yes.</param>
    /// <exception cref="StrataException">The vocabulary cannot express a text, or a regular expression of the file takes too long on it.</exception>
    public TokenIds Encode(string text, string second, bool? addSpecialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(second);
        TokenList tokens = new();
        foreach (TemplatePart part in addSpecialTokens ?? true ? _template.Pair : SpecialTokenTemplate.Empty.Pair) AddPart(part, part.Second ? second : text, tokens);
        return Result(text, second, tokens);
    }

    /// <summary>Writes a conversation as the text that the checkpoint was trained on. It holds the special tokens: encode it with <c>addSpecialTokens: false</c>.</summary>
    /// <param name="messages">The messages, the oldest first.</param>
    /// <param name="addGenerationPrompt">Whether to end with the beginning of an answer.</param>
    /// <param name="options">Which template, tools, other variables.</param>
    /// <exception cref="StrataException">The checkpoint has no such template, or the template refuses the messages or is not valid.</exception>
    public string ApplyChatTemplate(IEnumerable<ChatMessage> messages, bool addGenerationPrompt = false, ChatTemplateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        options ??= new ChatTemplateOptions();
        List<(string, object?)> variables = [.. _namedTokens];
        variables.Add(("messages", messages.Select(ChatTemplate.Value).ToList()));
        variables.Add(("add_generation_prompt", addGenerationPrompt));
        variables.Add(("tools", JinjaValues.Of(options.Tools)));
        variables.Add(("documents", null));
        foreach ((string name, System.Text.Json.Nodes.JsonNode? value) in options.Variables ?? []) variables.Add((name, JinjaValues.Of(value)));
        return FindChatTemplate(options).Render(variables, options.Now ?? DateTime.Now);
    }

    /// <summary>Turns ids into a text.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecial">Whether to leave out special tokens.</param>
    /// <returns>The text; bytes that are not UTF-8, such as those of half a character, appear as U+FFFD.</returns>
    /// <exception cref="StrataException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        List<DecodedToken> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            string token = Token(id);
            if (_table.Has(id) && !(skipSpecial && _special.Contains(id))) tokens.Add(new DecodedToken(id, token, _added.Contains(id)));
        }

        return _parts.Decoder.Decode(tokens);
    }

    /// <summary>A token as the vocabulary writes it; empty where the vocabulary has a hole.</summary>
    /// <exception cref="StrataException">The id is not in the vocabulary.</exception>
    public string Token(int id) => id >= 0 && id < _table.Size
        ? _table[id]
        : throw new StrataException($"{id} is not a token id of {_parts.Path}; ids run from 0 to {_table.Size - 1}.");

    /// <summary>Whether a token has the id. Networks often have more rows than their tokenizer has tokens.</summary>
    public bool Has(int id) => _table.Has(id);

    /// <summary>A token as it reads within a text, its leading space included; its number where no token has the id.</summary>
    public string Label(int id)
    {
        if (!_table.Has(id)) return id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string text = Decode([id]);
        // A decoder takes the first token's space for one that was set before the text.
        return _table[id].StartsWith('\u2581') && !text.StartsWith(' ') ? " " + text : text;
    }

    /// <summary>The id of a token as the vocabulary writes it; null when there is no such token.</summary>
    public int? Id(string token) => _table.Id(token);

    /// <summary>Vocabulary size and the treatment of BOS.</summary>
    public override string ToString() => $"{VocabularySize:N0} tokens. {BosPolicy.Note}";

    private ChatTemplate FindChatTemplate(ChatTemplateOptions options)
    {
        string name = options.Name ?? (options.Tools is not null && ChatTemplates.ContainsKey("tool_use") ? "tool_use" : "default");
        if (ChatTemplates.TryGetValue(name, out ChatTemplate? template)) return template;
        throw new StrataException(ChatTemplates.Count == 0
            ? $"The tokenizer of {_parts.Path} has no chat template: tokenizer_config.json has no \"chat_template\" and there is no chat_template.jinja. Base models have none; write the prompt yourself."
            : $"The tokenizer of {_parts.Path} has no chat template {Excerpt.Quote(name)}. {NearestNames.Suggest(name, ChatTemplates.Keys)}");
    }

    /// <summary><c>chat_template</c> of tokenizer_config.json, a string or a list of named ones; a file of its own wins.</summary>
    private Dictionary<string, ChatTemplate> ReadChatTemplates(ConfigReader? settings, string? file)
    {
        string folder = Path.GetDirectoryName(_parts.Path) is { Length: > 0 } path ? path : _parts.Path;
        Dictionary<string, ChatTemplate> templates = new(StringComparer.Ordinal);
        if (settings is not null && settings.Has("chat_template"))
        {
            if (settings.Element.GetProperty("chat_template").ValueKind != JsonValueKind.Array)
                templates["default"] = new ChatTemplate(settings.RequiredString("chat_template"), folder);
            else
                foreach (ConfigReader entry in settings.Objects("chat_template")) templates[entry.RequiredString("name")] = new ChatTemplate(entry.RequiredString("template"), folder);
        }

        if (file is not null) templates["default"] = new ChatTemplate(file, folder);
        return templates;
    }

    private AlignedText Normalize(AlignedText text) => _parts.Normalizer?.Apply(text) ?? text;

    private TokenIds Result(string text, string? second, TokenList tokens)
    {
        int[] ids = [.. tokens.Ids];
        return new TokenIds(text, second, ids, Array.ConvertAll(ids, id => _table[id]), [.. tokens.Offsets], [.. tokens.Sequences], [.. tokens.TypeIds], BosPolicy, BosPolicy.Check(ids));
    }

    private void AddPart(TemplatePart part, string text, TokenList tokens)
    {
        tokens.TypeId = part.TypeId;
        tokens.Sequence = part.Ids is not null ? -1 : part.Second ? 1 : 0;
        if (part.Ids is not null)
        {
            foreach (int id in part.Ids) tokens.Add(id, (0, 0));
            return;
        }

        foreach ((Piece piece, AddedToken? token) in _literalTokens.Split(Piece.All(AlignedText.Of(WellFormed(text)))))
        {
            if (token is not null) tokens.Add(token.Id, piece.Range(0, piece.Length));
            else AddNormalized(Normalize(piece.Source.Slice(piece.Start, piece.Length)), tokens);
        }
    }

    /// <summary>The text with U+FFFD in place of each half of a surrogate pair, which no vocabulary can hold.</summary>
    private static string WellFormed(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return text;
        return string.Create(text.Length, text, (characters, source) =>
        {
            source.CopyTo(characters);
            for (int i = 0; i < characters.Length; i++)
            {
                if (!char.IsSurrogate(characters[i])) continue;
                if (i + 1 < characters.Length && char.IsSurrogatePair(characters[i], characters[i + 1])) i++;
                else characters[i] = '\uFFFD';
            }
        });
    }

    private void AddNormalized(AlignedText text, TokenList tokens)
    {
        List<WordToken> parts = [];
        foreach ((Piece piece, AddedToken? token) in _normalizedTokens.Split(Piece.All(text)))
        {
            if (token is not null)
            {
                tokens.Add(token.Id, piece.Range(0, piece.Length));
                continue;
            }

            List<Piece> words = _parts.PreTokenizer?.Apply([piece]) ?? [piece];
            foreach (Piece word in words)
            {
                parts.Clear();
                _parts.Model.Tokenize(word.Characters, parts);
                foreach (WordToken part in parts) tokens.Add(part.Id, word.Range(part.Start, part.End - part.Start));
            }
        }
    }

    /// <summary>The template as tokenizer_config.json wants it: <c>add_bos_token</c> and <c>add_eos_token</c> win over tokenizer.json.</summary>
    private SpecialTokenTemplate Adjust(SpecialTokenTemplate template, bool? addEos)
    {
        if (BosId is { } bos && BosPolicy.ConfigAdds is { } addBos && addBos != BosPolicy.TemplateAdds) template = template.WithBefore(bos, addBos);
        if (EosId is { } eos && addEos is { } wanted && wanted != template.Ends(eos)) template = template.WithBehind(eos, wanted);
        return template;
    }

    /// <summary>A special token of tokenizer_config.json: a string, or an object with its content.</summary>
    private int? SpecialId(ConfigReader? settings, string name, out string? token)
    {
        token = null;
        if (settings is null || !settings.Has(name)) return null;
        token = TokenizerSettings.Token(settings, name);
        return Id(token!);
    }

    /// <summary>Tokens as they come.</summary>
    private sealed class TokenList
    {
        public List<int> Ids { get; } = [];

        public List<(int Start, int End)> Offsets { get; } = [];

        public List<int> TypeIds { get; } = [];

        public List<int> Sequences { get; } = [];

        /// <summary>The segment number of what is added next.</summary>
        public int TypeId { get; set; }

        /// <summary>The text that it comes from.</summary>
        public int Sequence { get; set; }

        public void Add(int id, (int Start, int End) range)
        {
            Ids.Add(id);
            Offsets.Add(range);
            TypeIds.Add(TypeId);
            Sequences.Add(Sequence);
        }
    }
}
