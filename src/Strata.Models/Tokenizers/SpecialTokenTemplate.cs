using System.Text.Json;

namespace Strata.Models;

/// <summary>The tokens that a tokenizer sets before and behind every text.</summary>
internal sealed record SpecialTokenTemplate(int[] Before, int[] After)
{
    private const string Supported = "TemplateProcessing, ByteLevel and Sequence";

    /// <summary>No tokens.</summary>
    public static SpecialTokenTemplate Empty { get; } = new([], []);

    /// <summary>Reads a <c>post_processor</c> of tokenizer.json. <c>ByteLevel</c> adds no tokens (it only narrows offsets, which here always cover the whole token).</summary>
    /// <param name="config">The post-processor.</param>
    /// <param name="vocabularySize">Every id must be below this.</param>
    /// <exception cref="InvalidFileException">It is not valid, or of a kind that is not supported.</exception>
    public static SpecialTokenTemplate Read(ConfigReader config, int vocabularySize) => config.RequiredString("type") switch
    {
        "TemplateProcessing" => ReadTemplate(config, vocabularySize),
        "ByteLevel" => Empty,
        "Sequence" => config.Objects("processors").Select(step => Read(step, vocabularySize))
            .Aggregate(Empty, (inner, outer) => new SpecialTokenTemplate([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After])),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported post-processors are {Supported}."),
    };

    private static SpecialTokenTemplate ReadTemplate(ConfigReader config, int vocabularySize)
    {
        List<int> before = [];
        List<int> after = [];
        bool textSeen = false;
        foreach (ConfigReader item in config.Objects("single"))
        {
            if (item.OptionalObject("SpecialToken") is { } special)
            {
                (textSeen ? after : before).AddRange(Ids(config, special.RequiredString("id"), vocabularySize));
            }
            else if (item.OptionalObject("Sequence") is { } sequence && sequence.RequiredString("id") == "A" && !textSeen)
            {
                textSeen = true;
            }
            else
            {
                throw config.Refuse("single", "must hold special tokens and, exactly once, the sequence A.");
            }
        }

        return textSeen ? new SpecialTokenTemplate([.. before], [.. after]) : throw config.Refuse("single", "does not hold the sequence A.");
    }

    private static IEnumerable<int> Ids(ConfigReader config, string token, int vocabularySize)
    {
        ConfigReader definition = config.Object("special_tokens").Object(token);
        foreach (JsonElement id in definition.Items("ids"))
        {
            if (id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out int value) || value < 0 || value >= vocabularySize)
                throw definition.Refuse("ids", $"holds {Excerpt.Quote(id.GetRawText())}; expected ids from 0 to {vocabularySize - 1}.");
            yield return value;
        }
    }
}
