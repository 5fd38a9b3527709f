using System.Text.Json;

namespace Strata.Models;

/// <summary>The steps of a tokenizer, as one of the readers has found them in its files.</summary>
/// <param name="Path">The file that messages name.</param>
/// <param name="Model">Turns words into ids.</param>
/// <param name="Added">Tokens that are looked for in the text before anything else.</param>
/// <param name="Table">All tokens.</param>
internal sealed record TokenizerParts(string Path, TokenModel Model, AddedToken[] Added, TokenTable Table)
{
    /// <summary>Ids of special tokens that are not among the added ones.</summary>
    public IReadOnlyCollection<int> OtherSpecial { get; init; } = [];

    /// <summary>Changes the text; null changes nothing.</summary>
    public Normalizer? Normalizer { get; init; }

    /// <summary>Cuts the text into words; null leaves it whole.</summary>
    public PreTokenizer? PreTokenizer { get; init; }

    /// <summary>What is set around texts.</summary>
    public SpecialTokenTemplate Template { get; init; } = SpecialTokenTemplate.Empty;

    /// <summary>Makes text of tokens.</summary>
    public TokenDecoder Decoder { get; init; } = TokenDecoder.JoinWithSpaces;

    /// <summary>How the file wants long texts cut; never done without being asked.</summary>
    public TruncationSettings? Truncation { get; init; }

    /// <summary>How the file wants short texts filled up; never done without being asked.</summary>
    public PaddingSettings? Padding { get; init; }

    /// <summary>Reads <c>tokenizer.json</c>.</summary>
    /// <exception cref="InvalidFileException">It is not valid or asks for something that is not supported; the message names the place.</exception>
    public static TokenizerParts ReadJson(ConfigReader file)
    {
        TokenModel model = TokenModel.Read(file.Object("model"));
        AddedToken[] added = [.. file.Objects("added_tokens").Select(token => AddedToken.Read(token))];
        TokenTable table = TokenTable.Join(model.Vocabulary, added, file.Refuse);
        return new TokenizerParts(file.Path, model, added, table)
        {
            Normalizer = file.OptionalObject("normalizer") is { } normalizer ? Normalizer.Read(normalizer) : null,
            PreTokenizer = file.OptionalObject("pre_tokenizer") is { } preTokenizer ? PreTokenizer.Read(preTokenizer) : null,
            Template = file.OptionalObject("post_processor") is { } processor ? SpecialTokenTemplate.Read(processor, table.Size) : SpecialTokenTemplate.Empty,
            Decoder = file.OptionalObject("decoder") is { } decoder ? TokenDecoder.Read(decoder) : TokenDecoder.JoinWithSpaces,
            Truncation = file.OptionalObject("truncation") is { } truncation ? TruncationSettings.Read(truncation) : null,
            Padding = file.OptionalObject("padding") is { } padding ? PaddingSettings.Read(padding) : null,
        };
    }
}

/// <summary>How tokenizer.json wants long texts cut. Strata reads it and never does it without being asked.</summary>
/// <param name="MaxLength">Most tokens.</param>
/// <param name="Strategy"><c>LongestFirst</c>, <c>OnlyFirst</c> or <c>OnlySecond</c>.</param>
/// <param name="Direction"><c>Left</c> or <c>Right</c>: the side that is cut off.</param>
/// <param name="Stride">Tokens that what is cut off shares with what stays.</param>
public sealed record TruncationSettings(int MaxLength, string Strategy, string Direction, int Stride)
{
    internal static TruncationSettings Read(ConfigReader config) => new(config.RequiredInt("max_length", 0, int.MaxValue), config.OptionalString("strategy") ?? "LongestFirst",
        config.OptionalString("direction") ?? "Right", config.OptionalInt("stride", 0, int.MaxValue) ?? 0);
}

/// <summary>How tokenizer.json wants short texts filled up. Strata reads it and never does it without being asked.</summary>
/// <param name="FixedLength">The length to fill up to; null for that of the longest text of a batch.</param>
/// <param name="Direction"><c>Left</c> or <c>Right</c>: the side that is filled.</param>
/// <param name="Token">What it is filled with.</param>
/// <param name="Id">The id of that token.</param>
public sealed record PaddingSettings(int? FixedLength, string Direction, string Token, int Id)
{
    internal static PaddingSettings Read(ConfigReader config)
    {
        // "BatchLongest" or {"Fixed": 512}.
        bool isFixed = config.Has("strategy") && config.Element.GetProperty("strategy").ValueKind == JsonValueKind.Object;
        return new PaddingSettings(isFixed ? config.Object("strategy").RequiredInt("Fixed", 0, int.MaxValue) : null, config.OptionalString("direction") ?? "Right",
            config.OptionalString("pad_token") ?? "[PAD]", config.OptionalInt("pad_id", 0, int.MaxValue) ?? 0);
    }
}
