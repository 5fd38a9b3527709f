using System.Text.Json;

namespace Strata.Models;

/// <summary>A part of a template: special tokens, or the first (A) or second (B) text.</summary>
/// <param name="Ids">The special tokens; null for a text.</param>
/// <param name="Second">Whether the text is the second one.</param>
/// <param name="TypeId">The segment number that the part's tokens get.</param>
internal sealed record TemplatePart(int[]? Ids, bool Second, int TypeId)
{
    /// <summary>Special tokens.</summary>
    public static TemplatePart Special(int typeId, params int[] ids) => new(ids, false, typeId);

    /// <summary>The first text.</summary>
    public static TemplatePart First(int typeId = 0) => new(null, false, typeId);

    /// <summary>The second text.</summary>
    public static TemplatePart Other(int typeId = 1) => new(null, true, typeId);
}

/// <summary>The special tokens that a tokenizer sets around a text, and around a pair of texts.</summary>
internal sealed record SpecialTokenTemplate(TemplatePart[] Single, TemplatePart[] Pair)
{
    private const string Supported = "BertProcessing, ByteLevel, RobertaProcessing, Sequence and TemplateProcessing";

    /// <summary>No tokens.</summary>
    public static SpecialTokenTemplate Empty { get; } = new([TemplatePart.First()], [TemplatePart.First(), TemplatePart.Other()]);

    /// <summary>Whether a token stands before the text.</summary>
    public bool Begins(int id) => Single.TakeWhile(part => part.Ids is not null).Any(part => part.Ids!.Contains(id));

    /// <summary>Whether a token stands behind the text.</summary>
    public bool Ends(int id) => Single.Reverse().TakeWhile(part => part.Ids is not null).Any(part => part.Ids!.Contains(id));

    /// <summary>Reads a <c>post_processor</c> of tokenizer.json. <c>ByteLevel</c> adds no tokens (it only narrows offsets, which here always cover the whole token).</summary>
    /// <param name="config">The post-processor.</param>
    /// <param name="vocabularySize">Every id must be below this.</param>
    /// <exception cref="InvalidFileException">It is not valid, or of a kind that is not supported.</exception>
    public static SpecialTokenTemplate Read(ConfigReader config, int vocabularySize) => config.RequiredString("type") switch
    {
        "BertProcessing" => Bert(Id(config, "cls", vocabularySize), Id(config, "sep", vocabularySize)),
        "ByteLevel" => Empty,
        "RobertaProcessing" => Roberta(Id(config, "cls", vocabularySize), Id(config, "sep", vocabularySize)),
        "Sequence" => ReadSequence(config, vocabularySize),
        "TemplateProcessing" => new SpecialTokenTemplate(ReadTemplate(config, "single", vocabularySize), ReadTemplate(config, "pair", vocabularySize)),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported post-processors are {Supported}."),
    };

    /// <summary><c>[CLS] A [SEP]</c> and <c>[CLS] A [SEP] B [SEP]</c>.</summary>
    public static SpecialTokenTemplate Bert(int cls, int sep) => new(
        [TemplatePart.Special(0, cls), TemplatePart.First(), TemplatePart.Special(0, sep)],
        [TemplatePart.Special(0, cls), TemplatePart.First(), TemplatePart.Special(0, sep), TemplatePart.Other(), TemplatePart.Special(1, sep)]);

    /// <summary><c>&lt;s> A &lt;/s></c> and <c>&lt;s> A &lt;/s> &lt;/s> B &lt;/s></c>, all of segment 0.</summary>
    public static SpecialTokenTemplate Roberta(int cls, int sep) => new(
        [TemplatePart.Special(0, cls), TemplatePart.First(), TemplatePart.Special(0, sep)],
        [TemplatePart.Special(0, cls), TemplatePart.First(), TemplatePart.Special(0, sep, sep), TemplatePart.Other(0), TemplatePart.Special(0, sep)]);

