using System.Text;
using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Models that sentencepiece has trained, and what it makes of <see cref="NastyTexts"/>; made once per test run by <c>tests/reference/tokenizers/sentencepiece_suite.py</c>.</summary>
public sealed class SentencePieceSuite : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"strata-sentencepiece-{Guid.NewGuid():N}");
    private bool _made;

    internal string[] Corpus { get; } = NastyTexts.Make(5_200, seed: 1);

    public string Folder(string model)
    {
        Python.Require("sentencepiece", "python3-sentencepiece");
        if (!_made)
        {
            Directory.CreateDirectory(_root);
            File.WriteAllText(Path.Combine(_root, "corpus.json"), JsonSerializer.Serialize(Corpus));
            File.WriteAllText(Path.Combine(_root, "training.json"), JsonSerializer.Serialize(NastyTexts.MakeTraining(3_000, seed: 2)));
            Python.RunScript("sentencepiece_suite.py", _root);
            _made = true;
        }

        return Path.Combine(_root, model);
    }

    public void Dispose()
    {
        if (Directory.Exists(_root)) Directory.Delete(_root, recursive: true);
    }
}

public sealed class SentencePieceTests(SentencePieceSuite suite) : IClassFixture<SentencePieceSuite>
{
    private static readonly string[] Special = ["<unk>", "<s>", "</s>", "<0x"];

    [SkippableTheory]
    [InlineData("unigram-nmt-nfkc")]
    [InlineData("unigram-unknown")]
    [InlineData("unigram-symbols")]
    [InlineData("unigram-suffix")]
    [InlineData("bpe-llama")]
    [InlineData("bpe-unknown")]
    [InlineData("bpe-symbols")]
    public void Ids_offsets_and_decodings_are_those_of_sentencepiece(string name)
    {
        string folder = suite.Folder(name);
        Tokenizer tokenizer = Tokenizer.LoadFolder(folder)!;
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        int i = 0;
        foreach (JsonElement wanted in expected.RootElement.EnumerateArray())
        {
            string text = suite.Corpus[i++];
            TokenIds actual = tokenizer.Encode(text);
            Assert.True(Ids(wanted).SequenceEqual(actual.Ids), $"{Escaped(text)}: {string.Join(" ", actual.Tokens)} {string.Join(",", actual.Ids)}, expected {wanted.GetProperty("ids")}");
            Assert.True(Offsets(wanted, text).Where((_, t) => IsWhole(actual, t)).SequenceEqual(actual.Offsets.Where((_, t) => IsWhole(actual, t))),
                $"{Escaped(text)}: {string.Join(" ", actual.Tokens)} {string.Join(",", actual.Offsets)}, expected {string.Join(",", Offsets(wanted, text))}");
            Assert.Equal(wanted.GetProperty("decoded").GetString(), tokenizer.Decode(actual.Ids));
        }

        Assert.Equal(suite.Corpus.Length, i);
    }

    /// <summary>
    /// The same vocabulary as tokenizer.json. Texts are left out that hold a special piece (which that format knows as a piece) or white space other than the space (which it
    /// strips from the ends); of the others a few differ, because it takes the characters of a grapheme one by one where its table has nothing for the whole.
    /// </summary>
    [SkippableTheory]
    [InlineData("bpe-llama", 1.0)]
    [InlineData("unigram-nmt-nfkc", 0.98)]
    [InlineData("unigram-unknown", 0.95)]
    public void The_conversion_to_tokenizer_json_gives_the_same_ids(string name, double least)
    {
        string folder = suite.Folder(name);
        Tokenizer model = Tokenizer.LoadFolder(folder)!;
        Tokenizer converted = Tokenizer.LoadFolder(Path.Combine(folder, "converted"))!;
        string[] texts = [.. suite.Corpus.Where(text => !Special.Any(text.Contains) && !text.Any(c => c != ' ' && (char.IsWhiteSpace(c) || char.IsControl(c))))];
        Assert.True(texts.Length > 300);
        Assert.InRange(texts.Count(text => converted.Encode(text).Ids.SequenceEqual(model.Encode(text).Ids)), least * texts.Length, texts.Length);
    }

    /// <summary>Of the byte tokens of one character sentencepiece gives only the last its range; here all have it.</summary>
    private static bool IsWhole(TokenIds tokens, int at) => !tokens.Tokens[at].StartsWith("<0x", StringComparison.Ordinal) || at + 1 == tokens.Ids.Length || tokens.Offsets[at + 1] != tokens.Offsets[at];

    private static IEnumerable<int> Ids(JsonElement entry) => entry.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32());

    private static IEnumerable<(int, int)> Offsets(JsonElement entry, string text)
    {
        List<int> positions = [0];
        foreach (Rune rune in text.EnumerateRunes()) positions.Add(positions[^1] + rune.Utf16SequenceLength);
        return entry.GetProperty("offsets").EnumerateArray().Select(range => (positions[range[0].GetInt32()], positions[range[1].GetInt32()])).ToArray();
    }

    private static string Escaped(string text) => JsonSerializer.Serialize(text);
}
