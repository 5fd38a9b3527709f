using System.Text;

namespace Strata.Models;

/// <summary>The step of a tokenizer that cuts text into pieces, which the model then splits into tokens one by one.</summary>
internal abstract class PreTokenizer
{
    private const string Supported = "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, Split, UnicodeScripts, Whitespace and WhitespaceSplit";

    /// <summary>The smaller pieces; none of them is empty.</summary>
    public abstract List<Piece> Apply(List<Piece> pieces);

    /// <summary>Reads a <c>pre_tokenizer</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is not valid, or of a kind that is not supported.</exception>
    public static PreTokenizer Read(ConfigReader config) => config.RequiredString("type") switch
    {
        "BertPreTokenizer" => Bert(),
        "ByteLevel" => new ByteLevelPreTokenizer(config.OptionalBool("add_prefix_space") ?? true, config.OptionalBool("use_regex") ?? true),
        "CharDelimiterSplit" => new SplitPreTokenizer(TextPattern.Literal(TextPattern.RequiredCharacter(config, "delimiter")), SplitBehavior.Removed, invert: false),
        "Digits" => new SplitPreTokenizer(TextPattern.Characters(Rune.IsNumber), config.OptionalBool("individual_digits") ?? false ? SplitBehavior.Isolated : SplitBehavior.Contiguous, invert: false),
        "Metaspace" => MetaspacePreTokenizer.FromConfig(config),
        "Punctuation" => new SplitPreTokenizer(TextPattern.Characters(TextPattern.IsPunctuation), config.Has("behavior") ? ReadBehavior(config) : SplitBehavior.Isolated, invert: false),
        "Split" => new SplitPreTokenizer(TextPattern.Read(config), ReadBehavior(config), config.OptionalBool("invert") ?? false),
        "UnicodeScripts" => new ScriptPreTokenizer(),
        "Whitespace" => new SplitPreTokenizer(TokenPattern.Words.Matches, SplitBehavior.Removed, invert: true),
        "WhitespaceSplit" => new SplitPreTokenizer(TextPattern.Characters(Rune.IsWhiteSpace), SplitBehavior.Removed, invert: false),
        "Sequence" => new SequencePreTokenizer([.. config.Objects("pretokenizers").Select(Read)]),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported pre-tokenizers are {Supported}."),
    };

    /// <summary>One pre-tokenizer after another.</summary>
    public static PreTokenizer Chain(params PreTokenizer[] steps) => new SequencePreTokenizer(steps);

    /// <summary>Words as BERT cuts them: at white space, and each punctuation mark on its own.</summary>
    public static PreTokenizer Bert() => new SequencePreTokenizer([
        new SplitPreTokenizer(TextPattern.Characters(Rune.IsWhiteSpace), SplitBehavior.Removed, invert: false),
        new SplitPreTokenizer(TextPattern.Characters(TextPattern.IsPunctuation), SplitBehavior.Isolated, invert: false)]);

    private static SplitBehavior ReadBehavior(ConfigReader config)
    {
        string name = config.RequiredString("behavior");
        return Enum.TryParse(name, out SplitBehavior behavior) && behavior.ToString() == name
            ? behavior
            : throw config.Refuse("behavior", $"is {Excerpt.Quote(name)}; expected {string.Join(", ", Enum.GetNames<SplitBehavior>())}.");
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
