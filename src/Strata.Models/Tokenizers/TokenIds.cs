namespace Strata.Models;

/// <summary>What became of a text: its ids, and everything needed to see why.</summary>
public sealed class TokenIds
{
    internal TokenIds(string text, string? second, int[] ids, string[] tokens, (int Start, int End)[] offsets, int[] sequences, int[] typeIds, BosPolicy bosPolicy, string? warning)
    {
        Text = text;
        SecondText = second;
        Ids = ids;
        Tokens = tokens;
        Offsets = offsets;
        Sequences = sequences;
        TypeIds = typeIds;
        BosPolicy = bosPolicy;
        Warning = warning;
    }

    /// <summary>The text as it was given.</summary>
    public string Text { get; }

    /// <summary>The second text of a pair; null for a single text.</summary>
    public string? SecondText { get; }

    /// <summary>Ids, one per token.</summary>
    public int[] Ids { get; }

    /// <summary>The tokens as the vocabulary writes them (byte-level vocabularies write a space as <c>Ġ</c>).</summary>
    public string[] Tokens { get; }

    /// <summary>
    /// For each token the range of <see cref="Text"/> that it stands for, in UTF-16 characters, end excluded. It covers the whole token, a leading space too.
    /// Tokens that hold parts of one character share its range; special tokens that the tokenizer added have (0, 0).
    /// </summary>
    public (int Start, int End)[] Offsets { get; }

    /// <summary>For each token the text that it comes from: 0 the first, 1 the second of a pair, -1 for special tokens that the tokenizer added.</summary>
    public int[] Sequences { get; }

    /// <summary>For each token the number of its segment, as BERT-like networks embed it; 0 everywhere where the tokenizer knows of one segment only.</summary>
    public int[] TypeIds { get; }

    /// <summary><see cref="Offsets"/> counted in code points, as Python counts, instead of UTF-16 characters.</summary>
    public (int Start, int End)[] CodePointOffsets()
    {
        int[] first = CodePointsBefore(Text);
        int[] second = SecondText is null ? first : CodePointsBefore(SecondText);
        return [.. Offsets.Select((range, i) => Sequences[i] == 1 ? (second[range.Start], second[range.End]) : (first[range.Start], first[range.End]))];
    }

    /// <summary>How the tokenizer treats the beginning-of-sequence token, and why.</summary>
    public BosPolicy BosPolicy { get; }

    /// <summary>What is suspicious about the beginning of the ids: the beginning-of-sequence token is missing or doubled. Null when nothing is.</summary>
    public string? Warning { get; }

    /// <summary>For each UTF-16 position, and the end, the number of code points before it.</summary>
    private static int[] CodePointsBefore(string text)
    {
        int[] before = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++)
        {
            bool goesOn = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            before[i + 1] = before[i] + (goesOn ? 0 : 1);
        }

        return before;
    }

    /// <summary>Number of tokens, the tokens themselves (at most 20), and the warning.</summary>
    public override string ToString()
    {
        string shown = string.Join(" ", Tokens.Take(20).Select(token => Excerpt.Quote(token)));
        return $"{Ids.Length} tokens: {shown}{(Ids.Length > 20 ? " ..." : "")}{(Warning is null ? "" : $" Warning: {Warning}")}";
    }
}
