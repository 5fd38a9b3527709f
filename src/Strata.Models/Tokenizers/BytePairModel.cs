using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// Byte-pair encoding: a word begins as its characters; the pair of neighbours that was merged first in training is merged first, the leftmost of equals, until no
/// known pair is left (Sennrich, Haddow and Birch 2016). A priority queue over a linked list makes it O(n log n) in the word's length.
/// </summary>
internal sealed class BytePairModel : TokenModel
{
    private const int CachedWords = 1 << 16;
    private const int LongestCachedWord = 64;
    private const int None = -1;

    private readonly Dictionary<long, (int Rank, int Id)> _merges;
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;
    private readonly bool _ignoreMerges;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly ConcurrentDictionary<string, WordToken[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WordToken[]>.AlternateLookup<ReadOnlySpan<char>> _cached;

    private BytePairModel(ConfigReader config, Dictionary<string, int> vocabulary) : base(vocabulary)
    {
        _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _cached = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = ReadMerges(config);
        _unknown = ReadUnknown(config, vocabulary);
        _fuseUnknown = config.OptionalBool("fuse_unk") ?? false;
        _ignoreMerges = config.OptionalBool("ignore_merges") ?? false;
    }

    public static BytePairModel Read(ConfigReader config, Dictionary<string, int> vocabulary)
    {
        if (config.OptionalBool("byte_fallback") == true)
            throw config.Refuse("byte_fallback", "is true: the tokenizer spells unknown characters as byte tokens, as SentencePiece does. Byte-level BPE (GPT-2, Llama 3, Qwen) is supported, this is not.");
        if (config.OptionalFloat("dropout") is { } dropout and not 0)
            throw config.Refuse("dropout", $"is {dropout}; a tokenizer that skips merges at random is not supported.");
        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (config.OptionalString(affix) is { Length: > 0 } text) throw config.Refuse(affix, $"is {Excerpt.Quote(text)}; only BPE without it is supported.");
        }

        return new BytePairModel(config, vocabulary);
    }

    public override void Tokenize(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        if (_cached.TryGetValue(word, out WordToken[]? known))
        {
            tokens.AddRange(known);
            return;
        }

        int before = tokens.Count;
        if (_ignoreMerges && _ids.TryGetValue(word, out int id)) tokens.Add(new WordToken(id, word.Length));
        else Merge(word, tokens);
        // A full cache stays as it is: the frequent words came first.
        if (word.Length <= LongestCachedWord && _cache.Count < CachedWords) _cached.TryAdd(word, [.. tokens[before..]]);
    }

    private void Merge(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        Symbol[] symbols = ArrayPool<Symbol>.Shared.Rent(word.Length);
        try
        {
            int count = Spell(word, symbols);
            PriorityQueue<Pair, long> queue = new();
            for (int i = 0; i + 1 < count; i++) Offer(queue, symbols, i);
            while (queue.TryDequeue(out Pair pair, out _)) Join(queue, symbols, pair);
            for (int i = 0; i != None; i = symbols[i].Next) tokens.Add(new WordToken(symbols[i].Id, symbols[i].Length));
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
            Rune.DecodeFromUtf16(word[at..], out _, out int length);
            ReadOnlySpan<char> character = word.Slice(at, length);
            bool known = _ids.TryGetValue(character, out int id);
            if (!known) id = _unknown ?? throw new StrataException($"The tokenizer's vocabulary has no token for {Excerpt.Quote(character)} and none for unknown characters.");
            if (!known && afterUnknown && _fuseUnknown) symbols[count - 1].Length += length;
            else symbols[count++] = new Symbol { Id = id, Length = length, Previous = count - 2, Next = count };
            afterUnknown = !known;
            at += length;
        }

        symbols[count - 1].Next = None;
        return count;
    }

    /// <summary>Queues the pair that begins at a symbol, if it was ever merged.</summary>
    private void Offer(PriorityQueue<Pair, long> queue, Symbol[] symbols, int at)
    {
        int next = symbols[at].Next;
        if (next == None) return;
        (int left, int right) = (symbols[at].Id, symbols[next].Id);
        if (_merges.TryGetValue(Key(left, right), out (int Rank, int Id) merge)) queue.Enqueue(new Pair(at, left, right, merge.Id), ((long)merge.Rank << 32) | (uint)at);
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>Merges a pair, unless one of its symbols has gone into another merge since it was queued.</summary>
    private void Join(PriorityQueue<Pair, long> queue, Symbol[] symbols, Pair pair)
    {
        ref Symbol left = ref symbols[pair.At];
        if (left.Id != pair.Left || left.Next == None || symbols[left.Next].Id != pair.Right) return;
        ref Symbol right = ref symbols[left.Next];
        left.Id = pair.Merged;
        left.Length += right.Length;
        left.Next = right.Next;
        right.Id = None;
        right.Next = None;
        if (left.Next != None) symbols[left.Next].Previous = pair.At;
        if (left.Previous != None) Offer(queue, symbols, left.Previous);
        Offer(queue, symbols, pair.At);
    }

    private Dictionary<long, (int Rank, int Id)> ReadMerges(ConfigReader config)
    {
        if (!config.Has("merges")) throw config.Refuse("merges", "is missing; a BPE model needs its merges.");
        Dictionary<long, (int, int)> merges = [];
        int rank = 0;
        foreach (JsonElement item in config.Items("merges"))
        {
            string place = $"merges[{rank}]";
            (string left, string right) = ReadPair(config, place, item);
            long key = Key(IdOf(config, place, left), IdOf(config, place, right));
            merges[key] = (rank++, IdOf(config, place, left + right));
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

    private int IdOf(ConfigReader config, string place, string token) => Vocabulary.TryGetValue(token, out int id)
        ? id
        : throw config.Refuse(place, $"names the token {Excerpt.Quote(token)}, which is not in \"vocab\".");

    private struct Symbol
    {
        public int Id;
        public int Length;
        public int Previous;
        public int Next;
    }

    private readonly record struct Pair(int At, int Left, int Right, int Merged);
}
