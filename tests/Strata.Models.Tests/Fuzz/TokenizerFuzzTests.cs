using System.Text;
using Xunit;

namespace Strata.Models.Tests;

public sealed class TokenizerFuzzTests
{
    private static readonly string ByteAlphabetVocabulary = string.Join(",", Enumerable.Range(0, 256).Select(b => $"{System.Text.Json.JsonSerializer.Serialize(TokenizerFixture.ByteCharacter((byte)b).ToString())}:{b}"));

    private static readonly byte[] WordLevel = File.ReadAllBytes(Path.Combine(Othello.Folder, "tokenizer.json"));

    private static readonly byte[] BytePairs = Encoding.UTF8.GetBytes(
        """{"version":"1.0","added_tokens":[{"id":259,"content":"<|end|>","special":true,"normalized":false,"lstrip":true},{"id":260,"content":"Ab","special":false,"normalized":true,"single_word":true}],"""
        + """ "normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true},"post_processor":{"type":"Sequence","processors":["""
        + """{"type":"ByteLevel","trim_offsets":false},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|end|>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<|end|>":{"ids":[259]}}}]},"""
        + """ "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","ignore_merges":true,"vocab":{""" + ByteAlphabetVocabulary + ""","th":256,"the":257,"Ġthe":258},"merges":["t h",["th","e"],"Ġ the"]}}""");

    private static readonly byte[] Splits = Encoding.UTF8.GetBytes(
        """{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},"""
        + """{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithNext"},{"type":"WhitespaceSplit"}]},"decoder":{"type":"Fuse"},"model":{"type":"BPE","unk_token":"u","vocab":{"u":0,"a":1,"b":2,"ab":3},"merges":["a b"]}}""");

    [Fact]
    public void Damaged_word_level_and_byte_level_files_are_refused_or_work()
    {
        int refused = FuzzRun.Run([WordLevel, BytePairs], 5_000, seed: 21, (file, _) => LoadAndUse(file), bytesPerByte: 64, fixedBytes: 256 << 10);
        Assert.InRange(refused, 3_000, 4_999);
    }

    /// <summary>Compiling an expression is slow, so only some of the accepted ones are used on a text.</summary>
    [Fact]
    public void Damaged_expressions_are_refused_or_work()
    {
        int refused = FuzzRun.Run([Splits], 4_000, seed: 22, (file, number) =>
        {
            if (number % 40 == 0) LoadAndUse(file);
            else Tokenizer.Parse(file, null, "tokenizer.json");
        }, bytesPerByte: 64, fixedBytes: 2 << 20);
        Assert.InRange(refused, 2_000, 3_999);
    }

    [Fact]
    public void Damaged_configurations_are_refused_or_work()
    {
        byte[] config = Encoding.UTF8.GetBytes("""{"bos_token":{"content":"<start>","lstrip":false},"eos_token":"<pad>","pad_token":"<pad>","add_bos_token":true,"add_eos_token":false,"model_max_length":1000000000000000019884624838656}""");
        int refused = FuzzRun.Run([config], 2_000, seed: 23, (file, _) => Tokenizer.Parse(WordLevel, file, "tokenizer_config.json").Encode("c4 c3"), bytesPerByte: 64, fixedBytes: 256 << 10);
        Assert.InRange(refused, 1_000, 1_999);
    }

    /// <summary>A file that is accepted makes a tokenizer that works: a text may be refused, and what is encoded can be decoded.</summary>
    private static void LoadAndUse(byte[] file)
    {
        Tokenizer tokenizer = Tokenizer.Parse(file, null, "tokenizer.json");
        TokenIds encoded;
        try
        {
            encoded = tokenizer.Encode("c4 the Ab<|end|>  it's 1234é—😀");
        }
        catch (StrataException e) when (e is not InvalidFileException)
        {
            return;
        }

        Assert.All(encoded.Offsets, range => Assert.InRange(range.Start, 0, range.End));
        Assert.All(encoded.Offsets, range => Assert.InRange(range.End, 0, encoded.Text.Length));
        tokenizer.Decode(encoded.Ids);
    }
}
