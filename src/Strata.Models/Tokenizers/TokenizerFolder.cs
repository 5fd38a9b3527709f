using System.Text;
using System.Text.Json;

namespace Strata.Models;

/// <summary>Finds and reads the tokenizer files of a folder.</summary>
internal sealed class TokenizerFolder(string folder)
{
    private const int MaxFileBytes = 256 << 20;

    /// <summary>Files by which a folder names the expression of a tiktoken file.</summary>
    private static readonly Dictionary<string, string> PatternOfFile = new(StringComparer.Ordinal)
    {
        ["r50k_base.tiktoken"] = "gpt2",
        ["p50k_base.tiktoken"] = "gpt2",
        ["gpt2.tiktoken"] = "gpt2",
        ["cl100k_base.tiktoken"] = "cl100k_base",
        ["o200k_base.tiktoken"] = "o200k_base",
        ["qwen.tiktoken"] = "qwen",
    };

    /// <summary>The tokenizer; null when the folder has none. See <see cref="Tokenizer.LoadFolder"/> for the order.</summary>
    public Tokenizer? Load()
    {
        using JsonDocument? settingsFile = Json("tokenizer_config.json");
        using JsonDocument? olderFile = Json("added_tokens.json");
        ConfigReader? config = Reader(settingsFile, "tokenizer_config.json");
        string? kind = ClassOfNetwork();
        using JsonDocument empty = JsonDocument.Parse("{}");
        ConfigReader? known = config ?? (kind is null ? null : new ConfigReader(empty.RootElement, Path.Combine(folder, "tokenizer_config.json")));
        TokenizerSettings? settings = known is null ? null : new TokenizerSettings(known, Reader(olderFile, "added_tokens.json"), kind);
        return ReadParts(settings) is { } parts ? new Tokenizer(parts, config, ExtraTemplate()) : null;
    }

    /// <summary>The text of a file, which must be UTF-8.</summary>
    public static string ReadText(string path)
    {
        byte[] bytes = ReadBytes(path);
        int invalid = JsonFile.FirstInvalidUtf8(bytes);
        return invalid < 0 ? Encoding.UTF8.GetString(bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes) : throw new InvalidFileException(path, $"is not valid UTF-8 at byte {invalid}.");
    }

    private TokenizerParts? ReadParts(TokenizerSettings? settings)
    {
        if (Find("tokenizer.json") is { } path)
        {
            using JsonDocument file = JsonFile.ReadObject(path, MaxFileBytes);
            return TokenizerParts.ReadJson(new ConfigReader(file.RootElement, path));
        }

        if ((Find("tokenizer.model") ?? Find("spiece.model") ?? Find("sentencepiece.bpe.model") ?? Find("spm.model")) is { } model)
        {
            byte[] bytes = ReadBytes(model);
            return TiktokenFile.Looks(bytes) ? ReadTiktoken(model, settings) : SentencePieceReader.Read(SentencePieceFile.Parse(bytes, model), settings);
        }

        if (Find("vocab.json") is { } vocabulary && Find("merges.txt") is { } merges)
        {
            using JsonDocument file = JsonFile.ReadObject(vocabulary, MaxFileBytes);
            return Gpt2FilesReader.Read(new ConfigReader(file.RootElement, vocabulary), ReadText(merges), merges, settings);
        }

        if (Find("vocab.txt") is { } words) return BertVocabularyReader.Read(ReadText(words), words, settings);
        string? ranks = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.tiktoken").Order(StringComparer.Ordinal).FirstOrDefault() : null;
        return ranks is null ? null : ReadTiktoken(ranks, settings);
    }

    private static TokenizerParts ReadTiktoken(string path, TokenizerSettings? settings)
    {
        // Llama 3 ships its ranks as tokenizer.model, 128,000 of them.
        string text = ReadText(path);
        string pattern = settings?.Config.OptionalString("pat_str") ?? PatternOfFile.GetValueOrDefault(Path.GetFileName(path))
            ?? (text.Count(c => c == '\n') is 127_999 or 128_000 ? "llama3" : null)
            ?? throw new InvalidFileException(path, "holds ranks of tokens, but nothing says how text is cut into words. Set \"pat_str\" in tokenizer_config.json to a regular expression or to one of "
                + $"{string.Join(", ", TiktokenFile.Patterns.Keys)}, or use Tokenizer.LoadTiktoken(path, pattern).");
        return TiktokenFile.Parse(text, path, pattern, settings?.AddedTokens([]) ?? []);
    }

    /// <summary>The class of SentencePiece tokenizers that belongs to the folder's network; older folders do not name it.</summary>
    private string? ClassOfNetwork()
    {
        using JsonDocument? file = Find("tokenizer.json") is null ? Json("config.json") : null;
        return Reader(file, "config.json") is { } config ? SentencePieceClass.OfModelType.GetValueOrDefault(config.OptionalString("model_type") ?? "") : null;
    }

    private string? ExtraTemplate() => Find("chat_template.jinja") is { } path ? ReadText(path) : null;

    private static byte[] ReadBytes(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= MaxFileBytes ? File.ReadAllBytes(path) : throw new InvalidFileException(path, $"has {length:N0} bytes; at most {MaxFileBytes:N0} are read from such a file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }
    }

    private string? Find(string name) => Path.Combine(folder, name) is var path && File.Exists(path) ? path : null;

    private JsonDocument? Json(string name) => Find(name) is { } path ? JsonFile.ReadObject(path, MaxFileBytes) : null;

    private ConfigReader? Reader(JsonDocument? file, string name) => file is null ? null : new ConfigReader(file.RootElement, Path.Combine(folder, name));
}
