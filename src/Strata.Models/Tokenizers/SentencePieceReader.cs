using System.Runtime.InteropServices;
using System.Text;

namespace Strata.Models;

/// <summary>Makes a tokenizer of a SentencePiece model.</summary>
internal static class SentencePieceReader
{
    private const long MaxWork = 1L << 30;

    /// <summary>The parts of the tokenizer.</summary>
    /// <param name="file">The model.</param>
    /// <param name="settings">tokenizer_config.json; null when there is none, and then only what the model itself says is done.</param>
    public static TokenizerParts Read(SentencePieceFile file, TokenizerSettings? settings)
    {
        if (settings is not null) file = SentencePieceClass.Numbered(file, settings);
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        for (int id = 0; id < file.Pieces.Count; id++)
        {
            if (!vocabulary.TryAdd(file.Pieces[id].Text, id)) throw new InvalidFileException(file.Path, $"has the piece {Excerpt.Quote(file.Pieces[id].Text)} twice.");
        }

        AddedToken[] added = settings?.AddedTokens(vocabulary) ?? [];
        Normalizer normalizer = new SentencePieceNormalizer(file, settings?.Legacy ?? true);
        int[] special = [.. Enumerable.Range(0, file.Pieces.Count).Where(id => file.Pieces[id].Kind is PieceKind.Control or PieceKind.Unknown)];
        TokenTable table = TokenTable.Join(vocabulary, added, (place, problem) => new InvalidFileException(file.Path, $"with its settings: {place} {problem}"));
        return new TokenizerParts(file.Path, file.IsBytePair ? BytePairs(file, vocabulary) : Unigrams(file, vocabulary), added, table)
        {
            OtherSpecial = special,
            Normalizer = settings is null ? normalizer : SentencePieceClass.Prepared(normalizer, settings),
            Template = settings is null ? SpecialTokenTemplate.Empty : SentencePieceClass.Template(settings, table),
            Decoder = new SentencePieceDecoder(file),
        };
    }

    private static int? Unknown(SentencePieceFile file) => file.Pieces.FindIndex(piece => piece.Kind == PieceKind.Unknown) is >= 0 and int id ? id : null;

    private static UnigramModel Unigrams(SentencePieceFile file, Dictionary<string, int> vocabulary)
    {
        float[] normal = [.. file.Pieces.Where(piece => piece.Kind == PieceKind.Normal).Select(piece => piece.Score)];
        float lowest = normal.Length == 0 ? float.MaxValue : normal.Min();
        // The smallest positive float is where SentencePiece begins to look for the highest score, which is negative in trained models.
        float highest = Math.Max(1.17549435e-38f, normal.Length == 0 ? 0 : normal.Max());
        (string, double)[] scored = [.. file.Pieces.Select(piece => (piece.Text, piece.Kind switch
        {
            PieceKind.Normal => piece.Score,
            PieceKind.UserDefined => Encoding.UTF8.GetByteCount(piece.Text) * highest - 0.1,
            _ => double.NaN,
        }))];
        return new UnigramModel(scored, vocabulary, (float)UnigramModel.UnknownScore(lowest), new UnigramOptions(Unknown(file), file.ByteFallback, FuseUnknown: true, SinglePrecision: true));
    }

    /// <summary>Any two neighbours merge whose text is a piece, those with the highest score first; so every way to cut a piece into two pieces is a merge, of the rank of its score.</summary>
    private static BytePairModel BytePairs(SentencePieceFile file, Dictionary<string, int> vocabulary)
    {
        if (file.Pieces.Any(piece => piece.Kind == PieceKind.Unused)) throw new InvalidFileException(file.Path, "is a BPE model with unused pieces, which is not supported.");
        if (file.Pieces.Sum(piece => (long)piece.Text.Length * piece.Text.Length) > MaxWork) throw new InvalidFileException(file.Path, "has too many long pieces; BPE pieces have a few characters each.");
        float[] scores = [.. file.Pieces.Select(piece => piece.Score).Distinct().OrderDescending()];
        Dictionary<float, int> rankOf = scores.Select((score, rank) => (score, rank)).ToDictionary(pair => pair.score, pair => pair.rank);
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        Dictionary<long, (int, int)> merges = [];
        for (int id = 0; id < file.Pieces.Count; id++)
        {
            (string text, float score, PieceKind kind) = file.Pieces[id];
            if (kind is not (PieceKind.Normal or PieceKind.UserDefined)) continue;
            for (int cut = 1; cut < text.Length; cut++)
            {
                if (Part(file, ids, text.AsSpan(0, cut)) is { } left && Part(file, ids, text.AsSpan(cut)) is { } right) merges[BytePairModel.Key(left, right)] = (rankOf[score], id);
            }
        }

        (string, int)[] whole = [.. file.Pieces.Select((piece, id) => (piece, id)).Where(entry => entry.piece.Kind == PieceKind.UserDefined).Select(entry => (entry.piece.Text, entry.id))];
        BytePairOptions options = new() { Unknown = Unknown(file), FuseUnknown = true, ByteFallback = file.ByteFallback };
        return new BytePairModel(vocabulary, merges, options.WithWhole(whole));
    }

    /// <summary>The id of a piece that can be one half of a merge: what the user has defined never merges.</summary>
    private static int? Part(SentencePieceFile file, Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids, ReadOnlySpan<char> text) =>
        ids.TryGetValue(text, out int id) && file.Pieces[id].Kind == PieceKind.Normal ? id : null;
}

/// <summary>The text of pieces as SentencePiece makes it: marks become spaces, the first is dropped where the model has set it, runs of byte pieces become characters.</summary>
internal sealed class SentencePieceDecoder(SentencePieceFile file) : TokenDecoder
{
    private const string Space = "\u2581";

    private readonly bool _dropsFirstSpace = file.AddDummyPrefix || file.RemoveExtraSpaces;

    public override List<DecodedToken> Apply(List<DecodedToken> tokens)
    {
        StringBuilder text = new();
        List<byte> bytes = [];
        bool begins = true;
        bool spaceSeen = false;
        foreach (DecodedToken token in tokens)
        {
            PieceKind? kind = token.Id < file.Pieces.Count ? file.Pieces[token.Id].Kind : null;
            if (kind == PieceKind.Byte && ByteTokenText.Byte(token.Text) is { } value)
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, text);
            begins &= !spaceSeen && text.Length == 0;
            if (kind is null or PieceKind.Control) text.Append(token.Text);
            else if (kind == PieceKind.Unknown) text.Append(file.UnknownSurface);
            else AppendPiece(token.Text, begins, text, out spaceSeen);
        }

        Flush(bytes, text);
        return [new DecodedToken(-1, text.ToString(), false)];
    }

    private void AppendPiece(string piece, bool begins, StringBuilder text, out bool spaceSeen)
    {
        spaceSeen = begins && _dropsFirstSpace && piece.StartsWith(Space, StringComparison.Ordinal);
        text.Append((spaceSeen ? piece[1..] : piece).Replace(Space, " ", StringComparison.Ordinal));
        // Where extra spaces were removed, all leading ones go.
        if (file.RemoveExtraSpaces) spaceSeen = false;
    }

    private static void Flush(List<byte> bytes, StringBuilder text)
    {
        ReadOnlySpan<byte> rest = CollectionsMarshal.AsSpan(bytes);
        while (!rest.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(rest, out Rune rune, out int consumed) == System.Buffers.OperationStatus.Done;
            text.Append(valid ? rune.ToString() : "\uFFFD");
            rest = rest[(valid ? consumed : 1)..];
        }

        bytes.Clear();
    }
}
