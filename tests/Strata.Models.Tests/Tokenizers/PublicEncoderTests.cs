using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>
/// Folders without tokenizer.json: <c>vocab.json</c> with <c>merges.txt</c>, <c>vocab.txt</c>, tiktoken ranks, against GPT-2's and BERT's encoders written from their published
/// descriptions (<c>tests/reference/tokenizers/public_encoders.py</c>).
/// </summary>
public sealed class PublicEncoderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("strata-encoders-").FullName;
    private readonly string[] _corpus = NastyTexts.Make(5_200, seed: 1);

    [SkippableFact]
    public void Ids_are_those_of_the_published_encoders()
    {
        Python.Require("json", "python3");
        File.WriteAllText(Path.Combine(_root, "corpus.json"), JsonSerializer.Serialize(_corpus));
        File.WriteAllText(Path.Combine(_root, "training.json"), JsonSerializer.Serialize(NastyTexts.MakeTraining(3_000, seed: 2)));
        Python.RunScript("public_encoders.py", _root);
        Tokenizer gpt2 = Tokenizer.LoadFolder(Path.Combine(_root, "gpt2"))!;
        Check(gpt2, "gpt2");
        Check(Tokenizer.LoadTiktoken(Path.Combine(_root, "gpt2/ranks.tiktoken"), "gpt2"), "gpt2");
        Check(Tokenizer.LoadFolder(Path.Combine(_root, "bert"))!, "bert");
        Assert.All(_corpus, text => Assert.Equal(text, gpt2.Decode(gpt2.Encode(text).Ids)));
    }

    [Fact]
    public void Settings_change_what_a_vocabulary_does()
    {
        WriteAll(("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nA\na\n##b\né\n<m>\n日\n日本\n"));
        Assert.Equal(["[CLS]", "a", "##b", "[UNK]", "[MASK]", "日", "[UNK]", "[SEP]"], Load().Encode("Ab é[MASK] 日本").Tokens);
        WriteAll(("tokenizer_config.json", """{"do_lower_case":false,"tokenize_chinese_chars":false,"mask_token":"<m>","model_max_length":512}"""));
        Assert.Equal(["[CLS]", "A", "##b", "é", "<m>", "日本", "[SEP]"], Load().Encode("Ab é<m> 日本").Tokens);
        Assert.Equal("Ab é 日本", Load().Decode(Load().Encode("Ab é 日本", false).Ids));
        WriteAll(("vocab.txt", "<s>\n<pad>\n</s>\n[UNK]\na\n"), ("tokenizer_config.json", """{"tokenizer_class":"MPNetTokenizer","cls_token":"<s>","sep_token":"</s>"}"""));
        Assert.Equal([0, 4, 2, 2, 4, 2], Load().Encode("a", "a").Ids);
    }

    [Fact]
    public void Clip_and_RoBERTa_files_are_read_by_their_class()
    {
        string vocabulary = JsonSerializer.Serialize(new Dictionary<string, int> { ["a"] = 0, ["b"] = 1, ["a</w>"] = 2, ["b</w>"] = 3, ["ab</w>"] = 4, ["<|startoftext|>"] = 5, ["<|endoftext|>"] = 6, ["Ġ"] = 7, ["<s>"] = 8, ["</s>"] = 9, ["1</w>"] = 10 });
        WriteAll(("vocab.json", vocabulary), ("merges.txt", "#version: 0.2\na b</w>\n"),
            ("tokenizer_config.json", """{"tokenizer_class":"CLIPTokenizer","bos_token":"<|startoftext|>","eos_token":{"content":"<|endoftext|>"},"unk_token":"<|endoftext|>"}"""));
        TokenIds clip = Load().Encode("AB  aab11");
        Assert.Equal(["<|startoftext|>", "ab</w>", "a", "ab</w>", "1</w>", "1</w>", "<|endoftext|>"], clip.Tokens);
        Assert.Equal("ab aab 1 1", Load().Decode(clip.Ids, skipSpecial: true));
        WriteAll(("tokenizer_config.json", """{"tokenizer_class":"RobertaTokenizer","cls_token":"<s>","sep_token":"</s>"}"""));
        Assert.Equal([8, 0, 9, 9, 1, 9], Load().Encode("a", "b").Ids);
    }

    [Fact]
    public void The_first_file_of_the_stated_order_wins()
    {
        WriteAll(("a.tiktoken", "YQ== 0\nYg== 1\nYWI= 2\n"), ("tokenizer_config.json", """{"pat_str":"gpt2"}"""));
        Assert.Equal([2], Load().Encode("ab").Ids);
        WriteAll(("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nab\n"));
        Assert.Equal("WordPiece", Load().ModelName);
        WriteAll(("vocab.json", """{"a":0,"b":1,"ab":2}"""), ("merges.txt", "a b\n"));
        Assert.Equal("BPE", Load().ModelName);
        WriteAll(("tokenizer.model", "YQ== 0\nYg== 1\nYWI= 5\n"));
        Assert.Equal([5], Load().Encode("ab").Ids);
        WriteAll(("tokenizer.json", """{"model":{"type":"WordLevel","vocab":{"ab":0}}}"""));
        Assert.Equal("WordLevel", Load().ModelName);
        Assert.Null(Tokenizer.LoadFolder(Path.Combine(_root, "nothing here")));
    }

    [Fact]
    public void Ranks_without_a_pattern_and_unknown_patterns_are_explained()
    {
        WriteAll(("x.tiktoken", "YQ== 0\n"));
        Assert.Contains("\"pat_str\"", Assert.Throws<InvalidFileException>(() => Load()).Message);
        Assert.Contains("cl100k_base", Assert.Throws<StrataException>(() => Tokenizer.LoadTiktoken(Path.Combine(_root, "x.tiktoken"), "(?<x>")).Message);
        Tokenizer named = Tokenizer.LoadTiktoken(Path.Combine(_root, "x.tiktoken"), "o200k_base", new Dictionary<string, int> { ["<|end|>"] = 7 });
        Assert.Equal([0, 7, 0], named.Encode("a<|end|>a").Ids);
        Assert.Equal("a<|end|>", named.Decode([0, 3, 7]));
    }

    [Theory]
    [InlineData("cl100k_base", "It's  12345 I'LL\n\n  x==1", "It|'s| | |123|45| I|'LL|\n\n| | x|==|1")]
    [InlineData("qwen", "a 12", "a| |1|2")]
    [InlineData("o200k_base", "HTMLParser fooBar's x/\n/ y", "HTMLParser| foo|Bar's| x|/\n/| y")]
    public void Known_patterns_cut_as_their_makers_do(string pattern, string text, string expected)
    {
        SplitPreTokenizer split = new(TokenPattern.Parse(TiktokenFile.Patterns[pattern]).Matches, SplitBehavior.Isolated, invert: false);
        Assert.Equal(expected.Split('|'), split.Apply([Piece.All(AlignedText.Of(text))]).Select(piece => piece.Characters.ToString()));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private Tokenizer Load() => Tokenizer.LoadFolder(_root)!;

    private void WriteAll(params (string Name, string Text)[] files)
    {
        foreach ((string name, string text) in files) File.WriteAllText(Path.Combine(_root, name), text);
    }

    private void Check(Tokenizer tokenizer, string name)
    {
        int[][] expected = JsonSerializer.Deserialize<int[][]>(File.ReadAllBytes(Path.Combine(_root, name, "expected.json")))!;
        Assert.Equal(_corpus.Length, expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            int[] actual = tokenizer.Encode(_corpus[i]).Ids;
            Assert.True(expected[i].SequenceEqual(actual), $"{JsonSerializer.Serialize(_corpus[i])}: {string.Join(",", actual)}, expected {string.Join(",", expected[i])}");
        }
    }
}
