namespace Strata.Models;

/// <summary>Where <see cref="MetaspacePreTokenizer"/> sets its mark before a text that does not begin with a space.</summary>
internal enum PrependScheme
{
    /// <summary>Before every stretch of text.</summary>
    Always,

    /// <summary>Before the beginning of the whole text only.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,
}

/// <summary>Writes spaces as a visible mark, as SentencePiece does, and cuts before each.</summary>
internal sealed class MetaspacePreTokenizer(string mark, PrependScheme scheme, bool split) : PreTokenizer
{
    private readonly SplitPreTokenizer _split = new(TextPattern.Literal(mark), SplitBehavior.MergedWithNext, invert: false);

    public static MetaspacePreTokenizer FromConfig(ConfigReader config) =>
        new(config.Has("replacement") ? TextPattern.RequiredCharacter(config, "replacement") : "\u2581", ReadScheme(config), config.OptionalBool("split") ?? true);

    /// <summary><c>prepend_scheme</c>, or <c>add_prefix_space</c> of older files.</summary>
    public static PrependScheme ReadScheme(ConfigReader config)
    {
        bool never = config.OptionalBool("add_prefix_space") == false;
        string? name = config.OptionalString("prepend_scheme");
        PrependScheme scheme = name switch
        {
            null => never ? PrependScheme.Never : PrependScheme.Always,
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw config.Refuse("prepend_scheme", $"is {Excerpt.Quote(name)}; expected always, first or never."),
        };
        return never && scheme != PrependScheme.Never ? throw config.Refuse("prepend_scheme", $"is {Excerpt.Quote(name)}, and \"add_prefix_space\" is false; expected never.") : scheme;
    }

    public override List<Piece> Apply(List<Piece> pieces)
    {
        List<Piece> marked = pieces.ConvertAll(Mark);
        return split ? _split.Apply(marked) : marked;
    }

    /// <summary>Whether a piece holds the beginning of the text, which need not be its first character where marks were put in order.</summary>
    private static bool IsFirst(Piece piece)
    {
        for (int i = 0; i < piece.Length; i++)
        {
            if (piece.Source.StartOf(piece.Start + i) == 0) return true;
        }

        return false;
    }

    private Piece Mark(Piece piece)
    {
        AlignedText.Builder text = new(piece.Length + mark.Length);
        int start = piece.Source.StartOf(piece.Start);
        bool marked = piece.Characters[0] == ' ' || piece.Characters.StartsWith(mark, StringComparison.Ordinal);
        if (!marked && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && IsFirst(piece)))) text.Append(mark, start, start);
        for (int i = 0; i < piece.Length; i++)
        {
            (int from, int to) = piece.Range(i, 1);
            if (piece.Characters[i] == ' ') text.Append(mark, from, to);
            else text.Append(piece.Characters[i], from, to);
        }

        return Piece.All(text.Build());
    }
}
