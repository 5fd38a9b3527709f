using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// Byte-pair encoding: a word begins as its characters; the pair of neighbours that was merged first in training is merged first, the leftmost of equals, until no
/// known pair is left (Sennrich, Haddow and Birch 2016). A priority queue over a linked list makes it O(n log n) in the word's length.
/// </summary>
internal sealed class BytePairModel : TokenModel
{
    /// <summary>SentencePiece's mark of a space, U+2581.</summary>
    private const char Space = '\u2581';
    private const int None = -1;

    private readonly Dictionary<long, (int Rank, int Id)> _merges;
    private readonly BytePairOptions _options;
    private readonly int[]? _bytes;
    private readonly bool _spaceBeginsWords;

    /// <summary>A model.</summary>
    /// <param name="vocabulary">Ids of the tokens.</param>
    /// <param name="merges">For each pair of ids, see <see cref="Key"/>, its place in the order of merges and the id of what it becomes.</param>
    /// <param name="options">The rest.</param>
    public BytePairModel(Dictionary<string, int> vocabulary, Dictionary<long, (int Rank, int Id)> merges, BytePairOptions options) : base(vocabulary)
    {
        _merges = merges;
        _options = options;
        _bytes = options.ByteFallback ? ByteTokens(vocabulary) : null;
        _spaceBeginsWords = !options.IgnoreMerges && options.Prefix.Length == 0 && options.Suffix.Length == 0 && vocabulary.ContainsKey(Space.ToString())
            && !vocabulary.Keys.Concat(options.Whole).Any(SpansWords);
    }

    public override string Name => "BPE";

    public static BytePairModel Read(ConfigReader config, Dictionary<string, int> vocabulary)
    {
        // Dropout is for training; a file that has it is encoded without, as when a trained tokenizer is used.
        BytePairOptions options = new()
        {
            Unknown = ReadUnknown(config, vocabulary),
            FuseUnknown = config.OptionalBool("fuse_unk") ?? false,
            IgnoreMerges = config.OptionalBool("ignore_merges") ?? false,
            ByteFallback = config.OptionalBool("byte_fallback") ?? false,
            Prefix = config.OptionalString("continuing_subword_prefix") ?? "",
            Suffix = config.OptionalString("end_of_word_suffix") ?? "",
        };
        return new BytePairModel(vocabulary, ReadMerges(config, vocabulary, options.Prefix), options);
    }

    /// <summary>The key of a pair of ids.</summary>
    public static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>
    /// Where no token goes on behind the end of a word into the next one, words that begin with SentencePiece's space can be merged one by one, and their tokens
    /// remembered, although the text was not cut: no merge ever crosses from one to the next.
    /// </summary>
    public override void Tokenize(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        if (!_spaceBeginsWords)
        {
            base.Tokenize(word, tokens);
            return;
        }

        for (int start = 0, end; start < word.Length; start = end)
        {
            end = EndOfWord(word, start);
            int before = tokens.Count;
            base.Tokenize(word[start..end], tokens);
            for (int i = before; start > 0 && i < tokens.Count; i++) tokens[i] = new WordToken(tokens[i].Id, tokens[i].Start + start, tokens[i].End + start);
        }
    }

    protected override void Split(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        if (_options.IgnoreMerges && Ids.TryGetValue(word, out int id)) tokens.Add(new WordToken(id, 0, word.Length));
        else Merge(word, tokens);
    }

