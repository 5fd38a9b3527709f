namespace Strata.Models;

/// <summary>The step of a tokenizer that cuts text into pieces, which the model then splits into tokens one by one.</summary>
internal abstract class PreTokenizer
{
    private const string Supported = "ByteLevel, Split, Whitespace, WhitespaceSplit and Sequence";

    /// <summary>The smaller pieces; none of them is empty.</summary>
    public abstract List<Piece> Apply(List<Piece> pieces);

    /// <summary>Reads a <c>pre_tokenizer</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is not valid, or of a kind that is not supported.</exception>
    public static PreTokenizer Read(ConfigReader config) => config.RequiredString("type") switch
    {
        "ByteLevel" => new ByteLevelPreTokenizer(config.OptionalBool("add_prefix_space") ?? true, config.OptionalBool("use_regex") ?? true),
        "Split" => ReadSplit(config),
        "Whitespace" => new SplitPreTokenizer(TokenPattern.Words.Matches, SplitBehavior.Removed, invert: true),
        "WhitespaceSplit" => new SplitPreTokenizer(WhiteSpace, SplitBehavior.Removed, invert: false),
        "Sequence" => new SequencePreTokenizer([.. config.Objects("pretokenizers").Select(Read)]),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported pre-tokenizers are {Supported}."),
    };

    private static SplitPreTokenizer ReadSplit(ConfigReader config)
    {
        string name = config.RequiredString("behavior");
        if (!Enum.TryParse(name, out SplitBehavior behavior) || behavior.ToString() != name)
            throw config.Refuse("behavior", $"is {Excerpt.Quote(name)}; expected {string.Join(", ", Enum.GetNames<SplitBehavior>())}.");
        ConfigReader pattern = config.Object("pattern");
        bool invert = config.OptionalBool("invert") ?? false;
        if (pattern.OptionalString("String") is { } text) return new SplitPreTokenizer((piece, _) => Occurrences(piece, text), behavior, invert);
        if (pattern.OptionalString("Regex") is not { } regex) throw config.Refuse("pattern", "has neither \"Regex\" nor \"String\".");
        try
        {
            return new SplitPreTokenizer(TokenPattern.Parse(regex).Matches, behavior, invert);
        }
        catch (FormatException e)
        {
            throw pattern.Refuse("Regex", $"{e.Message}. Given: {Excerpt.Quote(regex)}.");
        }
    }

    private static List<(int Start, int End)> WhiteSpace(ReadOnlySpan<char> text, TimeBudget _)
    {
        List<(int Start, int End)> found = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsWhiteSpace(text[i])) found.Add((i, i + 1));
        }

        return found;
    }

    private static List<(int Start, int End)> Occurrences(ReadOnlySpan<char> text, string wanted)
    {
        List<(int Start, int End)> found = [];
        if (wanted.Length == 0) return found;
        for (int at = 0, next; (next = text[at..].IndexOf(wanted, StringComparison.Ordinal)) >= 0; at += next + wanted.Length) found.Add((at + next, at + next + wanted.Length));
        return found;
    }

    private sealed class SequencePreTokenizer(PreTokenizer[] steps) : PreTokenizer
    {
        public override List<Piece> Apply(List<Piece> pieces) => steps.Aggregate(pieces, (current, step) => step.Apply(current));
    }
}

/// <summary>What becomes of the matches of a <c>Split</c> pre-tokenizer.</summary>
internal enum SplitBehavior
{
    /// <summary>Each match is a piece.</summary>
    Isolated,

    /// <summary>Matches are dropped.</summary>
    Removed,

    /// <summary>A match is joined to what stands before it.</summary>
    MergedWithPrevious,

    /// <summary>A match is joined to what stands behind it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one piece.</summary>
    Contiguous,
}

/// <summary>Finds the matches in a text, from left to right without overlap.</summary>
internal delegate List<(int Start, int End)> MatchFinder(ReadOnlySpan<char> text, TimeBudget budget);

