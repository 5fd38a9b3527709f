using System.Text;
using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests;

public sealed class NormalizerTests
{
    private static AlignedText Apply(string type, string text) =>
        Normalizer.Read(new ConfigReader(JsonDocument.Parse($$"""{"type":"{{type}}"}""").RootElement, "tokenizer.json")).Apply(AlignedText.Of(text));

    [Theory]
    [InlineData("NFC", "e\u0301", "\u00e9")]
    [InlineData("NFD", "\u00e9", "e\u0301")]
    [InlineData("NFD", "\u1e69", "s\u0323\u0307")]
    [InlineData("NFC", "s\u0307\u0323", "\u1e69")]
    [InlineData("NFC", "\u0344", "\u0308\u0301")]
    [InlineData("NFC", "\u0958", "\u0915\u093c")]
    [InlineData("NFC", "a\u0315\u0300\u05ae\u0300b", "\u00e0\u05ae\u0300\u0315b")]
    [InlineData("NFC", "\u212b", "\u00c5")]
    [InlineData("NFKC", "\ufb01\u2460\uff21", "fi1A")]
    [InlineData("NFKD", "\u01c4", "DZ\u030c")]
    [InlineData("NFC", "\ufb01", "\ufb01")]
    [InlineData("NFC", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("NFD", "\U0001109A", "\U00011099\U000110BA")]
    [InlineData("NFC", "\U00011099\U000110BA", "\U0001109A")]
    [InlineData("NFKC", "\uff76\uff9e", "\u30ac")]
    public void Gives_the_normal_form(string form, string text, string expected) => Assert.Equal(expected, Apply(form, text).Text);

    [Fact]
    public void Hangul_syllables_decompose_and_compose_by_arithmetic()
    {
        string all = string.Concat(Enumerable.Range(0xAC00, 11172).Select(c => (char)c));
        string jamo = Apply("NFD", all).Text;
        Assert.Equal(399 * 2 + (11172 - 399) * 3, jamo.Length);
        Assert.Equal("\u1112\u1161\u11ab", Apply("NFD", "한").Text);
        Assert.Equal(all, Apply("NFC", jamo).Text);
    }

    [Fact]
    public void Forms_are_idempotent_and_agree_with_each_other()
    {
        Random random = new(5);
        int[] marks = [0x300, 0x301, 0x323, 0x327, 0x308, 0x345, 0x5ae, 0x93c, 0x3099];
        for (int i = 0; i < 1000; i++)
        {
            StringBuilder text = new();
            for (int j = 0; j < 20; j++) text.Append(new Rune(random.Next(2) == 0 ? marks[random.Next(marks.Length)] : random.Next(0x20, 0xD800)));
            string nfc = Apply("NFC", text.ToString()).Text;
            string nfd = Apply("NFD", text.ToString()).Text;
            Assert.Equal(nfc, Apply("NFC", nfd).Text);
            Assert.Equal(nfd, Apply("NFD", nfc).Text);
            Assert.Equal(nfc, Apply("NFC", nfc).Text);
            Assert.Equal(Apply("NFKC", text.ToString()).Text, Apply("NFKC", Apply("NFKD", nfc).Text).Text);
        }
    }

    [Fact]
    public void Ranges_lead_back_to_the_original()
    {
        AlignedText composed = Apply("NFC", "xe\u0301y");
        Assert.Equal("x\u00e9y", composed.Text);
        Assert.Equal([(0, 1), (1, 3), (3, 4)], Enumerable.Range(0, 3).Select(i => (composed.StartOf(i), composed.EndOf(i))));
        AlignedText lower = Apply("Lowercase", "A\u0130𐐀Σ");
        Assert.Equal("ai\u0307𐐨σ", lower.Text);
        Assert.Equal([(0, 1), (1, 2), (1, 2), (2, 4), (2, 4), (4, 5)], Enumerable.Range(0, 6).Select(i => (lower.StartOf(i), lower.EndOf(i))));
    }

    [Fact]
    public void A_long_run_of_marks_is_ordered_in_seconds()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 200_000));
        Assert.Equal('\u1ea1', Apply("NFC", text).Text[0]);
    }

    [Fact]
    public void An_unknown_kind_is_refused_with_those_that_are_known()
    {
        string message = Assert.Throws<InvalidFileException>(() => Apply("Precompile", "a")).Message;
        Assert.Contains("\"Precompile\"", message);
        Assert.Contains("NFKC", message);
    }
}
