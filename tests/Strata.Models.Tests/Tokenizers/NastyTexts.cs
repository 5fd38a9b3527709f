using System.Text;

namespace Strata.Models.Tests;

/// <summary>Texts on which tokenizers differ: odd spaces, scripts without spaces, emoji with joiners, combining marks, control characters, long words, code, right-to-left text, special tokens.</summary>
internal static class NastyTexts
{
    private static readonly string[] Words =
    [
        "the", "The", "cat", "didn't", "they're", "I'LL", "naïve", "café", "Straße", "İstanbul", "ǅ", "ﬁne", "Ⅷ", "①②", "½", "x²", "日本語", "日本", "テスト", "ﾃｽﾄ", "한국어", "각", "中文字符", "𠀋", "😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "é",
        "e\u0301", "a\u0315\u0300\u05ae", "ẛ\u0323", "שלום", "مرحبا", "עִבְרִית", "नमस्ते", "ไทย", "Ωμέγα", "ΣΑΣ", "Привет", "ѐ", "0123456789", "3.14", "1,000,000", "٣٤", "१२", "—", "…", "«ok»", "“q”", "¡", "--", "a_b", "snake_case", "camelCase",
        "int main(void) { return 0; }", "for(i=0;i<10;i++)", "<div class=\"a\">", "#include <stdio.h>", "\\n", "$x", "`", "~", "http://example.org/a?b=c&d=e", "me@example.org", "C:\\dir", "<s>", "</s>", "<unk>", "[CLS]", "[MASK]", "<|endoftext|>", "<0x0A>",
        "##ing", "▁", "▁▁a", "Ġ", "Ċ", "ab", "lower", "lowest", "newer", "don't", " do not", " 's", "n't", "low.", "new,", "wide!", "𝒜𝓑", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u0085", "\u2028", "\u3000", "\u00a0", "\ufffd", "\ue000", "ا\u064b", "ｆｕｌｌ",
    ];

    private static readonly string[] Spaces = [" ", " ", " ", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n ", "\u00a0", "\u3000", "\u2003", "\u0085", "\u200b", "", "", ""];

    /// <summary>Ranges of assigned characters, from which single ones are drawn.</summary>
    private static readonly (int First, int Last)[] Ranges =
    [
        (0x01, 0x7F), (0x20, 0x7E), (0x80, 0xFF), (0x100, 0x17F), (0x300, 0x34E), (0x391, 0x3A1), (0x410, 0x44F), (0x5D0, 0x5EA), (0x627, 0x64A), (0x905, 0x939), (0xE01, 0xE3A), (0x1100, 0x1112), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x2030, 0x205E),
        (0x2100, 0x214F), (0x2190, 0x21FF), (0x2460, 0x24FF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x4EFF), (0xAC00, 0xACFF), (0xF900, 0xF9FF), (0xFB00, 0xFB06), (0xFF01, 0xFF9F), (0x1D400, 0x1D454), (0x1F300, 0x1F3FF), (0x1F600, 0x1F64F), (0x20000, 0x200FF),
    ];

    /// <summary>The texts; the same seed gives the same ones.</summary>
    public static string[] Make(int count, int seed)
    {
        SeededChoice choice = new(seed);
        string[] first = ["", " ", "  ", "\n", "\0", "a", "▁", "   a  b   ", string.Concat(Enumerable.Repeat("then", 200)), new string('a', 150), new string(' ', 70), string.Concat(Enumerable.Repeat("\u0301", 50)), string.Concat(Enumerable.Repeat("😀", 60)), .. Words];
        return [.. first, .. Enumerable.Range(0, count - first.Length).Select(_ => Text(choice))];
    }

    /// <summary>Texts of the words alone, to train a vocabulary that does not know all characters of the others.</summary>
    public static string[] MakeTraining(int count, int seed)
    {
        SeededChoice choice = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Text(choice, wordsOnly: true))];
    }

    private static string Text(SeededChoice choice, bool wordsOnly = false)
    {
        StringBuilder text = new();
        for (int parts = 1 + choice.Below(12); parts > 0; parts--)
        {
            int kind = wordsOnly ? choice.Below(2) * 19 : choice.Below(20);
            if (kind < 10) text.Append(Words[choice.Below(Words.Length)]);
            else if (kind < 13) text.Append(Character(choice));
            else if (kind < 15) AppendRun(text, choice);
            else if (kind < 16) text.Append(choice.Below(100_000));
            else text.Append("the low newer word"[choice.Below(10)..]);
            text.Append(Spaces[choice.Below(Spaces.Length)]);
        }

        return text.ToString();
    }

    /// <summary>Characters of one range one behind another.</summary>
    private static void AppendRun(StringBuilder text, SeededChoice choice)
    {
        (int low, int high) = Ranges[choice.Below(Ranges.Length)];
        for (int i = 1 + choice.Below(8); i > 0; i--) text.Append(new Rune(low + choice.Below(high - low + 1)));
    }

    private static Rune Character(SeededChoice choice)
    {
        (int low, int high) = Ranges[choice.Below(Ranges.Length)];
        return new Rune(low + choice.Below(high - low + 1));
    }

    /// <summary>A linear congruential generator, written out so that the texts never change.</summary>
    private sealed class SeededChoice(int seed)
    {
        private ulong _state = (ulong)seed * 2862933555777941757 + 3037000493;

        public int Below(int limit)
        {
            _state = _state * 6364136223846793005 + 1442695040888963407;
            return (int)((_state >> 33) % (ulong)limit);
        }
    }
}
