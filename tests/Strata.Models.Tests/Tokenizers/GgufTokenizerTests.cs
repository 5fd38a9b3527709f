using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Tokenizers in the metadata of GGUF files, which <c>tests/reference/formats/gguf_files.py</c> writes, against the files that they were made from.</summary>
public sealed class GgufTokenizerTests(SentencePieceSuite suite) : IClassFixture<SentencePieceSuite>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("llama3", "llama-bpe")]
    [InlineData("qwen", "qwen2")]
    public void Byte_pairs_are_those_of_the_file_they_were_made_from(string name, string pre)
    {
        string source = Path.Combine(Repository.Root, "tests/data/tokenizers", name + ".json");
        Tokenizer expected = Tokenizer.Load(source, null), actual = Read(source, pre);
        string[] unsaid = FlaggedTokens(source);
        foreach (string text in suite.Corpus.Where(text => !unsaid.Any(token => text.Contains(token, StringComparison.Ordinal))).Take(2_000))
        {
            TokenIds wanted = expected.Encode(text), got = actual.Encode(text);
            Assert.True(wanted.Ids.SequenceEqual(got.Ids), $"{text}: {string.Join(' ', got.Tokens)}, expected {string.Join(' ', wanted.Tokens)}");
            Assert.Equal(wanted.Offsets, got.Offsets);
            Assert.Equal(expected.Decode(wanted.Ids), actual.Decode(got.Ids));
        }

        Assert.Equal(pre == "llama-bpe" ? "<s>" : null, actual.BosPolicy.Token);
        Model.Load(_folder.File($"{pre}.gguf")).Save(_folder.File("saved"));
        Tokenizer saved = Tokenizer.LoadFolder(_folder.File("saved"))!;
        Assert.All(suite.Corpus.Take(200), text => Assert.Equal(actual.Encode(text).Ids, saved.Encode(text).Ids));
        Assert.Equal(actual.ChatTemplates.Keys, saved.ChatTemplates.Keys);
    }

    [SkippableTheory]
    [InlineData("bpe-llama")]
    public void Pieces_are_those_of_the_model_they_were_made_from(string name)
    {
        string folder = suite.Folder(name);
        Tokenizer expected = Tokenizer.LoadFolder(folder)!, actual = Read(Path.Combine(folder, "tokenizer.model"), "default");
        int bos = actual.BosId!.Value;
        foreach (string text in suite.Corpus.Where(text => !text.Contains('<')).Take(2_000))
        {
            int[] wanted = expected.Encode(text, false).Ids;
            Assert.Equal([bos, .. wanted], actual.Encode(text).Ids);
            Assert.Equal(expected.Decode(wanted), actual.Decode(wanted));
        }

        // A control token that is written out is one, as the library that wrote the original reads it.
        Assert.Equal(bos, actual.Encode("a<s>", false).Ids[^1]);
    }

    [SkippableFact]
    public void The_chat_templates_are_read()
    {
        Tokenizer tokenizer = Read(Path.Combine(Repository.Root, "tests/data/tokenizers/llama3.json"), "llama-bpe");
        Assert.Equal("<s>[hello]", tokenizer.ApplyChatTemplate([new ChatMessage("user", "hello")]));
        Assert.Equal("hello", tokenizer.ApplyChatTemplate([new ChatMessage("user", "hello")], options: new ChatTemplateOptions { Name = "short" }));
    }

    [SkippableFact]
    public void A_way_of_cutting_that_is_not_known_is_said_when_text_is_given()
    {
        Read(Path.Combine(Repository.Root, "tests/data/tokenizers/gpt2.json"), "gpt-2");
        string path = Write(Path.Combine(Repository.Root, "tests/data/tokenizers/gpt2.json"), "viking");
        Model model = Model.Load(path);
        Assert.Null(model.Tokenizer);
        Assert.Contains("\"viking\"", Assert.Throws<StrataException>(() => model.Tokenize("a")).Message);
    }

    [SkippableFact]
    public void A_tokenizer_file_beside_the_network_comes_first()
    {
        string path = Write(Path.Combine(Repository.Root, "tests/data/tokenizers/gpt2.json"), "gpt-2");
        _folder.WriteText("tokenizer.json", """{"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"a":1}}}""");
        Assert.Equal("WordLevel", Model.Load(path).Tokenizer!.ModelName);
    }

    /// <summary>Added tokens that take spaces with them, or are found only where they stand alone, which GGUF cannot say.</summary>
    private static string[] FlaggedTokens(string source)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(source));
        return [.. file.RootElement.GetProperty("added_tokens").EnumerateArray()
            .Where(token => new[] { "single_word", "lstrip", "rstrip", "normalized" }.Any(flag => token.GetProperty(flag).GetBoolean())).Select(token => token.GetProperty("content").GetString()!)];
    }

    private Tokenizer Read(string source, string pre) => Model.Load(Write(source, pre)).Tokenizer!;

    private string Write(string source, string pre)
    {
        Python.Require("sentencepiece", "python3-sentencepiece");
        string path = _folder.File($"{pre}.gguf");
        Python.RunReference("formats/gguf_files.py", "tokenizer", source, pre, path);
        return path;
    }
}
