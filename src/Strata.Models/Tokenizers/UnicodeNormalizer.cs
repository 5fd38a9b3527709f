using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>The four normalization forms of Unicode Standard Annex 15, with the place in the source that each character came from.</summary>
internal sealed class UnicodeNormalizer
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    private static readonly Lazy<UnicodeNormalizer> Shared = new(() => new UnicodeNormalizer());

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _classes = [];

    private UnicodeNormalizer()
    {
        HashSet<int> excluded = [.. Items(UnicodeNormalizationData.CompositionExclusions).Select(Hex)];
        foreach (string item in Items(UnicodeNormalizationData.Decompositions))
        {
            int mark = item.IndexOfAny(['=', '~']);
            int[] parts = Array.ConvertAll(item[(mark + 1)..].Split(' '), Hex);
            int character = Hex(item[..mark]);
            (item[mark] == '=' ? _canonical : _compatible).Add(character, parts);
            if (item[mark] == '=' && parts.Length == 2 && !excluded.Contains(character)) _compositions.Add((parts[0], parts[1]), character);
        }

        foreach (string item in Items(UnicodeNormalizationData.CombiningClasses))
        {
            string[] parts = item.Split(':');
            int[] range = Array.ConvertAll(parts[0].Split('-'), Hex);
            for (int character = range[0]; character <= range[^1]; character++) _classes.Add(character, byte.Parse(parts[1], CultureInfo.InvariantCulture));
        }
    }

    /// <summary>A text in one of the normalization forms.</summary>
    public static AlignedText Normalize(AlignedText text, NormalizationForm form)
    {
        // ASCII is the same in all forms.
        if (Ascii.IsValid(text.Text)) return text;
        bool compatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        bool compose = form is NormalizationForm.FormC or NormalizationForm.FormKC;
        List<Mark> marks = Shared.Value.Decompose(text, compatible);
        if (compose) Shared.Value.Compose(marks);
        AlignedText.Builder result = new(text.Text.Length);
        foreach (Mark mark in marks) result.Append(mark.Character, mark.Start, mark.End);
        return result.Build();
    }

    private List<Mark> Decompose(AlignedText text, bool compatible)
    {
        List<Mark> marks = new(text.Text.Length);
        int at = 0;
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            Decompose(rune.Value, compatible, text.StartOf(at), text.EndOf(at + rune.Utf16SequenceLength - 1), marks);
            at += rune.Utf16SequenceLength;
        }

        Order(marks);
        return marks;
    }

    private void Decompose(int character, bool compatible, int start, int end, List<Mark> marks)
    {
        if (_canonical.TryGetValue(character, out int[]? parts) || (compatible && _compatible.TryGetValue(character, out parts)))
        {
            foreach (int part in parts) Decompose(part, compatible, start, end, marks);
        }
        else if (character is >= HangulBase and < HangulBase + Syllables)
        {
            int syllable = character - HangulBase;
            marks.Add(new Mark(LeadBase + syllable / (Vowels * Tails), 0, start, end));
            marks.Add(new Mark(VowelBase + syllable / Tails % Vowels, 0, start, end));
            if (syllable % Tails != 0) marks.Add(new Mark(TailBase + syllable % Tails, 0, start, end));
        }
        else
        {
            marks.Add(new Mark(character, _classes.GetValueOrDefault(character), start, end));
        }
    }

    /// <summary>Sorts each run of combining marks by their class, keeping the order of equals.</summary>
    private static void Order(List<Mark> marks)
    {
        for (int start = 0; start < marks.Count; start++)
        {
            if (marks[start].Class == 0) continue;
            int end = start;
            while (end < marks.Count && marks[end].Class != 0) end++;
            Mark[] run = [.. marks[start..end].OrderBy(mark => mark.Class)];
            for (int i = 0; i < run.Length; i++) marks[start + i] = run[i];
            start = end;
        }
    }

    /// <summary>Joins each starter with the marks behind it that no mark of the same or a higher class separates from it.</summary>
    private void Compose(List<Mark> marks)
    {
        int kept = 0, starter = -1, lastClass = -1;
        for (int i = 0; i < marks.Count; i++)
        {
            Mark mark = marks[i];
            if (starter >= 0 && lastClass < mark.Class && Composition(marks[starter].Character, mark.Character) is int composed)
            {
                marks[starter] = marks[starter] with { Character = composed, Start = Math.Min(marks[starter].Start, mark.Start), End = Math.Max(marks[starter].End, mark.End) };
                continue;
            }

            if (mark.Class == 0)
            {
                starter = kept;
                lastClass = -1;
            }
            else
            {
                lastClass = mark.Class;
            }

            marks[kept++] = mark;
        }

        marks.RemoveRange(kept, marks.Count - kept);
    }

    private int? Composition(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
            return HangulBase + ((first - LeadBase) * Vowels + second - VowelBase) * Tails;
        if (first is >= HangulBase and < HangulBase + Syllables && (first - HangulBase) % Tails == 0 && second is > TailBase and < TailBase + Tails)
            return first + second - TailBase;
        return _compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private static string[] Items(string data) => data.Split([';', '\n'], StringSplitOptions.TrimEntries);

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private readonly record struct Mark(int Character, byte Class, int Start, int End);
}
