using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Tokenizers that know all bytes give every text back, byte for byte.</summary>
public sealed class RoundTripTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/data/tokenizers");

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("bloom")]
    [InlineData("llama2")]
    public void Every_text_comes_back(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(Folder, name + ".json"), null);
        Prop.ForAll(Texts(), text =>
        {
            TokenIds encoded = tokenizer.Encode(text, addSpecialTokens: false);
            return tokenizer.Decode(encoded.Ids) == text && Covers(encoded);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Fact]
    public void Half_surrogate_pairs_become_replacement_characters_and_nothing_else_changes()
    {
        foreach (string name in (string[])["gpt2", "llama2", "bert", "unigram", "scripts", "fused", "suffix"])
        {
            Tokenizer tokenizer = Tokenizer.Load(Path.Combine(Folder, name + ".json"), null);
            Assert.Equal(tokenizer.Encode("a\uFFFDb \uFFFD").Ids, tokenizer.Encode("a\uD800b \uDC00").Ids);
        }
    }

    /// <summary>Whether the ranges of the tokens cover the text without a gap, from its beginning to its end.</summary>
    private static bool Covers(TokenIds tokens)
    {
        int end = 0;
        foreach ((int start, int stop) in tokens.Offsets)
        {
            if (start > end || stop < end) return false;
            end = stop;
        }

        return end == tokens.Text.Length;
    }

    /// <summary>Texts of all planes, without the mark of SentencePiece, which stands for a space there.</summary>
    private static Arbitrary<string> Texts()
    {
        Gen<int> scalar = Gen.OneOf(Gen.Choose(0, 0x7F), Gen.Choose(0x20, 0x7E), Gen.Choose(0x80, 0x7FF), Gen.Choose(0x800, 0xD7FF), Gen.Choose(0xE000, 0x10FFFF), Gen.Constant((int)' '));
        return scalar.Where(c => c != 0x2581).ArrayOf().Select(scalars => string.Concat(scalars.Select(char.ConvertFromUtf32))).ToArbitrary();
    }
}
