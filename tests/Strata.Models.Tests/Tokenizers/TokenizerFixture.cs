using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Models.Tests;

/// <summary>
/// A byte-level BPE tokenizer trained in the test, as the contents of a tokenizer.json, with an encoder written from the definition alone: rescan the whole
/// word for the best pair after every merge.
/// </summary>
internal sealed class TokenizerFixture
{
    public const string Corpus = "the cat sat on the mat; the other cat didn't. low lower lowest, new newer newest wide wider widest\n\naaaaaaaa aaaa 0123 1234 naïve café über 日本語 日本 😀😀 the then there they're  we'll   I've";

    private readonly Dictionary<string, int> _ranks = new(StringComparer.Ordinal);

    public TokenizerFixture(int merges = 80)
    {
        for (int b = 0; b < 256; b++) Vocabulary.Add(ByteCharacter((byte)b).ToString(), b);
        List<List<string>> words = [.. Corpus.Split(' ').Select(word => Spell(" " + word))];
        for (int i = 0; i < merges; i++)
        {
            (string First, string Second) best = words.SelectMany(word => word.Zip(word.Skip(1))).GroupBy(pair => pair)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key.First + " " + group.Key.Second, StringComparer.Ordinal).First().Key;
            Merges.Add(best);
            _ranks.Add(best.First + " " + best.Second, i);
            Vocabulary.TryAdd(best.First + best.Second, Vocabulary.Count);
            foreach (List<string> word in words) Join(word, best.First, best.Second);
        }
    }

    public Dictionary<string, int> Vocabulary { get; } = new(StringComparer.Ordinal);

    public List<(string First, string Second)> Merges { get; } = [];

    /// <summary>The file, with the given parts in place of the usual ones.</summary>
    public JsonObject File(string preTokenizer = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""", string normalizer = "null", string postProcessor = "null",
        string addedTokens = "[]", string decoder = """{"type":"ByteLevel"}""", bool pairs = false, bool ignoreMerges = false) => new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = JsonNode.Parse(addedTokens),
            ["normalizer"] = JsonNode.Parse(normalizer),
            ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
            ["post_processor"] = JsonNode.Parse(postProcessor),
            ["decoder"] = JsonNode.Parse(decoder),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["ignore_merges"] = ignoreMerges,
                ["byte_fallback"] = false,
                ["vocab"] = JsonSerializer.SerializeToNode(Vocabulary),
                ["merges"] = new JsonArray([.. Merges.Select(merge => pairs ? (JsonNode)new JsonArray(merge.First, merge.Second) : $"{merge.First} {merge.Second}")]),
            },
        };

    public static Tokenizer Load(JsonNode file, string? config = null) =>
        Tokenizer.Parse(Encoding.UTF8.GetBytes(file.ToJsonString()), config is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(config), "tokenizer.json");

    /// <summary>One word's tokens, by definition.</summary>
    public List<string> Naive(string word)
    {
        List<string> symbols = Spell(word);
        while (true)
        {
            int best = -1;
            int bestRank = int.MaxValue;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (!_ranks.TryGetValue(symbols[i] + " " + symbols[i + 1], out int rank) || rank >= bestRank) continue;
                best = i;
                bestRank = rank;
            }

            if (best < 0) return symbols;
            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }
    }

    /// <summary>The definition of GPT-2's alphabet: printable Latin-1 stands for itself, the others follow from U+0100 on.</summary>
    public static char ByteCharacter(byte value)
    {
        static bool Printable(int b) => b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174;
        return Printable(value) ? (char)value : (char)(256 + Enumerable.Range(0, value).Count(b => !Printable(b)));
    }

    private static List<string> Spell(string word) => [.. Encoding.UTF8.GetBytes(word).Select(b => ByteCharacter(b).ToString())];

    private static void Join(List<string> word, string first, string second)
    {
        for (int i = 0; i + 1 < word.Count; i++)
        {
            if (word[i] != first || word[i + 1] != second) continue;
            word[i] += second;
            word.RemoveAt(i + 1);
        }
    }
}
