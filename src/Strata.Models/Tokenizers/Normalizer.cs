using System.Text;

namespace Strata.Models;

/// <summary>The first step of a tokenizer: a change of the text as a whole.</summary>
internal abstract class Normalizer
{
    private const string Supported = "Lowercase, NFC, NFD, NFKC, NFKD and Sequence";

    /// <summary>The changed text, aligned with the original.</summary>
    public abstract AlignedText Apply(AlignedText text);

    /// <summary>Reads a <c>normalizer</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is of a kind that is not supported.</exception>
    public static Normalizer Read(ConfigReader config) => config.RequiredString("type") switch
    {
        "Lowercase" => new LowercaseNormalizer(),
        "NFC" => new FormNormalizer(NormalizationForm.FormC),
        "NFD" => new FormNormalizer(NormalizationForm.FormD),
        "NFKC" => new FormNormalizer(NormalizationForm.FormKC),
        "NFKD" => new FormNormalizer(NormalizationForm.FormKD),
        "Sequence" => new SequenceNormalizer([.. config.Objects("normalizers").Select(Read)]),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported normalizers are {Supported}."),
    };

    private sealed class SequenceNormalizer(Normalizer[] steps) : Normalizer
    {
        public override AlignedText Apply(AlignedText text) => steps.Aggregate(text, (current, step) => step.Apply(current));
    }

    private sealed class FormNormalizer(NormalizationForm form) : Normalizer
    {
        public override AlignedText Apply(AlignedText text) => UnicodeNormalizer.Normalize(text, form);
    }

    private sealed class LowercaseNormalizer : Normalizer
    {
        public override AlignedText Apply(AlignedText text)
        {
            AlignedText.Builder result = new(text.Text.Length);
            int at = 0;
            foreach (Rune rune in text.Text.EnumerateRunes())
            {
                int start = text.StartOf(at);
                int end = text.EndOf(at + rune.Utf16SequenceLength - 1);
                at += rune.Utf16SequenceLength;
                // The capital I with a dot is the one letter whose full lower-case form has two characters.
                result.Append(rune.Value == 0x130 ? 'i' : Rune.ToLowerInvariant(rune).Value, start, end);
                if (rune.Value == 0x130) result.Append('\u0307', start, end);
            }

            return result.Build();
        }
    }
}
