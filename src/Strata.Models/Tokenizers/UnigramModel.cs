using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// The unigram language model of SentencePiece (Kudo 2018): of all ways to cut a word into pieces the one with the highest sum of log-probabilities, found by Viterbi's
/// algorithm. A character that no piece covers costs ten more than the least likely piece.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly double[] _scores;
    private readonly CharTrie _pieces;
    private readonly double _unknownScore;
    private readonly UnigramOptions _options;
    private readonly int[]? _bytes;

    /// <summary>A model.</summary>
    /// <param name="pieces">The pieces in the order of their ids, with their scores; one with the score NaN is never chosen.</param>
    /// <param name="vocabulary">The id of each piece, those that are never chosen included.</param>
    /// <param name="unknownScore">What an unknown character adds to the sum.</param>
    /// <param name="options">The rest.</param>
    public UnigramModel(IReadOnlyList<(string Piece, double Score)> pieces, Dictionary<string, int> vocabulary, double unknownScore, UnigramOptions options) : base(vocabulary)
    {
        _scores = [.. pieces.Select(piece => piece.Score)];
        _pieces = new CharTrie([.. pieces.Select((piece, id) => (piece.Piece, id)).Where(entry => !double.IsNaN(_scores[entry.id]))]);
        _unknownScore = unknownScore;
        _options = options;
        _bytes = options.ByteFallback ? ByteTokens(vocabulary) : null;
    }

    public override string Name => "Unigram";

    public static UnigramModel FromConfig(ConfigReader config)
    {
        List<(string Piece, double Score)> pieces = [];
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        foreach (JsonElement item in config.Items("vocab"))
        {
            if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 2 || item[0].ValueKind != JsonValueKind.String || item[1].ValueKind != JsonValueKind.Number || !double.IsFinite(item[1].GetDouble()))
                throw config.Refuse($"vocab[{pieces.Count}]", $"is {Excerpt.Quote(item.GetRawText())}; expected a piece and its score, [\"a\", -1.5].");
            string piece = item[0].GetString()!;
            if (!vocabulary.TryAdd(piece, pieces.Count)) throw config.Refuse($"vocab[{pieces.Count}]", $"gives {Excerpt.Quote(piece)} a second time.");
            pieces.Add((piece, item[1].GetDouble()));
        }

        if (pieces.Count == 0) throw config.Refuse("vocab", "is missing or empty; expected an array of pieces with their scores.");
        long characters = pieces.Sum(piece => (long)piece.Piece.Length);
        if (characters > CharTrie.MaxCharacters) throw config.Refuse("vocab", $"has {characters:N0} characters; at most {CharTrie.MaxCharacters:N0} are read.");
        int? unknown = config.OptionalInt("unk_id", 0, pieces.Count - 1);
        return new UnigramModel(pieces, vocabulary, pieces.Min(piece => piece.Score) - UnknownPenalty,
            new UnigramOptions(unknown, config.OptionalBool("byte_fallback") ?? false, FuseUnknown: true, SinglePrecision: false));
    }

    /// <summary>What an unknown character adds when the lowest score of a piece is the given one.</summary>
    public static double UnknownScore(double lowest) => lowest - UnknownPenalty;

    protected override void Split(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        Node[] best = ArrayPool<Node>.Shared.Rent(word.Length + 1);
        try
        {
            best.AsSpan(0, word.Length + 1).Fill(new Node { Start = -1 });
            for (int at = 0; at < word.Length;) at += Extend(word, at, best);
            Trace(word, best, tokens);
        }
        finally
        {
            ArrayPool<Node>.Shared.Return(best);
        }
    }

    /// <summary>Extends the best path that ends at a place by each piece that begins there; the length of the character there comes back.</summary>
    private int Extend(ReadOnlySpan<char> word, int at, Node[] best)
    {
        Rune.DecodeFromUtf16(word[at..], out _, out int character);
        double score = best[at].Score;
        bool single = false;
        int node = CharTrie.Root;
        for (int end = at; end < word.Length && (node = _pieces.Next(node, word[end])) >= 0;)
        {
            end++;
            int id = _pieces.Value(node);
            if (id < 0) continue;
            Offer(ref best[end], score + _scores[id], at, id);
            single |= end - at == character;
        }

        if (!single) Offer(ref best[at + character], _options.SinglePrecision ? (float)(score + _unknownScore) : score + _unknownScore, at, -1);
        return character;
    }

    private void Offer(ref Node node, double score, int start, int id)
    {
        // SentencePiece compares the sum before it rounds it.
        if (node.Start >= 0 && score <= node.Score) return;
        node = new Node { Score = _options.SinglePrecision ? (float)score : score, Start = start, Id = id };
    }

    private void Trace(ReadOnlySpan<char> word, Node[] best, List<WordToken> tokens)
    {
        int before = tokens.Count;
        bool unknownBehind = false;
        for (int end = word.Length; end > 0; end = best[end].Start)
        {
            int start = best[end].Start;
            bool unknown = IsUnknown(best[end]);
            // The unknown token may be written out in the text; it is itself there, unless an unknown neighbour draws it in.
            bool writtenOut = unknown && best[end].Id >= 0 && !unknownBehind && !(start > 0 && IsUnknown(best[start]));
            if (!unknown || writtenOut) tokens.Add(new WordToken(best[end].Id, start, end));
            else AddUnknown(word, start, end, tokens, before);
            unknownBehind = unknown;
        }

        tokens.Reverse(before, tokens.Count - before);
    }

    private bool IsUnknown(Node node) => node.Id < 0 || node.Id == _options.Unknown;

    /// <summary>Adds what is unknown, from the back: its bytes, or the unknown token, which a run of unknown characters may share.</summary>
    private void AddUnknown(ReadOnlySpan<char> word, int start, int end, List<WordToken> tokens, int first)
    {
        if (_bytes is not null)
        {
            Span<byte> utf8 = stackalloc byte[4];
            for (int at = end; at > start;)
            {
                Rune.DecodeLastFromUtf16(word[start..at], out Rune rune, out int length);
                for (int i = rune.EncodeToUtf8(utf8) - 1; i >= 0; i--) tokens.Add(new WordToken(_bytes[utf8[i]], at - length, at));
                at -= length;
            }

            return;
        }

        int id = _options.Unknown ?? throw new StrataException($"The tokenizer's vocabulary has no token for {Excerpt.Quote(word[start..end])} and none for unknown characters.");
        if (_options.FuseUnknown && tokens.Count > first && tokens[^1] is var next && next.Id == id && next.Start == end) tokens[^1] = new WordToken(id, start, next.End);
        else tokens.Add(new WordToken(id, start, end));
    }

    /// <summary>The best path to a place: its score, where its last piece begins, and which it is (-1: an unknown character).</summary>
    private struct Node
    {
        public double Score;
        public int Start;
        public int Id;
    }
}

/// <summary>How a unigram model treats what it does not know, and how it adds.</summary>
/// <param name="Unknown">Id of the token for unknown characters; null when there is none.</param>
/// <param name="ByteFallback">Whether an unknown character becomes its UTF-8 bytes, where the vocabulary has all byte tokens.</param>
/// <param name="FuseUnknown">Whether neighbouring unknown characters are one token.</param>
/// <param name="SinglePrecision">Whether sums are kept in float32, as SentencePiece does.</param>
internal sealed record UnigramOptions(int? Unknown, bool ByteFallback, bool FuseUnknown, bool SinglePrecision);