    /// <summary>Tokens before and behind each text.</summary>
    public static SpecialTokenTemplate Around(int[] before, int[] after) => new(
        [TemplatePart.Special(0, before), TemplatePart.First(), TemplatePart.Special(0, after)],
        [TemplatePart.Special(0, before), TemplatePart.First(), TemplatePart.Special(0, after), TemplatePart.Special(1, before), TemplatePart.Other(), TemplatePart.Special(1, after)]);

    /// <summary>The template with a token set before the first text, or without it there.</summary>
    public SpecialTokenTemplate WithBefore(int id, bool wanted) => wanted
        ? new([TemplatePart.Special(0, id), .. Single], [TemplatePart.Special(0, id), .. Pair])
        : new(Without(Single, id, fromEnd: false), Without(Pair, id, fromEnd: false));

    /// <summary>The template with a token set behind the last text, or without it there.</summary>
    public SpecialTokenTemplate WithBehind(int id, bool wanted) => wanted
        ? new([.. Single, TemplatePart.Special(0, id)], [.. Pair, TemplatePart.Special(1, id)])
        : new(Without(Single, id, fromEnd: true), Without(Pair, id, fromEnd: true));

    private static TemplatePart[] Without(TemplatePart[] parts, int id, bool fromEnd)
    {
        int text = fromEnd ? Array.FindLastIndex(parts, part => part.Ids is null) : Array.FindIndex(parts, part => part.Ids is null);
        return [.. parts.Select((part, i) => part.Ids is { } ids && (fromEnd ? i > text : i < text) ? part with { Ids = [.. ids.Where(other => other != id)] } : part)];
    }

    /// <summary>One after another; only one of them may add tokens.</summary>
    private static SpecialTokenTemplate ReadSequence(ConfigReader config, int vocabularySize)
    {
        SpecialTokenTemplate[] adding = [.. config.Objects("processors").Select(step => Read(step, vocabularySize)).Where(step => step != Empty)];
        return adding.Length switch
        {
            0 => Empty,
            1 => adding[0],
            _ => throw config.Refuse("processors", $"holds {adding.Length} that add special tokens; at most one is supported."),
        };
    }

    private static TemplatePart[] ReadTemplate(ConfigReader config, string name, int vocabularySize)
    {
        bool pair = name == "pair";
        List<TemplatePart> parts = [];
        foreach (ConfigReader item in config.Objects(name))
        {
            if (item.OptionalObject("SpecialToken") is { } special)
                parts.Add(TemplatePart.Special(TypeId(special), [.. Ids(config, special.RequiredString("id"), vocabularySize)]));
            else if (item.OptionalObject("Sequence") is { } sequence && sequence.RequiredString("id") is "A" or "B")
                parts.Add(new TemplatePart(null, item.Object("Sequence").RequiredString("id") == "B", TypeId(item.Object("Sequence"))));
            else
                throw config.Refuse(name, "must hold special tokens and the sequences A and B.");
        }

        // Without a template of its own a pair is one text behind the other.
        if (pair && parts.Count == 0) return Empty.Pair;
        bool valid = parts.Count(part => part is { Ids: null, Second: false }) == 1 && parts.Count(part => part is { Ids: null, Second: true }) == (pair ? 1 : 0);
        return valid ? [.. parts] : throw config.Refuse(name, pair ? "must hold the sequences A and B exactly once each." : "must hold special tokens and, exactly once, the sequence A.");
    }

    private static int TypeId(ConfigReader part) => part.OptionalInt("type_id", 0, int.MaxValue) ?? 0;

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

    /// <summary>A token of BERT's and RoBERTa's processing: <c>["[SEP]", 102]</c>.</summary>
    private static int Id(ConfigReader config, string name, int vocabularySize)
    {
        JsonElement[] pair = [.. config.Items(name)];
        return pair.Length == 2 && pair[1].ValueKind == JsonValueKind.Number && pair[1].TryGetInt32(out int id) && id >= 0 && id < vocabularySize
            ? id
            : throw config.Refuse(name, $"must be a token and its id, from 0 to {vocabularySize - 1}, as in [\"[SEP]\", 102].");
    }
}