    private static int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        int letters = text[start..].IndexOfAnyExcept(Space);
        if (letters < 0) return text.Length;
        int next = text[(start + letters)..].IndexOf(Space);
        return next < 0 ? text.Length : start + letters + next;
    }

    /// <summary>Whether a token has a space behind something that is none.</summary>
    private static bool SpansWords(string token) => token.AsSpan().TrimStart(Space).Contains(Space);

    private void Merge(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        // A character has at most three bytes for each of its UTF-16 units.
        Symbol[] symbols = ArrayPool<Symbol>.Shared.Rent(_bytes is null ? word.Length + 1 : word.Length * 3 + 1);
        try
        {
            int count = Spell(word, symbols);
            if (count == 0) return;
            PriorityQueue<Pair, long> queue = new();
            for (int i = 0; i + 1 < count; i++) Offer(queue, symbols, i);
            while (queue.TryDequeue(out Pair pair, out _)) Join(queue, symbols, pair);
            for (int i = 0; i != None; i = symbols[i].Next) tokens.Add(new WordToken(symbols[i].Id, symbols[i].Start, symbols[i].End));
        }
        finally
        {
            ArrayPool<Symbol>.Shared.Return(symbols);
        }
    }

    /// <summary>The word's characters as linked symbols; their number comes back.</summary>
    private int Spell(ReadOnlySpan<char> word, Symbol[] symbols)
    {
        int count = 0;
        bool afterUnknown = false;
        for (int at = 0; at < word.Length;)
        {
            int id = _options.WholeTokens.Longest(word[at..], out int length);
            if (id < 0) Rune.DecodeFromUtf16(word[at..], out _, out length);
            bool known = id >= 0 || FindCharacter(word, at, length, out id);
            if (!known && _bytes is not null) AddBytes(word, at, length, symbols, ref count);
            else if (known) symbols[count] = Linked(id, at, at + length, count++);
            else if (afterUnknown && _options.FuseUnknown) symbols[count - 1].End += length;
            else symbols[count] = Linked(Unknown(word.Slice(at, length)), at, at + length, count++);
            afterUnknown = !known && _bytes is null;
            at += length;
        }

        if (count > 0) symbols[count - 1].Next = None;
        return count;
    }

    private static Symbol Linked(int id, int start, int end, int at) => new() { Id = id, Start = start, End = end, Previous = at - 1, Next = at + 1 };

    /// <summary>Looks for a character as the vocabulary writes it at this place of a word.</summary>
    private bool FindCharacter(ReadOnlySpan<char> word, int at, int length, out int id)
    {
        ReadOnlySpan<char> character = word.Slice(at, length);
        bool prefixed = at > 0 && _options.Prefix.Length > 0;
        bool suffixed = at + length == word.Length && _options.Suffix.Length > 0;
        return prefixed || suffixed
            ? Ids.TryGetValue($"{(prefixed ? _options.Prefix : "")}{character}{(suffixed ? _options.Suffix : "")}", out id)
            : Ids.TryGetValue(character, out id);
    }

    private int Unknown(ReadOnlySpan<char> character) => _options.Unknown
        ?? throw new StrataException($"The tokenizer's vocabulary has no token for {Excerpt.Quote(character)} and none for unknown characters.");

    private void AddBytes(ReadOnlySpan<char> word, int at, int length, Symbol[] symbols, ref int count)
    {
        Span<byte> utf8 = stackalloc byte[4];
        Rune.DecodeFromUtf16(word.Slice(at, length), out Rune rune, out _);
        foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)]) symbols[count] = Linked(_bytes![b], at, at + length, count++);
    }

    /// <summary>Queues the pair that begins at a symbol, if it was ever merged.</summary>
    private void Offer(PriorityQueue<Pair, long> queue, Symbol[] symbols, int at)
    {
        int next = symbols[at].Next;
        if (next == None) return;
        (int left, int right) = (symbols[at].Id, symbols[next].Id);
        if (_merges.TryGetValue(Key(left, right), out (int Rank, int Id) merge)) queue.Enqueue(new Pair(at, left, right, merge.Id), ((long)merge.Rank << 32) | (uint)at);
    }

    /// <summary>Merges a pair, unless one of its symbols has gone into another merge since it was queued.</summary>
    private void Join(PriorityQueue<Pair, long> queue, Symbol[] symbols, Pair pair)
    {
        ref Symbol left = ref symbols[pair.At];
        if (left.Id != pair.Left || left.Next == None || symbols[left.Next].Id != pair.Right) return;
        ref Symbol right = ref symbols[left.Next];
        left.Id = pair.Merged;
        left.End = right.End;
        left.Next = right.Next;
        right.Id = None;
        right.Next = None;
        if (left.Next != None) symbols[left.Next].Previous = pair.At;
        if (left.Previous != None) Offer(queue, symbols, left.Previous);
        Offer(queue, symbols, pair.At);
    }

    private static Dictionary<long, (int Rank, int Id)> ReadMerges(ConfigReader config, Dictionary<string, int> vocabulary, string prefix)
    {
        if (!config.Has("merges")) throw config.Refuse("merges", "is missing; a BPE model needs its merges.");
        Dictionary<long, (int, int)> merges = [];
        int rank = 0;
        foreach (JsonElement item in config.Items("merges"))
        {
            string place = $"merges[{rank}]";
            (string left, string right) = ReadPair(config, place, item);
            string tail = prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? right[prefix.Length..] : right;
            long key = Key(IdOf(config, vocabulary, place, left), IdOf(config, vocabulary, place, right));
            merges[key] = (rank++, IdOf(config, vocabulary, place, left + tail));
        }

        return merges;
    }

    /// <summary>A merge is written as <c>"a b"</c> or, in newer files, as <c>["a", "b"]</c>.</summary>
    private static (string Left, string Right) ReadPair(ConfigReader config, string place, JsonElement item)
    {
        string[] parts = item.ValueKind switch
        {
            JsonValueKind.String => item.GetString()!.Split(' ', 3),
            JsonValueKind.Array when item.GetArrayLength() == 2 && item.EnumerateArray().All(part => part.ValueKind == JsonValueKind.String) => [item[0].GetString()!, item[1].GetString()!],
            _ => [],
        };
        return parts is [{ Length: > 0 } left, { Length: > 0 } right]
            ? (left, right)
            : throw config.Refuse(place, $"is {Excerpt.Quote(item.GetRawText())}; expected two tokens, as \"a b\" or [\"a\", \"b\"].");
    }

    private static int IdOf(ConfigReader config, Dictionary<string, int> vocabulary, string place, string token) => vocabulary.TryGetValue(token, out int id)
        ? id
        : throw config.Refuse(place, $"names the token {Excerpt.Quote(token)}, which is not in \"vocab\".");

    private struct Symbol
    {
        public int Id;
        public int Start;
        public int End;
        public int Previous;
        public int Next;
    }

    private readonly record struct Pair(int At, int Left, int Right, int Merged);
}

/// <summary>What a BPE model has beside its vocabulary and merges.</summary>
internal sealed record BytePairOptions
{
    private static readonly CharTrie Empty = new([]);

    /// <summary>Id of the token for unknown characters; null when there is none.</summary>
    public int? Unknown { get; init; }

    /// <summary>Whether neighbouring unknown characters are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether a word that is itself a token stays whole.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Whether an unknown character becomes its UTF-8 bytes, where the vocabulary has all byte tokens.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>What the vocabulary sets before a piece that goes on a word.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What the vocabulary sets behind a piece that ends a word.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Tokens that are found in the text before it falls into characters and that never merge, with their ids.</summary>
    public CharTrie WholeTokens { get; private init; } = Empty;

    /// <summary>The texts of <see cref="WholeTokens"/>.</summary>
    public IReadOnlyCollection<string> Whole { get; private init; } = [];

    /// <summary>These options with tokens that stay whole.</summary>
    public BytePairOptions WithWhole(IReadOnlyCollection<(string Text, int Id)> tokens) =>
        tokens.Count == 0 ? this : this with { WholeTokens = new CharTrie(tokens), Whole = [.. tokens.Select(token => token.Text)] };
}
