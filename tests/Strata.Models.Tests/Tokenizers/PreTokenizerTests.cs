using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests;

public sealed class PreTokenizerTests
{
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static string[] Pieces(string json, string text) =>
        [.. PreTokenizer.Read(new ConfigReader(JsonDocument.Parse(json).RootElement, "tokenizer.json")).Apply([Piece.All(AlignedText.Of(text))]).Select(piece => piece.Characters.ToString())];

    private static string Split(string pattern, string behavior = "Isolated", bool invert = false) =>
        JsonSerializer.Serialize(new { type = "Split", pattern = new { Regex = pattern }, behavior, invert });

    [Theory]
    [InlineData("Hello world", "Hello| world")]
    [InlineData("they're I'LL he'd", "they|'re| I|'|LL| he|'d")]
    [InlineData("a  b   c", "a| | b|  | c")]
    [InlineData("end  ", "end|  ")]
    [InlineData("x=12.50, y", "x|=|12|.|50|,| y")]
    [InlineData("a\n\n b", "a|\n\n| b")]
    [InlineData("日本語 テスト123", "日本語| テスト|123")]
    [InlineData("hi 😀😀!", "hi| 😀😀!")]
    [InlineData("𝒜𝓑c 𝟙𝟚3", "𝒜𝓑c| 𝟙𝟚3")]
    public void Cuts_as_GPT2_does(string text, string expected)
    {
        Assert.Equal(expected.Split('|'), Pieces(Split(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), text));
        string[] bytes = Pieces("""{"type":"ByteLevel","add_prefix_space":false}""", text);
        Assert.Equal(expected.Split('|').Select(piece => string.Concat(System.Text.Encoding.UTF8.GetBytes(piece).Select(TokenizerFixture.ByteCharacter))), bytes);
    }

    [Theory]
    [InlineData("Hello world's", "Hello| world|'s")]
    [InlineData("I'LL 12345", "I|'LL| |123|45")]
    [InlineData("a\n\n b  \n c", "a|\n\n| b|  \n| c")]
    [InlineData("(x) => {\n\ty }", "(x|)| =>| {\n|\ty| }")]
    [InlineData("𝟙𝟚𝟛𝟜 𝒜", "𝟙𝟚𝟛|𝟜| 𝒜")]
    public void Cuts_as_Llama3_does(string text, string expected) => Assert.Equal(expected.Split('|'), Pieces(Split(Llama3), text));

    [Theory]
    [InlineData("Isolated", false, "the|-|final|-|-|count")]
    [InlineData("Removed", false, "the|final|count")]
    [InlineData("Removed", true, "-|-|-")]
    [InlineData("MergedWithPrevious", false, "the-|final-|-|count")]
    [InlineData("MergedWithNext", false, "the|-final|-|-count")]
    [InlineData("Contiguous", false, "the|-|final|--|count")]
    public void Treats_matches_as_the_behavior_says(string behavior, bool invert, string expected)
    {
        Assert.Equal(expected.Split('|'), Pieces(Split("-", behavior, invert), "the-final--count"));
        string literal = JsonSerializer.Serialize(new { type = "Split", pattern = new { String = "-" }, behavior, invert });
        Assert.Equal(expected.Split('|'), Pieces(literal, "the-final--count"));
    }

    [Fact]
    public void Splits_at_white_space_and_at_words()
    {
        Assert.Equal(["a1", "b2!", "c"], Pieces("""{"type":"WhitespaceSplit"}""", "  a1 b2!\t\nc "));
        Assert.Equal(["it", "'", "s", "naïve_x", "--", "ok"], Pieces("""{"type":"Whitespace"}""", "it's naïve_x -- ok"));
    }

    [Fact]
    public void A_sequence_applies_its_steps_in_order()
    {
        string json = $$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\d"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""";
        Assert.Equal(["aĠ", "1", "2", "Ã©"], Pieces(json, "a 12é"));
    }

    [Fact]
    public void A_prefix_space_goes_before_a_text_that_has_none()
    {
        const string Json = """{"type":"ByteLevel","add_prefix_space":true}""";
        Assert.Equal(["Ġa", "Ġb"], Pieces(Json, "a b"));
        Assert.Equal(["Ġa", "Ġb"], Pieces(Json, " a b"));
    }

    [Theory]
    [InlineData(@"[^\r\n\p{L}\p{N}]?+\p{L}++", "!abc de", "!abc| de")]
    [InlineData(@"a*+a|b", "aab", "aa|b")]
    [InlineData(@"(?:ab){2}+|c", "ababababc", "abababab|c")]
    [InlineData(@"\x41|\u0042|\x{43}", "ABC", "A|B|C")]
    [InlineData(@"\w+|\W+", "aⓐ b", "aⓐ| |b")]
    [InlineData(@"\p{^L}+|\P{N}+", "12ab", "12|ab")]
    [InlineData(@"x{|y", "x{y", "x{|y")]
    public void Translates_the_other_dialect(string pattern, string text, string expected) => Assert.Equal(expected.Split('|'), Pieces(Split(pattern), text));

    [Theory]
    [InlineData(@"[[:alpha:]]", "class within a class")]
    [InlineData(@"[a-z&&[^x]]", "intersection")]
    [InlineData(@"\h", "escape \\h")]
    [InlineData(@"\p{Greek}", "property \"Greek\"")]
    [InlineData(@"(?m:a)", "group of another kind")]
    [InlineData(@"(a)\1", "escape \\1")]
    [InlineData(@"😀+", "beyond U+FFFF")]
    [InlineData(@"a)", "closing parenthesis")]
    [InlineData(@"(a", "not a valid regular expression")]
    [InlineData(@"[a", "does not end")]
    [InlineData(@"*a", "nothing before it")]
    public void Refuses_what_would_mean_something_else(string pattern, string expected)
    {
        string message = Assert.Throws<InvalidFileException>(() => Pieces(Split(pattern), "a")).Message;
        Assert.Contains(expected, message);
        Assert.Contains("\"pattern.Regex\"", message);
    }

    [Fact]
    public void An_expression_that_explodes_is_stopped()
    {
        string message = Assert.Throws<StrataException>(() => Pieces(Split("(?:a|aa)+$"), new string('a', 60) + "!")).Message;
        Assert.Contains("took too long", message);
    }

    [Theory]
    [InlineData("""{"type":"Metaspaces"}""", "\"Metaspaces\"")]
    [InlineData("""{"type":"Split","pattern":{},"behavior":"Isolated"}""", "neither")]
    [InlineData("""{"type":"Split","pattern":{"String":"a"},"behavior":"1"}""", "expected Isolated")]
    [InlineData("""{}""", "\"type\" is missing")]
    public void Refuses_what_is_not_supported(string json, string expected) => Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => Pieces(json, "a")).Message);
}
