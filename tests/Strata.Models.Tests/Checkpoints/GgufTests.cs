using System.Runtime.InteropServices;
using System.Text;
using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>GGUF: numbers against an independent transcription of ggml's layouts, networks against the checkpoints that they were converted from.</summary>
[Collection(PytorchCollection.Name)]
public sealed class GgufTests(PytorchSuite suite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Checkpoints that are converted, and how far the network may be off: norms and frequencies that are stored in another form are rounded.</summary>
    public static TheoryData<string, double> Converted => new()
    {
        { "gpt2-base", 0 },
        { "gpt2-untied", 0 },
        { "llama-base", 0 },
        { "llama-bf16", 0 },
        { "llama-tied", 0 },
        { "llama-rope-linear", 0 },
        { "llama-rope-llama3", 2e-5 },
        { "qwen2-base", 0 },
        { "qwen3-base", 0 },
        { "gemma-base", 2e-5 },
        { "gemma2-base", 5e-5 },
        { "gemma3_text-base", 5e-5 },
        { "gemma3_text-rope-linear", 5e-5 },
        { "gemma3_text-layer-types", 5e-5 },
        { "phi3-base", 0 },
        { "phi3-longrope-partial", 2e-5 },
        { "phi3-window", 0 },
        { "falcon-base", 0 },
        { "falcon-bias", 0 },
        { "falcon-grouped", 0 },
        { "falcon-grouped-one-norm", 0 },
        { "mixtral-base", 0 },
        { "qwen2_moe-base", 0 },
        { "qwen2_moe-dense-layers", 0 },
        { "qwen3_moe-base", 0 },
        { "olmoe-base", 0 },
        { "olmoe-clipped", 0 },
    };

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Quantised_numbers_are_those_of_ggml()
    {
        Python.Require("struct", "python3");
        Python.RunReference("formats/gguf_files.py", "blocks", _folder.Path);
        foreach ((uint number, string name) in new[] { (2u, "Q4_0"), (3u, "Q4_1"), (6u, "Q5_0"), (7u, "Q5_1"), (8u, "Q8_0"), (10u, "Q2_K"), (11u, "Q3_K"), (12u, "Q4_K"), (13u, "Q5_K"), (14u, "Q6_K") })
        {
            GgmlFormat format = GgmlFormat.Of(number)!;
            Assert.Equal(name, format.Name);
            byte[] blocks = File.ReadAllBytes(_folder.File($"{name}.bin"));
            float[] values = new float[blocks.Length / format.Bytes * format.Block];
            format.Dequantise(blocks, values);
            Assert.Equal(MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(_folder.File($"{name}.f32"))).ToArray(), values);
        }
    }

    /// <summary>Closed forms: a scale of 1 and bytes whose numbers are plain to see.</summary>
    [Fact]
    public void Simple_blocks_have_simple_numbers()
    {
        float[] eight = new float[32];
        GgmlFormat.Of(8)!.Dequantise([0, 0x3C, .. Enumerable.Range(0, 32).Select(i => (byte)(i - 16))], eight);
        Assert.Equal(Enumerable.Range(-16, 32).Select(i => (float)i), eight);
        float[] four = new float[32];
        GgmlFormat.Of(2)!.Dequantise([0, 0x40, .. Enumerable.Range(0, 16).Select(i => (byte)(i | 15 - i << 4))], four);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => 2f * (i - 8)).Concat(Enumerable.Range(0, 16).Select(i => 2f * (7 - i))), four);
        float[] six = new float[256];
        GgmlFormat.Of(14)!.Dequantise([.. new byte[192], .. Enumerable.Range(1, 16).Select(i => (byte)i), 0, 0x3C], six);
        Assert.Equal(Enumerable.Range(0, 256).Select(i => -32f * (i / 16 + 1)), six);
    }

    [SkippableTheory]
    [MemberData(nameof(Converted))]
    public void A_converted_network_computes_what_its_checkpoint_computes(string variant, double tolerance)
    {
        string path = Convert(variant);
        Model expected = suite.Load(variant), actual = Model.Load(path);
        TokenRows rows = new("ids", suite.Requests(variant).Select(request => request.Tokens).Take(3).ToArray());
        AssertLogits(expected, actual, rows, tolerance);
        actual.Save(_folder.File("saved"));
        AssertLogits(actual, Model.Load(_folder.File("saved")), rows, 0);
    }

    [Fact]
    public void A_quantised_tensor_is_read_as_its_numbers()
    {
        SeededRandom random = new(4);
        byte[] blocks = new byte[64 * 2 * 34];
        for (int i = 0; i < blocks.Length; i++) blocks[i] = (byte)random.NextInt(256);
        for (int i = 0; i < blocks.Length; i += 34) (blocks[i], blocks[i + 1]) = (0, 0x2C);
        string path = _folder.File("q.gguf");
        File.WriteAllBytes(path, new GgufBuilder().Add("token_embd.weight", 8, [64, 64], blocks).Build());
        using GgufFile file = GgufFile.Open(path);
        float[] expected = new float[64 * 64];
        GgmlFormat.Of(8)!.Dequantise(blocks, expected);
        Tensor read = file.Read(CpuEngine.Default, "model.embed_tokens.weight");
        Assert.Equal(new Shape(64, 64), read.Shape);
        Assert.Equal(expected, read.ToArray());
    }

    [Fact]
    public void Files_that_lie_are_refused()
    {
        byte[] data = new byte[64];
        byte[] good = new GgufBuilder().Add("token_embd.weight", 0, [4, 4], data).Build();
        Open(good).Dispose();
        Assert.Contains("version 1", Refusal(new GgufBuilder { Version = 1 }.Build()));
        Assert.Contains("version 50331648", Refusal(new GgufBuilder { Version = 0x03000000 }.Build()));
        Assert.Contains("tensors", Refusal(new GgufBuilder { Tensors = ulong.MaxValue }.Build()));
        Assert.Contains("tensors", Refusal(new GgufBuilder { Tensors = 900_000 }.Build()));
        Assert.Contains("metadata", Refusal(new GgufBuilder { Pairs = ulong.MaxValue }.Build()));
        Assert.Contains("metadata", Refusal(new GgufBuilder { Pairs = 90_000 }.Build()));
        Assert.Contains("elements of an array", Refusal(new GgufBuilder().Raw("x", 9, [.. BitConverter.GetBytes(8), .. BitConverter.GetBytes(ulong.MaxValue)]).Build()));
        Assert.Contains("elements of an array", Refusal(new GgufBuilder().Raw("x", 9, [.. BitConverter.GetBytes(4), .. BitConverter.GetBytes(1L << 40)]).Build()));
        byte[] nested = [.. Enumerable.Range(0, 50).SelectMany(_ => BitConverter.GetBytes(9).Concat(BitConverter.GetBytes(1L)))];
        Assert.Contains("nests arrays", Refusal(new GgufBuilder().Raw("x", 9, nested).Build()));
        Assert.Contains("unknown type", Refusal(new GgufBuilder().Raw("x", 77, []).Build()));
        Assert.Contains("truth", Refusal(new GgufBuilder().Raw("x", 7, [9]).Build()));
        Assert.Contains("bytes of text", Refusal(new GgufBuilder().Raw("x", 8, BitConverter.GetBytes(ulong.MaxValue)).Build()));
        Assert.Contains("twice", Refusal(new GgufBuilder().Raw("x", 0, [1]).Raw("x", 0, [1]).Build()));
        Assert.Contains("architecture", Refusal(new GgufBuilder("mamba").Build()));
        Assert.Contains("axes", Refusal(new GgufBuilder().Add("a", 0, [], data).Build()));
        Assert.Contains("axis of length", Refusal(new GgufBuilder().Add("a", 0, [ulong.MaxValue, 4], data).Build()));
        Assert.Contains("beyond", Refusal(new GgufBuilder().Add("a", 0, [1 << 30, 1 << 30, 1 << 30, 1 << 30], data).Build()));
        Assert.Contains("number format 99", Refusal(new GgufBuilder().Add("a", 99, [4, 4], data).Build()));
        Assert.Contains("blocks of 32", Refusal(new GgufBuilder().Add("a", 8, [33, 4], data).Build()));
        Assert.Contains("multiple of 32", Refusal(new GgufBuilder().Add("a", 0, [4, 4], data, offset: 8).Build()));
        Assert.Contains("aligns", Refusal(new GgufBuilder().Raw("general.alignment", 4, BitConverter.GetBytes(48)).Build()));
        Assert.Contains("overlap", Refusal(new GgufBuilder().Add("a", 0, [4, 4], data).Add("b", 0, [4, 4], data, offset: 32).Build()));
        Assert.Contains("twice", Refusal(new GgufBuilder().Add("token_embd.weight", 0, [4, 4], data).Add("token_embd.weight", 0, [4, 4], data).Build()));
        Assert.Contains("cut off", Refusal(good[..^8]));
        Assert.Contains("token_embd", Refusal(new GgufBuilder().Add("a", 0, [4, 4], data).Build()));
        byte[] Experts(int count, params ulong[] shape) => new GgufBuilder().Raw("llama.expert_count", 4, BitConverter.GetBytes(count)).Raw("llama.expert_used_count", 4, BitConverter.GetBytes(1))
            .Add("token_embd.weight", 0, [4, 4], data).Add("blk.0.ffn_up_exps.weight", 0, shape, data).Build();
        Open(Experts(2, 2, 4, 2)).Dispose();
        Assert.Contains("cannot have", Refusal(Experts(3, 2, 4, 2)));
        Assert.Contains("cannot have", Refusal(Experts(2, 4, 4)));
        Assert.Contains("cut off", Refusal(Experts(1 << 30, 4, 4, 1 << 30)));
        Assert.Contains("without heads", Refusal(new GgufBuilder(heads: 0).Add("token_embd.weight", 0, [4, 4], data).Build()));
        Assert.Contains("not a number", Refusal(new GgufBuilder().Raw("llama.rope.freq_base", 6, BitConverter.GetBytes(float.NaN)).Add("token_embd.weight", 0, [4, 4], data).Build()));
    }

    [Fact]
    public void Tokenizers_that_lie_are_refused()
    {
        byte[] Texts(params string[] texts) => [.. BitConverter.GetBytes(8), .. BitConverter.GetBytes((long)texts.Length), .. texts.SelectMany(text => BitConverter.GetBytes(text.LongCount()).Concat(Encoding.UTF8.GetBytes(text)))];
        byte[] Kinds(params int[] kinds) => [.. BitConverter.GetBytes(5), .. BitConverter.GetBytes((long)kinds.Length), .. kinds.SelectMany(BitConverter.GetBytes)];
        byte[] Text(string text) => [.. BitConverter.GetBytes(text.LongCount()), .. Encoding.UTF8.GetBytes(text)];
        GgufBuilder Of(string model) => new GgufBuilder().Raw("tokenizer.ggml.model", 8, Text(model)).Add("token_embd.weight", 0, [4, 4], new byte[64]);
        string Refused(GgufBuilder file)
        {
            using GgufFile opened = Open(file.Build());
            return RefusalCost.Of<InvalidFileException>("tokenizer of GGUF", 10_000_000, () => opened.ReadTokenizer()).Message;
        }

        Assert.Contains("array of texts", Refused(Of("gpt2").Raw("tokenizer.ggml.tokens", 9, Kinds(1, 2))));
        Assert.Contains("array of texts", Refused(Of("gpt2").Raw("tokenizer.ggml.tokens", 4, BitConverter.GetBytes(3))));
        Assert.Contains("twice", Refused(Of("gpt2").Raw("tokenizer.ggml.tokens", 9, Texts("a", "a"))));
        Assert.Contains("2 tokens and the kinds of 1", Refused(Of("gpt2").Raw("tokenizer.ggml.tokens", 9, Texts("a", "b")).Raw("tokenizer.ggml.token_type", 9, Kinds(1))));
        Assert.Contains("merges", Refused(Of("gpt2").Raw("tokenizer.ggml.tokens", 9, Texts("a", "b")).Raw("tokenizer.ggml.merges", 9, Texts("a b"))));
        Assert.Contains("kind", Refused(Of("llama").Raw("tokenizer.ggml.tokens", 9, Texts("a", "b")).Raw("tokenizer.ggml.token_type", 9, Kinds(1, 99))));
        Assert.Contains("scores of 3", Refused(Of("llama").Raw("tokenizer.ggml.tokens", 9, Texts("a", "b")).Raw("tokenizer.ggml.scores", 9, Kinds(1, 2, 3))));
        Assert.Contains("characters", Refused(Of("llama").Raw("tokenizer.ggml.tokens", 9, Texts("a", ""))));
        using GgufFile other = Open(Of("rwkv").Raw("tokenizer.ggml.tokens", 9, Texts("a")).Build());
        Assert.Contains("\"rwkv\"", other.ReadTokenizer().Lack);
    }

    [Fact]
    public void Damaged_files_are_refused_and_nothing_else_happens()
    {
        string path = _folder.File("fuzz.gguf");
        byte[] valid = new GgufBuilder().Add("token_embd.weight", 8, [32, 2], new byte[68]).Add("blk.0.attn_q.weight", 0, [4, 8], new byte[128]).Add("output_norm.weight", 1, [4], new byte[8])
            .Raw("llama.expert_count", 4, BitConverter.GetBytes(2)).Raw("llama.expert_used_count", 4, BitConverter.GetBytes(1)).Add("blk.0.ffn_up_exps.weight", 0, [2, 2, 2], new byte[32])
            .Raw("tokenizer.ggml.model", 8, [5, 0, 0, 0, 0, 0, 0, 0, .. "llama"u8]).Raw("tokenizer.ggml.tokens", 9, [8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, (byte)'a', 1, 0, 0, 0, 0, 0, 0, 0, (byte)'b'])
            .Raw("tokenizer.ggml.scores", 9, [6, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, .. new byte[8]]).Build();
        int refused = FuzzRun.Run([valid], 4_000, seed: 31, (bytes, _) =>
        {
            File.WriteAllBytes(path, bytes);
            using GgufFile file = GgufFile.Open(path);
            file.ReadTokenizer().Tokenizer?.Decode([0]);
            foreach (string name in file.Names) Assert.Equal(file.Entry(name).Shape.Aggregate(1L, (a, b) => a * b), file.Read(CpuEngine.Default, name).ToArray().Length);
        }, bytesPerByte: 256, fixedBytes: 256 << 10);
        Assert.InRange(refused, 2_000, 3_999);
    }

    private string Convert(string variant)
    {
        string path = _folder.File("m.gguf");
        Python.RunReference("formats/gguf_files.py", "convert", suite.Folder(variant), path);
        return path;
    }

    private static void AssertLogits(Model expected, Model actual, TokenRows rows, double tolerance)
    {
        float[] wanted = Logits(expected), got = Logits(actual);
        Assert.Equal(wanted.Length, got.Length);
        for (int i = 0; i < wanted.Length; i++) Assert.True(Math.Abs(wanted[i] - got[i]) <= tolerance, $"{i}: {got[i]:R}, expected {wanted[i]:R}");

        float[] Logits(Model model) => [.. model.Capture(rows, TestModels.Quiet("logits")).Samples("logits").SelectMany(matrix => matrix.Values)];
    }

    private GgufFile Open(byte[] bytes)
    {
        string path = _folder.File("x.gguf");
        File.WriteAllBytes(path, bytes);
        return GgufFile.Open(path);
    }

    private string Refusal(byte[] bytes)
    {
        string path = _folder.File("x.gguf");
        File.WriteAllBytes(path, bytes);
        return RefusalCost.Of<InvalidFileException>("GGUF", 10_000_000, () => GgufFile.Open(path).Dispose()).Message;
    }

    /// <summary>A GGUF file of a small Llama's metadata, every field of which can lie.</summary>
    private sealed class GgufBuilder
    {
        private readonly List<byte> _pairs = [];
        private readonly List<byte> _infos = [];
        private readonly List<byte> _data = [];
        private ulong _pairCount;
        private ulong _tensorCount;

        public GgufBuilder(string architecture = "llama", int heads = 2)
        {
            Raw("general.architecture", 8, Text(architecture));
            foreach ((string key, int value) in new[] { ("block_count", 1), ("embedding_length", 4), ("context_length", 16), ("feed_forward_length", 8), ("attention.head_count", heads) })
                Raw($"llama.{key}", 4, BitConverter.GetBytes(value));
        }

        public uint Version { get; init; } = 3;

        public ulong? Tensors { get; init; }

        public ulong? Pairs { get; init; }

        public GgufBuilder Raw(string key, uint type, byte[] value)
        {
            _pairs.AddRange([.. Text(key), .. BitConverter.GetBytes(type), .. value]);
            _pairCount++;
            return this;
        }

        public GgufBuilder Add(string name, uint type, ulong[] shape, byte[] data, ulong? offset = null)
        {
            _infos.AddRange([.. Text(name), .. BitConverter.GetBytes(shape.Length), .. shape.SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(offset ?? (ulong)_data.Count)]);
            _data.AddRange(data);
            Pad(_data);
            _tensorCount++;
            return this;
        }

        public byte[] Build()
        {
            List<byte> file = [.. "GGUF"u8, .. BitConverter.GetBytes(Version), .. BitConverter.GetBytes(Tensors ?? _tensorCount), .. BitConverter.GetBytes(Pairs ?? _pairCount), .. _pairs, .. _infos];
            Pad(file);
            return [.. file, .. _data];
        }

        private static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)text.Length), .. Encoding.UTF8.GetBytes(text)];

        private static void Pad(List<byte> bytes)
        {
            while (bytes.Count % 32 != 0) bytes.Add(0);
        }
    }
}