/// <summary>Cuts pieces at matches.</summary>
internal sealed class SplitPreTokenizer(MatchFinder find, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override List<Piece> Apply(List<Piece> pieces)
    {
        List<Piece> result = new(pieces.Count);
        TimeBudget budget = new(pieces.Sum(piece => (long)piece.Length));
        foreach (Piece piece in pieces)
        {
            List<Cut> cuts = Cover(piece, budget);
            if (behavior is SplitBehavior.Removed) cuts.RemoveAll(cut => cut.Match);
            else if (behavior is SplitBehavior.Contiguous) cuts = Join(cuts, (before, cut) => before.Match == cut.Match);
            else if (behavior is SplitBehavior.MergedWithPrevious) cuts = Join(cuts, (before, cut) => cut.Match && !before.Match);
            else if (behavior is SplitBehavior.MergedWithNext) cuts = JoinBackwards(cuts);
            foreach (Cut cut in cuts)
            {
                if (cut.End > cut.Start) result.Add(piece.Part(cut.Start, cut.End - cut.Start));
            }
        }

        return result;
    }

    /// <summary>Matches and what lies between them, in order.</summary>
    private List<Cut> Cover(Piece piece, TimeBudget budget)
    {
        List<Cut> cuts = [];
        int at = 0;
        foreach ((int start, int end) in find(piece.Characters, budget))
        {
            if (start > at) cuts.Add(new Cut(at, start, invert));
            cuts.Add(new Cut(start, end, !invert));
            at = end;
        }

        if (at < piece.Length) cuts.Add(new Cut(at, piece.Length, invert));
        return cuts;
    }

    /// <summary>Joins a cut to the one before it where the rule says so; the rule sees the cut that stood before it originally.</summary>
    private static List<Cut> Join(List<Cut> cuts, Func<Cut, Cut, bool> joins)
    {
        List<Cut> joined = new(cuts.Count);
        for (int i = 0; i < cuts.Count; i++)
        {
            if (i > 0 && joins(cuts[i - 1], cuts[i])) joined[^1] = joined[^1] with { End = cuts[i].End };
            else joined.Add(cuts[i]);
        }

        return joined;
    }

    private static List<Cut> JoinBackwards(List<Cut> cuts)
    {
        List<Cut> joined = new(cuts.Count);
        for (int i = cuts.Count - 1; i >= 0; i--)
        {
            if (i + 1 < cuts.Count && cuts[i].Match && !cuts[i + 1].Match) joined[^1] = joined[^1] with { Start = cuts[i].Start };
            else joined.Add(cuts[i]);
        }

        joined.Reverse();
        return joined;
    }

    private readonly record struct Cut(int Start, int End, bool Match);
}

/// <summary>Cuts as GPT-2 does (or not at all) and spells the pieces as bytes in <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    private static readonly SplitPreTokenizer Gpt2 = new(TokenPattern.Gpt2.Matches, SplitBehavior.Isolated, invert: false);

    public override List<Piece> Apply(List<Piece> pieces)
    {
        if (addPrefixSpace) pieces = pieces.ConvertAll(WithSpace);
        if (useRegex) pieces = Gpt2.Apply(pieces);
        List<Piece> spelled = new(pieces.Count);
        AlignedText? source = null;
        AlignedText? bytes = null;
        int[] positions = [];
        foreach (Piece piece in pieces)
        {
            // Pieces of one text stand together, so each text is spelled once.
            if (piece.Source != source) bytes = ByteAlphabet.Spell(source = piece.Source, out positions);
            int start = positions[piece.Start];
            spelled.Add(new Piece(bytes!, start, positions[piece.Start + piece.Length] - start));
        }

        return spelled;
    }

    private static Piece WithSpace(Piece piece)
    {
        if (piece.Length == 0 || piece.Characters[0] == ' ') return piece;
        AlignedText.Builder text = new(piece.Length + 1);
        int start = piece.Source.StartOf(piece.Start);
        text.Append(' ', start, start);
        for (int i = 0; i < piece.Length; i++) text.Append(piece.Characters[i], piece.Source.StartOf(piece.Start + i), piece.Source.EndOf(piece.Start + i));
        return Piece.All(text.Build());
    }
}
