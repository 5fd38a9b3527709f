using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>BERT's cleaning of text: control characters out, white space to spaces, spaces around Chinese characters, accents off, lower case; each where it is asked for.</summary>
internal static class BertNormalizer
{
    public static Normalizer Read(ConfigReader config)
    {
        bool lowercase = config.OptionalBool("lowercase") ?? true;
        return Create(config.OptionalBool("clean_text") ?? true, config.OptionalBool("handle_chinese_chars") ?? true, config.OptionalBool("strip_accents"), lowercase);
    }

    /// <summary>The steps in BERT's order.</summary>
    /// <param name="cleanText">Whether to take control characters out and make white space spaces.</param>
    /// <param name="splitChinese">Whether to set spaces around Chinese characters.</param>
    /// <param name="stripAccents">Whether to take accents off; null means where the text is put in lower case.</param>
    /// <param name="lowercase">Whether to put the text in lower case.</param>
    public static Normalizer Create(bool cleanText, bool splitChinese, bool? stripAccents, bool lowercase)
    {
        List<Normalizer> steps = [];
        if (cleanText) steps.Add(new CleanText());
        if (splitChinese) steps.Add(new SplitChinese());
        if (stripAccents ?? lowercase) steps.AddRange([new FormNormalizer(NormalizationForm.FormD), new StripAccentsNormalizer(spacing: false)]);
        if (lowercase) steps.Add(new LowercaseNormalizer());
        return new SequenceNormalizer([.. steps]);
    }

    private sealed class CleanText : CharacterNormalizer
    {
        protected override void Map(Rune rune, int start, int end, AlignedText.Builder result)
        {
            // Of the control characters that are white space only these three count as spaces.
            bool space = rune.Value is '\t' or '\n' or '\r';
            if (!space && (rune.Value == 0xFFFD || IsControl(rune))) return;
            result.Append(space || Rune.IsWhiteSpace(rune) ? ' ' : rune.Value, start, end);
        }

        private static bool IsControl(Rune rune) => Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
    }

    private sealed class SplitChinese : CharacterNormalizer
    {
        protected override void Map(Rune rune, int start, int end, AlignedText.Builder result)
        {
            if (!IsChinese(rune.Value))
            {
                result.Append(rune.Value, start, end);
                return;
            }

            result.Append(' ', start, end);
            result.Append(rune.Value, start, end);
            result.Append(' ', start, end);
        }

        private static bool IsChinese(int c) => c is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F
            or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;
    }
}
