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

    /// <summary>The classes that number the pieces of their model in a way of their own: sentencepiece's ids, moved as the documentation of the classes says.</summary>
    [SkippableTheory]
    [InlineData("XLMRobertaTokenizer", "sentencepiece.bpe.model", "{}")]
    [InlineData("CamembertTokenizer", "sentencepiece.bpe.model", "{}")]
    [InlineData("MBartTokenizer", "sentencepiece.bpe.model", "{'src_lang':'de_DE'}")]
    [InlineData("MBart50Tokenizer", "sentencepiece.bpe.model", "{}")]
    [InlineData("NllbTokenizer", "sentencepiece.bpe.model", "{'additional_special_tokens':['ace_Arab','eng_Latn','zul_Latn']}")]
    [InlineData("DebertaV2Tokenizer", "spm.model", "{'cls_token':'<s>','sep_token':'</s>','unk_token':'<unk>','pad_token':null}")]
    [InlineData("T5Tokenizer", "spiece.model", "{'eos_token':'</s>'}")]
    public void Ids_are_those_of_sentencepiece_as_the_class_numbers_them(string kind, string file, string settings)
    {
        using TemporaryFolder folder = new();
        string model = suite.Folder("unigram-unknown");
        File.Copy(Path.Combine(model, "tokenizer.model"), folder.File(file));
        folder.WriteText("tokenizer_config.json", settings.Replace("{", $"{{'tokenizer_class':'{kind}'{(settings == "{}" ? "" : ",")}").Replace('\'', '"'));
        Tokenizer tokenizer = Tokenizer.LoadFolder(folder.Path)!;
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(model, "expected.json")));
        int pieces = Tokenizer.LoadFolder(model)!.VocabularySize, i = 0, compared = 0;
        (Func<int, int> moved, int[] before, int[] behind, (string, int)[] known) = Documented(kind, pieces);
        foreach ((string token, int id) in known) Assert.Equal((id, token), (tokenizer.Id(token), tokenizer.Token(id)));
        foreach (JsonElement wanted in expected.RootElement.EnumerateArray())
        {
            string text = suite.Corpus[i++];
            if (Special.Concat(["<mask>", "<pad>", "[MASK]", "<extra_id"]).Any(text.Contains)) continue;
            compared++;
            int[] actual = tokenizer.Encode(text).Ids;
            Assert.True(actual.SequenceEqual([.. before, .. Ids(wanted).Select(moved), .. behind]), $"{Escaped(text)}: {string.Join(",", actual)}, sentencepiece {wanted.GetProperty("ids")}");
            Assert.Equal(wanted.GetProperty("decoded").GetString(), tokenizer.Decode(actual.AsSpan(before.Length..^behind.Length)));
        }

        Assert.True(compared > 4_000);
    }

    /// <summary>Where sentencepiece's id goes, what stands around a text, and ids of tokens that the class adds, for a model of so many pieces.</summary>
    private static (Func<int, int> Moved, int[] Before, int[] Behind, (string Token, int Id)[] Known) Documented(string kind, int pieces)
    {
        static int Fairseq(int id) => id switch { 0 => 3, 1 => 0, 2 => 2, _ => id + 1 };
        return kind switch
        {
            "XLMRobertaTokenizer" => (Fairseq, [0], [2], [("<pad>", 1), ("<unk>", 3), ("<mask>", pieces + 1)]),
            "CamembertTokenizer" => (id => id == 0 ? 3 : id + 4, [5], [6], [("<pad>", 1), ("<s>", 5), ("<mask>", pieces + 4)]),
            "MBartTokenizer" => (Fairseq, [], [2, pieces + 3], [("ar_AR", pieces + 1), ("de_DE", pieces + 3), ("zh_CN", pieces + 25), ("<mask>", pieces + 26)]),
            "MBart50Tokenizer" => (Fairseq, [pieces + 4], [2], [("en_XX", pieces + 4), ("sl_SI", pieces + 52), ("<mask>", pieces + 53)]),
            "NllbTokenizer" => (Fairseq, [pieces + 2], [2], [("ace_Arab", pieces + 1), ("<mask>", pieces + 4)]),
            "DebertaV2Tokenizer" => (id => id, [1], [2], [("[MASK]", pieces)]),
            _ => (id => id, [], [2], [("<extra_id_0>", pieces + 99), ("<extra_id_99>", pieces)]),
        };
    }

    /// <summary>ALBERT's preparation before the model's own; pieces that end with a digit and a comma are never taken.</summary>
    [SkippableFact]
    public void Ids_of_ALBERT_are_those_of_sentencepiece_on_prepared_texts()
    {
        using TemporaryFolder folder = new();
        string model = suite.Folder("unigram-nmt-nfkc");
        File.Copy(Path.Combine(model, "tokenizer.model"), folder.File("spiece.model"));
        folder.WriteText("config.json", "{\"model_type\":\"albert\"}");
        folder.WriteText("tokenizer_config.json", "{\"cls_token\":\"<s>\",\"sep_token\":\"</s>\"}");
        Tokenizer tokenizer = Tokenizer.LoadFolder(folder.Path)!;
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(model, "albert.json")));
        int i = 0, compared = 0;
        foreach (JsonElement wanted in expected.RootElement.EnumerateArray())
        {
            string text = suite.Corpus[i++];
            if (wanted.ValueKind == JsonValueKind.Null || Special.Any(text.Contains)) continue;
            compared++;
            int[] actual = tokenizer.Encode(text).Ids;
            Assert.True(actual.SequenceEqual([1, .. wanted.EnumerateArray().Select(id => id.GetInt32()), 2]), $"{Escaped(text)}: {string.Join(",", actual)}, expected {wanted}");
        }

        Assert.True(compared > 2_000, $"{compared} texts");
        Assert.DoesNotContain(tokenizer.Encode("1,000 and 2,5 or 10,20").Tokens, token => token.Length > 1 && token[^1] == ',' && char.IsDigit(token[^2]));
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
