using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>
/// Small tokenizer.json files of every kind (<c>tests/data/tokenizers</c>) on <see cref="NastyTexts"/> against what the makers' own library gave, recorded as one hash for each
/// hundred texts by <c>tests/reference/tokenizers/golden.mjs</c>.
/// </summary>
public sealed class GoldenTests
{
    private const int Block = 100;

    private static readonly string Folder = Path.Combine(Repository.Root, "tests/data/tokenizers");
    private static readonly string[] Corpus = NastyTexts.Make(5_200, seed: 1);

    /// <summary>Files whose offsets are recorded too.</summary>
    private static readonly HashSet<string> WithOffsets = ["bert", "bert-cased", "bloom", "gpt2", "llama3", "prefix", "scripts", "word-level", "wordpiece-steps"];

    [Theory]
    [InlineData("bert")]
    [InlineData("bert-cased")]
    [InlineData("bloom")]
    [InlineData("byte-normalizer")]
    [InlineData("fused")]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("mistral")]
    [InlineData("prefix")]
    [InlineData("qwen")]
    [InlineData("roberta")]
    [InlineData("scripts")]
    [InlineData("suffix")]
    [InlineData("unfused")]
    [InlineData("unigram")]
    [InlineData("word-level")]
    [InlineData("wordpiece-steps")]
    public void Ids_pairs_decodings_and_offsets_are_those_of_the_makers_library(string name)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "golden/hashes.json")));
        string[] expected = [.. golden.RootElement.GetProperty(name).EnumerateArray().Select(hash => hash.GetString()!)];
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(Folder, name + ".json"), null);
        Assert.Equal((Corpus.Length + Block - 1) / Block, expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            string record = string.Concat(Corpus.Skip(i * Block).Take(Block).Select(text => Record(tokenizer, text, WithOffsets.Contains(name))));
            string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(record)))[..16];
            Assert.True(expected[i] == hash, $"texts {i * Block} to {(i + 1) * Block - 1} differ");
        }
    }

    private static string Record(Tokenizer tokenizer, string text, bool offsets)
    {
        TokenIds single = tokenizer.Encode(text);
        TokenIds pair = tokenizer.Encode(text, "the pair");
        string record = $"{string.Join(",", single.Ids)}\n{string.Join(",", pair.Ids)}\n{string.Join(",", pair.TypeIds)}\n{tokenizer.Decode(single.Ids)}\n{tokenizer.Decode(single.Ids, skipSpecial: true)}\n";
        if (!offsets) return record;
        return record + string.Join(",", single.CodePointOffsets().Select(range => $"{range.Start},{range.End}")) + "\n";
    }

    [Fact]
    public void Each_token_of_a_pair_knows_its_text()
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(Folder, "roberta.json"), null);
        TokenIds pair = tokenizer.Encode("😀 low", "newer 😀");
        int low = Array.LastIndexOf(pair.Sequences, 0);
        int last = pair.Ids.Length - 2;
        Assert.Equal([-1, .. Enumerable.Repeat(0, low), -1, -1, .. Enumerable.Repeat(1, last - low - 2), -1], pair.Sequences);
        Assert.All(pair.TypeIds, id => Assert.Equal(0, id));
        Assert.Equal((6, 5), (pair.Offsets[low].End, pair.CodePointOffsets()[low].End));
        Assert.Equal((8, 7), (pair.Offsets[last].End, pair.CodePointOffsets()[last].End));
    }
}
