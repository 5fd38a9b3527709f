using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Strata.Models.Tests;

public sealed class TokenizerTests
{
    private const string Template = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[ID],"tokens":["<s>"]}}}""";
    private static readonly TokenizerFixture Fixture = new();
    private static readonly int Next = Fixture.Vocabulary.Count;

    private static string Added(string content, int id, string flags = "") => $$"""{"id":{{id}},"content":"{{content}}","special":true,"normalized":false{{flags}}}""";

    private static Tokenizer WithAdded(params string[] added) => TokenizerFixture.Load(Fixture.File(addedTokens: $"[{string.Join(",", added)}]"));

    private static Tokenizer WithBos(bool template, string? config) => TokenizerFixture.Load(
        Fixture.File(addedTokens: $"[{Added("<s>", Next)}]", postProcessor: template ? Template.Replace("ID", $"{Next}") : "null"), config);

    [Fact]
    public void The_trained_network_s_games_encode_to_their_tokens_and_back()
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(Othello.Folder, "tokenizer.json"), Path.Combine(Othello.Folder, "tokenizer_config.json"));
        Assert.Equal(62, tokenizer.VocabularySize);
        Assert.Equal((61, 60, 60), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId));
        Assert.Equal([("<pad>", 60), ("<start>", 61)], tokenizer.SpecialTokens);
        int games = 0;
        foreach (string line in File.ReadLines(Path.Combine(Othello.Folder, "games-test.jsonl")))
        {
            using JsonDocument game = JsonDocument.Parse(line);
            string text = game.RootElement.GetProperty("text").GetString()!;
            int[] tokens = [.. game.RootElement.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()).TakeWhile(token => token != 60)];
            TokenIds encoded = tokenizer.Encode(text);
            Assert.Equal(tokens, encoded.Ids);
            Assert.Null(encoded.Warning);
            Assert.Equal(text, tokenizer.Decode(encoded.Ids, skipSpecial: true));
            Assert.All(encoded.Offsets.Skip(1).Zip(encoded.Tokens.Skip(1)), pair => Assert.Equal(pair.Second, text[pair.First.Start..pair.First.End]));
            games++;
        }

        Assert.Equal(512, games);
        Assert.Equal([61, 2, 60], tokenizer.Encode("C1 z9").Ids);
    }

    [Fact]
    public void The_longest_added_token_is_found_first_and_never_split()
    {
        Tokenizer tokenizer = WithAdded(Added("<e>", Next), Added("<e><e>", Next + 1), Added("e><", Next + 2));
        TokenIds encoded = tokenizer.Encode("the <e><e><e>the");
        Assert.Equal(["<e><e>", "<e>"], encoded.Tokens.Where(token => token.StartsWith('<')));
        Assert.Equal((4, 10), encoded.Offsets[Array.IndexOf(encoded.Tokens, "<e><e>")]);
        Assert.Equal("the <e><e><e>the", tokenizer.Decode(encoded.Ids));
        Assert.Equal("the the", tokenizer.Decode(encoded.Ids, skipSpecial: true));
    }

    [Fact]
    public void Added_tokens_take_white_space_and_stand_alone_as_their_flags_say()
    {
        TokenIds stripped = WithAdded(Added("<l>", Next, ",\"lstrip\":true"), Added("<r>", Next + 1, ",\"rstrip\":true")).Encode("a  <l> <r>  b");
        Assert.Equal(["a", "<l>", "Ġ", "<r>", "b"], stripped.Tokens);
        Assert.Equal([(0, 1), (1, 6), (6, 7), (7, 12), (12, 13)], stripped.Offsets);
        Tokenizer single = WithAdded(Added("cat", Next, ",\"single_word\":true"));
        Assert.Contains(Next, single.Encode("(cat)").Ids);
        Assert.DoesNotContain(Next, single.Encode("cats").Ids);
        Assert.DoesNotContain(Next, single.Encode("écat").Ids);
    }

    [Fact]
    public void Normalized_added_tokens_are_found_in_the_normalized_text()
    {
        JsonObject file = Fixture.File(normalizer: """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}""",
            addedTokens: $$"""[{"id":{{Next}},"content":"<É>","special":false,"normalized":true},{"id":{{Next + 1}},"content":"<A>","special":true,"normalized":false}]""");
        TokenIds encoded = TokenizerFixture.Load(file).Encode("<e\u0301><a><A>");
        Assert.Equal(Next, encoded.Ids[0]);
        Assert.Equal((0, 4), encoded.Offsets[0]);
        Assert.Equal(Next + 1, encoded.Ids[^1]);
        Assert.Equal(["<", "a", ">"], encoded.Tokens[1..^1]);
    }

    [Fact]
    public void An_added_token_decodes_to_its_own_text()
    {
        Tokenizer tokenizer = WithAdded(Added("é x", Next));
        Assert.Equal("aé xb", tokenizer.Decode(tokenizer.Encode("aé xb").Ids));
    }

    [Theory]
    [InlineData(true, """{"bos_token":"<s>"}""", true)]
    [InlineData(false, """{"bos_token":"<s>"}""", false)]
    [InlineData(false, """{"bos_token":{"content":"<s>"},"add_bos_token":true}""", true)]
    [InlineData(true, """{"bos_token":"<s>","add_bos_token":false}""", false)]
    [InlineData(true, """{"bos_token":"<s>","add_bos_token":true}""", true)]
    public void Bos_is_added_as_the_checkpoint_says(bool template, string config, bool adds)
    {
        Tokenizer tokenizer = WithBos(template, config);
        TokenIds encoded = tokenizer.Encode("the");
        Assert.Equal(adds, tokenizer.BosPolicy.Adds);
        Assert.Equal(adds, encoded.Ids[0] == Next);
        Assert.Equal(adds ? 1 : 0, encoded.Ids.Count(id => id == Next));
        Assert.Null(encoded.Warning);
        Assert.Contains(adds ? "is added" : "is not added", encoded.BosPolicy.Note);
        if (adds) Assert.Equal((0, 0), encoded.Offsets[0]);
    }

    [Fact]
    public void A_missing_and_a_doubled_bos_are_warned_about()
    {
        Tokenizer tokenizer = WithBos(template: true, """{"bos_token":"<s>"}""");
        Assert.Contains("twice", tokenizer.Encode("<s>the").Warning);
        Assert.Contains("do not begin", tokenizer.Encode("the", addSpecialTokens: false).Warning);
        Assert.Null(tokenizer.Encode("<s>the", addSpecialTokens: false).Warning);
        Assert.Null(WithBos(template: false, """{"bos_token":"<s>"}""").Encode("the").Warning);
        Assert.Contains("lacks it", WithBos(template: false, """{"bos_token":"<none>"}""").BosPolicy.Note);
    }

    [Fact]
    public void Add_eos_token_of_the_configuration_is_kept()
    {
        Tokenizer tokenizer = WithBos(template: true, """{"bos_token":"<s>","eos_token":"<s>","add_eos_token":true}""");
        int[] ids = tokenizer.Encode("the").Ids;
        Assert.Equal((Next, Next), (ids[0], ids[^1]));
    }

    [Fact]
    public void Ids_and_tokens_outside_the_vocabulary_are_refused_with_the_range()
    {
        Tokenizer tokenizer = TokenizerFixture.Load(Fixture.File());
        Assert.Contains($"0 to {Next - 1}", Assert.Throws<StrataException>(() => tokenizer.Decode([0, Next])).Message);
        Assert.Throws<StrataException>(() => tokenizer.Token(-1));
        Assert.Null(tokenizer.Id("no such token"));
        Assert.Equal(tokenizer.Encode(" the").Ids[0], tokenizer.Id("Ġthe"));
    }

    [Fact]
    public void Truncation_and_padding_are_read_and_not_applied()
    {
        JsonObject file = Fixture.File();
        file["truncation"] = JsonNode.Parse("""{"direction":"Left","max_length":3,"strategy":"OnlyFirst","stride":1}""");
        file["padding"] = JsonNode.Parse("""{"strategy":{"Fixed":64},"direction":"Left","pad_to_multiple_of":null,"pad_id":7,"pad_type_id":0,"pad_token":"<pad>"}""");
        Tokenizer tokenizer = TokenizerFixture.Load(file);
        Assert.Equal(new TruncationSettings(3, "OnlyFirst", "Left", 1), tokenizer.Truncation);
        Assert.Equal(new PaddingSettings(64, "Left", "<pad>", 7), tokenizer.Padding);
        Assert.Equal(TokenizerFixture.Load(Fixture.File()).Encode(TokenizerFixture.Corpus).Ids, tokenizer.Encode(TokenizerFixture.Corpus).Ids);
        file["padding"]!["strategy"] = "BatchLongest";
        Assert.Null(TokenizerFixture.Load(file).Padding!.FixedLength);
    }

    [Fact]
    public void The_empty_text_has_no_tokens()
    {
        Assert.Empty(TokenizerFixture.Load(Fixture.File()).Encode("").Ids);
        Assert.Equal([Next], WithBos(template: true, """{"bos_token":"<s>"}""").Encode("").Ids);
    }

    [Theory]
    [InlineData("""{"model":{"type":"Sentences","vocab":{"a":0}}}""", "\"Sentences\"")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{}}}""", "is empty")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0,"b":0}}}""", "gives the id 0 to both")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0,"b":4100}}}""", "ids must be below 4100")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0,"b":2147483647}}}""", "ids must be below 4100")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0,"b":-1}}}""", "expected an id")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0,"b":1.0}}}""", "expected an id")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0,"a":1}}}""", "not valid JSON")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"u"}}""", "\"model.unk_token\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}""", "\"model.merges[0]\" names the token \"ab\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"aa":1},"merges":["a a",["a","c"]]}}""", "\"model.merges[1]\" names the token \"c\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["aa"]}}""", "expected two tokens")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}""", "expected two tokens")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":7}}""", "expected an array")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}}}""", "needs its merges")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"a":0}}}""", "\"model.unk_token\"")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",-1],["a",-2]]}}""", "\"model.vocab[1]\" gives \"a\" a second time")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a"]]}}""", "expected a piece and its score")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",-1]],"unk_id":1}}""", "\"model.unk_id\"")]
    [InlineData("""{"added_tokens":[{"id":5,"content":"a"}],"model":{"type":"WordLevel","vocab":{"a":0}}}""", "\"added_tokens[0]\"")]
    [InlineData("""{"added_tokens":[{"id":1,"content":"b"},{"id":1,"content":"b"}],"model":{"type":"WordLevel","vocab":{"a":0}}}""", "a second time")]
    [InlineData("""{"added_tokens":[{"id":1,"content":""}],"model":{"type":"WordLevel","vocab":{"a":0}}}""", "expected 1 to 256")]
    [InlineData("""{"decoder":{"type":"WordPieces"},"model":{"type":"WordLevel","vocab":{"a":0}}}""", "supported decoders")]
    [InlineData("""{"post_processor":{"type":"BertProcess"},"model":{"type":"WordLevel","vocab":{"a":0}}}""", "supported post-processors")]
    [InlineData("""{"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}},{"Sequence":{"id":"A"}}],"special_tokens":{"a":{"ids":[1]}}},"model":{"type":"WordLevel","vocab":{"a":0}}}""", "expected ids from 0 to 0")]
    [InlineData("""{"post_processor":{"type":"TemplateProcessing","single":[]},"model":{"type":"WordLevel","vocab":{"a":0}}}""", "sequence A")]
    [InlineData("""{"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}]},"model":{"type":"WordLevel","vocab":{"a":0}}}""", "sequence A")]
    [InlineData("""{}""", "\"model\" is missing")]
    public void Refuses_a_file_with_the_place(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), null, "tokenizer.json")).Message);
}
