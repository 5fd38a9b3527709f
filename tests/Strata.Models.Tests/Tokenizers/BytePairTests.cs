using System.Text;
using Xunit;

namespace Strata.Models.Tests;

public sealed class BytePairTests
{
    private static readonly TokenizerFixture Fixture = new();
    private static readonly Tokenizer Tokenizer = TokenizerFixture.Load(Fixture.File());
    private static readonly Tokenizer WholeText = TokenizerFixture.Load(Fixture.File(preTokenizer: """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}"""));

    [Fact]
    public void Agrees_with_the_definition_on_random_words()
    {
        Random random = new(1);
        string letters = "aehtnlowrs c日é";
        for (int i = 0; i < 3000; i++)
        {
            string word = new([.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => letters[random.Next(letters.Length)])]);
            Assert.Equal(Fixture.Naive(word), WholeText.Encode(word).Tokens);
        }
    }

    [Fact]
    public void Random_text_decodes_to_itself()
    {
        Random random = new(2);
        for (int i = 0; i < 2000; i++)
        {
            StringBuilder text = new();
            for (int j = random.Next(0, 40); j > 0; j--)
            {
                int scalar = random.Next(4) switch { 0 => random.Next(0x80), 1 => random.Next(0x800), 2 => random.Next(0xD800), _ => random.Next(0xE000, 0x110000) };
                text.Append(new Rune(scalar));
            }

            TokenIds encoded = Tokenizer.Encode(text.ToString());
            Assert.Equal(text.ToString(), Tokenizer.Decode(encoded.Ids));
            Assert.All(encoded.Offsets.Zip(encoded.Offsets.Skip(1)), pair => Assert.True(pair.First.Start <= pair.Second.Start && pair.First.End <= pair.Second.End));
        }
    }

    [Fact]
    public void In_ASCII_each_token_is_its_slice_of_the_text()
    {
        Random random = new(3);
        for (int i = 0; i < 500; i++)
        {
            string text = new([.. Enumerable.Range(0, 60).Select(_ => random.Next(3) == 0 ? ' ' : (char)random.Next(9, 127))]);
            TokenIds encoded = Tokenizer.Encode(text);
            for (int t = 0; t < encoded.Ids.Length; t++)
                Assert.Equal(Tokenizer.Decode([encoded.Ids[t]]), text[encoded.Offsets[t].Start..encoded.Offsets[t].End]);
            Assert.Equal(text.Length, encoded.Offsets[^1].End);
        }
    }

    [Fact]
    public void Tokens_within_one_character_share_its_range_and_decode_to_replacement_characters()
    {
        TokenIds encoded = Tokenizer.Encode("𝄞");
        Assert.Equal(4, encoded.Ids.Length);
        Assert.All(encoded.Offsets, range => Assert.Equal((0, 2), range));
        Assert.Equal("\uFFFD", Tokenizer.Decode(encoded.Ids.AsSpan(0, 3)));
        Assert.Equal("𝄞", Tokenizer.Decode(encoded.Ids));
    }

    [Fact]
    public void Merges_as_pairs_and_as_strings_are_the_same()
    {
        Tokenizer pairs = TokenizerFixture.Load(Fixture.File(pairs: true));
        Assert.Equal(Tokenizer.Encode(TokenizerFixture.Corpus).Ids, pairs.Encode(TokenizerFixture.Corpus).Ids);
    }

    [Fact]
    public void A_whole_word_wins_where_merges_are_ignored()
    {
        System.Text.Json.Nodes.JsonObject file = Fixture.File(ignoreMerges: true);
        file["model"]!["vocab"]!["xyzzy"] = Fixture.Vocabulary.Count;
        Assert.Equal(["xyzzy"], TokenizerFixture.Load(file).Encode("xyzzy").Tokens);
        file["model"]!["ignore_merges"] = false;
        Assert.Equal(["x", "y", "z", "z", "y"], TokenizerFixture.Load(file).Encode("xyzzy").Tokens);
    }

    [Theory]
    [InlineData("a", 200_000)]
    [InlineData("then", 200_000)]
    [InlineData("ab", 200_000)]
    [InlineData("😀", 200_000)]
    public void A_long_text_without_a_space_takes_seconds_at_most(string unit, int length)
    {
        string text = string.Concat(Enumerable.Repeat(unit, length / unit.Length));
        TimeSpan began = ThreadTime.Spent;
        TokenIds encoded = Tokenizer.Encode(text);
        TimeSpan spent = ThreadTime.Spent - began;
        Assert.True(spent < TimeSpan.FromSeconds(5), $"{spent.TotalSeconds:F2} s of processor time");
        Assert.Equal(text, Tokenizer.Decode(encoded.Ids));
    }

    [Fact]
    public void Several_threads_get_the_same_ids()
    {
        Tokenizer fresh = TokenizerFixture.Load(Fixture.File());
        int[] expected = Tokenizer.Encode(TokenizerFixture.Corpus).Ids;
        Parallel.For(0, 64, _ => Assert.Equal(expected, fresh.Encode(TokenizerFixture.Corpus).Ids));
    }

    [Fact]
    public void Unknown_characters_become_the_unknown_token_or_are_refused()
    {
        const string Json = """{"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"BPE","vocab":{"<u>":0,"a":1,"b":2,"ab":3},"merges":["a b"],"unk_token":"<u>","fuse_unk":FUSE}}""";
        Tokenizer Load(string json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), null, "tokenizer.json");
        Assert.Equal([3, 0, 0, 1], Load(Json.Replace("FUSE", "false")).Encode("abxya").Ids);
        TokenIds fused = Load(Json.Replace("FUSE", "true")).Encode("abxya");
        Assert.Equal([3, 0, 1], fused.Ids);
        Assert.Equal([(0, 2), (2, 4), (4, 5)], fused.Offsets);
        StrataException refusal = Assert.Throws<StrataException>(() => Load(Json.Replace("\"unk_token\":\"<u>\",", "").Replace("FUSE", "true")).Encode("abxya"));
        Assert.Contains("\"x\"", refusal.Message);
    }
}
