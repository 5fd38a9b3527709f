using System.Text;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Tokenizer files made to use up time or memory.</summary>
public sealed class HostileTokenizerTests
{
    private static readonly Random Random = new(31);

    public static TheoryData<string, string> Files => new()
    {
        { "nested 10,000 deep", $$$$"""{"model":{{{{string.Concat(Enumerable.Repeat("{\"a\":", 10_000))}}}}1{{{{new string('}', 10_000)}}}}}""" },
        { "normalizers within normalizers", $$$$"""{"normalizer":{{{{string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"normalizers\":[", 5_000))}}}}{{{{string.Concat(Enumerable.Repeat("]}", 5_000))}}}},"model":{"type":"WordLevel","vocab":{"a":0}}}""" },
        { "an absurd id", """{"model":{"type":"WordLevel","vocab":{"a":2000000000}}}""" },
        { "an absurd added id", """{"added_tokens":[{"id":2147483647,"content":"b"}],"model":{"type":"WordLevel","vocab":{"a":0}}}""" },
        { "merges of themselves", """{"model":{"type":"BPE","vocab":{"a":0},"merges":["a a"]}}""" },
        { "a million merges of unknown tokens", $$$$"""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[{{{{string.Join(",", Enumerable.Repeat("\"a b\"", 1_000_000))}}}}]}}""" },
        { "a charsmap of noise", $$$$"""{"normalizer":{"type":"Precompiled","precompiled_charsmap":"{{{{Convert.ToBase64String(Enumerable.Repeat((byte)0xFF, 5_000).ToArray())}}}}"},"model":{"type":"WordLevel","vocab":{"a":0}}}""" },
        { "a vocabulary of one endless token", $$$$"""{"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0,"{{{{new string('a', 9_000_000)}}}}":1}}}""" },
        { "a pattern too long", $$$$"""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"{{{{new string('a', 100_000)}}}}"},"behavior":"Isolated"},"model":{"type":"WordLevel","vocab":{"a":0}}}""" },
        { "a pattern too deep", $$$$"""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"{{{{new string('(', 2_000)}}}}{{{{new string(')', 2_000)}}}}"},"behavior":"Isolated"},"model":{"type":"WordLevel","vocab":{"a":0}}}""" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Are_refused_in_a_second_and_little_memory(string what, string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        InvalidFileException refusal = RefusalCost.Of<InvalidFileException>(what, (64L << 20) + 32L * bytes.Length, () => Tokenizer.Parse(bytes, null, "tokenizer.json"));
        Assert.True(refusal.Message.Length < 1000, refusal.Message);
    }

    public static TheoryData<string, string> Steps => new()
    {
        { "replacements that grow", $$$$""" "normalizer":{"type":"Sequence","normalizers":[{{{{string.Join(",", Enumerable.Repeat($$$$"""{"type":"Replace","pattern":{"String":"a"},"content":"{{{{new string('a', 1_000)}}}}"}""", 8))}}}}]} """ },
        { "an expression that explodes", """ "normalizer":{"type":"Replace","pattern":{"Regex":"(?:a|aa)+$"},"content":""} """ },
        { "an expression that explodes in cuts", """ "pre_tokenizer":{"type":"Split","pattern":{"Regex":"(?:a|aa)+$"},"behavior":"Isolated"} """ },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void Steps_that_use_up_time_or_memory_are_stopped(string what, string step)
    {
        Tokenizer tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes($$$$"""{{{{{step}}}},"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0}}}"""), null, "tokenizer.json");
        RefusalCost.Of<StrataException>(what, 256 << 20, () => tokenizer.Encode(new string('a', 60) + "!"));
    }

    [Fact]
    public void A_decoder_that_grows_is_stopped()
    {
        string grow = string.Join(",", Enumerable.Repeat($$$$"""{"type":"Replace","pattern":{"String":"a"},"content":"{{{{new string('a', 1_000)}}}}"}""", 8));
        Tokenizer tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes($$$$"""{"decoder":{"type":"Sequence","decoders":[{{{{grow}}}}]},"model":{"type":"WordLevel","vocab":{"a":0}}}"""), null, "tokenizer.json");
        Assert.Throws<StrataException>(() => tokenizer.Decode([0, 0, 0]));
    }

    [Fact]
    public void A_merge_that_gives_its_own_left_part_ends()
    {
        Tokenizer tokenizer = Tokenizer.Parse("""{"model":{"type":"BPE","continuing_subword_prefix":"#","unk_token":"u","vocab":{"u":0,"a":1,"#a":2,"#":3,"aa":4},"merges":["a #","a #a"]}}"""u8.ToArray(), null, "tokenizer.json");
        Assert.Equal([4, 2, 2], tokenizer.Encode("aaaa").Ids);
    }

    [Fact]
    public void Damaged_SentencePiece_models_are_refused_or_work()
    {
        byte[] model = TinyModel();
        Assert.Equal([3, 6, 3, 5], Load(model).Encode("ab c", false).Ids);
        int refused = FuzzRun.Run([model], 5_000, seed: 32, (file, _) => Use(Load(file)), bytesPerByte: 64, fixedBytes: 1 << 20);
        Assert.InRange(refused, 1_000, 4_900);
    }

    [Fact]
    public void Absurd_lengths_in_a_SentencePiece_model_are_refused()
    {
        foreach (byte[] file in (byte[][])[[0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [.. Enumerable.Repeat((byte)0xFF, 50)], [0x0B], [0x00], [], [0x0A, 0x00]])
            Assert.Throws<InvalidFileException>(() => Load(file));
        byte[] longPiece = Message(1, Message(1, Encoding.UTF8.GetBytes(new string('a', 100_000))));
        Assert.Contains("expected 1 to 512", Assert.Throws<InvalidFileException>(() => Load(longPiece)).Message);
    }

    [Fact]
    public void Tables_of_noise_end_and_are_refused_where_they_point_outside()
    {
        for (int i = 0; i < 2_000; i++)
        {
            byte[] blob = new byte[4 + 4 * 64 + 16];
            Random.NextBytes(blob);
            BitConverter.TryWriteBytes(blob, 4 * 64);
            blob.AsSpan(4 + 4 * 64).Fill((byte)'x');
            CharsMap map = CharsMap.Parse(blob);
            try
            {
                map.TryLongest("abc é日"u8, out _, out _);
                map.TryShortest("abc é日"u8, out _);
            }
            catch (StrataException e)
            {
                Assert.Contains("no replacement begins", e.Message);
            }
        }
    }

    private static Tokenizer Load(byte[] model) => new(SentencePieceReader.Read(SentencePieceFile.Parse(model, "tokenizer.model"), null), null);

    [Fact]
    public void The_class_of_a_SentencePiece_tokenizer_says_what_stands_around_a_text()
    {
        string folder = Directory.CreateTempSubdirectory("strata-class-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "tokenizer.model"), TinyModel());
            Assert.Equal([3, 6], Tokenizer.LoadFolder(folder)!.Encode("ab").Ids);
            int[] As(string settings)
            {
                File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), settings);
                return Tokenizer.LoadFolder(folder)!.Encode("ab</s>ab").Ids;
            }

            Assert.Equal([1, 3, 6, 2, 3, 6], As("""{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","eos_token":"</s>"}"""));
            Assert.Equal([1, 3, 6, 2, 6], As("""{"tokenizer_class":"LlamaTokenizerFast","bos_token":"<s>","eos_token":"</s>","legacy":false}"""));
            Assert.Equal([3, 6, 2, 3, 6], As("""{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","eos_token":"</s>","add_bos_token":false}"""));
            Assert.Equal([3, 6, 2, 3, 6, 2], As("""{"tokenizer_class":"T5Tokenizer","eos_token":"</s>"}"""));
            Assert.Equal([3, 6, 2, 3, 6, 2], As("""{"eos_token":"</s>","add_eos_token":true}"""));
            Assert.Equal([3, 6, 8, 3, 7], As("""{"added_tokens_decoder":{"8":{"content":"</s>a","special":true}}}"""));
            Assert.Equal([0, 4, 7, 2, 4, 7, 2], As("""{"tokenizer_class":"XLMRobertaTokenizer"}"""));
            Assert.Contains("numbers the pieces", Assert.Throws<InvalidFileException>(() => As("""{"tokenizer_class":"BarthezTokenizer"}""")).Message);
            Assert.Contains("additional_special_tokens", Assert.Throws<InvalidFileException>(() => As("""{"tokenizer_class":"NllbTokenizer"}""")).Message);
            Assert.Contains("src_lang", Assert.Throws<InvalidFileException>(() => As("""{"tokenizer_class":"MBartTokenizer","src_lang":"xx_XX"}""")).Message);
            Assert.Contains("split_by_punct", Assert.Throws<InvalidFileException>(() => As("""{"tokenizer_class":"DebertaV2Tokenizer","split_by_punct":true}""")).Message);
            Tokenizer tokenizer = Tokenizer.LoadFolder(WithoutSettings(folder))!;
            Assert.Equal((" ab", "b", "9", true, false), (tokenizer.Label(3) + tokenizer.Label(6), tokenizer.Label(7), tokenizer.Label(9), tokenizer.Has(7), tokenizer.Has(8)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string WithoutSettings(string folder)
    {
        File.Delete(Path.Combine(folder, "tokenizer_config.json"));
        return folder;
    }

    private static void Use(Tokenizer tokenizer)
    {
        TokenIds encoded;
        try
        {
            encoded = tokenizer.Encode("ab c  日\uD800 <s>\t😀");
        }
        catch (StrataException e) when (e is not InvalidFileException)
        {
            return;
        }

        Assert.All(encoded.Offsets, range => Assert.InRange(range.Start, 0, range.End));
        Assert.All(encoded.Offsets, range => Assert.InRange(range.End, 0, encoded.Text.Length));
        tokenizer.Decode(encoded.Ids);
    }

    /// <summary>A unigram model of seven pieces, with a table of replacements that holds nothing.</summary>
    private static byte[] TinyModel()
    {
        (string Text, float Score, byte Kind)[] pieces = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("▁", -2, 1), ("a", -4, 1), ("c", -5, 1), ("ab", -3, 1), ("b", -4, 4)];
        byte[] table = [.. BitConverter.GetBytes(16), .. new byte[16], (byte)'x', 0];
        return
        [
            .. pieces.SelectMany(piece => Message(1, [.. Message(1, Encoding.UTF8.GetBytes(piece.Text)), 0x15, .. BitConverter.GetBytes(piece.Score), 0x18, piece.Kind])),
            .. Message(2, [0x18, 1]),
            .. Message(3, [.. Message(2, table), 0x18, 1, 0x20, 1, 0x28, 1]),
        ];
    }

    private static byte[] Message(int field, byte[] content)
    {
        List<byte> result = [(byte)(field << 3 | 2)];
        int length = content.Length;
        for (; length >= 0x80; length >>= 7) result.Add((byte)(length | 0x80));
        return [.. result, (byte)length, .. content];
    }
}
