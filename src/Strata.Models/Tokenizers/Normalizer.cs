using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>The first step of a tokenizer: a change of the text as a whole.</summary>
internal abstract class Normalizer
{
    private const string Supported = "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Sequence, Strip and StripAccents";

    /// <summary>The changed text, aligned with the original.</summary>
    public abstract AlignedText Apply(AlignedText text);

    /// <summary>Reads a <c>normalizer</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is of a kind that is not supported.</exception>
    public static Normalizer Read(ConfigReader config) => config.RequiredString("type") switch
    {
        "BertNormalizer" => BertNormalizer.Read(config),
        "ByteLevel" => new ByteLevelNormalizer(),
        "Lowercase" => new LowercaseNormalizer(),
        "NFC" => new FormNormalizer(NormalizationForm.FormC),
        "NFD" => new FormNormalizer(NormalizationForm.FormD),
        "NFKC" => new FormNormalizer(NormalizationForm.FormKC),
        "NFKD" => new FormNormalizer(NormalizationForm.FormKD),
        "Nmt" => new NmtNormalizer(),
        "Precompiled" => PrecompiledNormalizer.FromConfig(config),
        "Prepend" => new PrependNormalizer(config.RequiredString("prepend")),
        "Replace" => new ReplaceNormalizer(TextPattern.Read(config), config.RequiredString("content")),
        "Sequence" => new SequenceNormalizer([.. config.Objects("normalizers").Select(Read)]),
        "Strip" => new StripNormalizer(config.OptionalBool("strip_left") ?? true, config.OptionalBool("strip_right") ?? true),
        "StripAccents" => new StripAccentsNormalizer(spacing: true),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported normalizers are {Supported}."),
    };

    private sealed class ByteLevelNormalizer : Normalizer
    {
        public override AlignedText Apply(AlignedText text) => ByteAlphabet.Spell(text, out _);
    }
}

/// <summary>One step after another.</summary>
internal sealed class SequenceNormalizer(Normalizer[] steps) : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        foreach (Normalizer step in steps) text = step.Apply(text);
        return text;
    }
}

/// <summary>A Unicode normalization form.</summary>
internal sealed class FormNormalizer(NormalizationForm form) : Normalizer
{
    public override AlignedText Apply(AlignedText text) => UnicodeNormalizer.Normalize(text, form);
}

/// <summary>A change of each character on its own.</summary>
internal abstract class CharacterNormalizer : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        AlignedText.Builder result = new(text.Text.Length);
        int at = 0;
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            int length = rune.Utf16SequenceLength;
            Map(rune, text.StartOf(at), text.EndOf(at + length - 1), result);
            at += length;
        }

        return result.Build();
    }

    /// <summary>Adds what a character becomes.</summary>
    protected abstract void Map(Rune rune, int start, int end, AlignedText.Builder result);
}

/// <summary>Lower case, character by character.</summary>
internal sealed class LowercaseNormalizer : CharacterNormalizer
{
    protected override void Map(Rune rune, int start, int end, AlignedText.Builder result)
    {
        // The capital I with a dot is the one letter whose full lower-case form has two characters.
        result.Append(rune.Value == 0x130 ? 'i' : Rune.ToLowerInvariant(rune).Value, start, end);
        if (rune.Value == 0x130) result.Append('\u0307', start, end);
    }
}

/// <summary>Takes combining marks out: all of them, or only those that take no room of their own.</summary>
internal sealed class StripAccentsNormalizer(bool spacing) : CharacterNormalizer
{
    protected override void Map(Rune rune, int start, int end, AlignedText.Builder result)
    {
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        bool mark = category == UnicodeCategory.NonSpacingMark || (spacing && category is UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark);
        if (!mark) result.Append(rune.Value, start, end);
    }
}

/// <summary>Control characters out, odd spaces to spaces, as in the corpora of neural machine translation.</summary>
internal sealed class NmtNormalizer : CharacterNormalizer
{
    protected override void Map(Rune rune, int start, int end, AlignedText.Builder result)
    {
        int c = rune.Value;
        if (c is >= 0x01 and <= 0x08 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or 0x8F or 0x9F) return;
        bool space = c is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;
        result.Append(space ? ' ' : c, start, end);
    }
}

/// <summary>Sets a text before one that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        if (text.Text.Length == 0) return text;
        AlignedText.Builder result = new(text.Text.Length + prefix.Length);
        result.Append(prefix, text.StartOf(0), text.StartOf(0));
        result.Append(text, 0, text.Text.Length);
        return result.Build();
    }
}

/// <summary>White space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        int start = left ? text.Text.Length - text.Text.AsSpan().TrimStart().Length : 0;
        int end = right ? text.Text.AsSpan().TrimEnd().Length : text.Text.Length;
        return text.Slice(start, Math.Max(0, end - start));
    }
}

/// <summary>Puts a text in place of every match.</summary>
internal sealed class ReplaceNormalizer(MatchFinder find, string content) : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        List<(int Start, int End)> matches = find(text.Text, new TimeBudget(text.Text.Length));
        if (matches.Count == 0) return text;
        long length = text.Text.Length + matches.Sum(match => (long)content.Length - (match.End - match.Start));
        if (length > text.Text.Length) AlignedText.Builder.CheckGrown(length);
        AlignedText.Builder result = new((int)length);
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            result.Append(text, done, start - done);
            if (end > start) result.Append(content, text.StartOf(start), text.EndOf(end - 1));
            else result.Append(content, start < text.Text.Length ? text.StartOf(start) : text.End, start < text.Text.Length ? text.StartOf(start) : text.End);
            done = end;
        }

        result.Append(text, done, text.Text.Length - done);
        return result.Build();
    }
}
