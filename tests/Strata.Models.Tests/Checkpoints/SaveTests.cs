using System.Security.Cryptography;
using System.Text.Json;
using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Saved networks: they load again to the last bit, along any plan that is a sequence of blocks.</summary>
[Collection(PytorchCollection.Name)]
public sealed class SaveTests(PytorchSuite suite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Variants => PytorchSuite.Variants;

    public void Dispose() => _folder.Dispose();

    /// <summary>Of each variant: as it is, its blocks in another order with one twice and one dropped where its configuration can say so, and its random twin.</summary>
    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void A_saved_network_loads_again_to_the_last_bit(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = new("ids", suite.Requests(variant).Select(request => request.Tokens).Take(2).ToArray());
        model.Save(_folder.File("same"));
        Assert.Equal(Outputs(model, rows, null), Outputs(Model.Load(_folder.File("same")), rows, null));
        Assert.Equal(Bytes(suite.Folder(variant)), Bytes(_folder.File("same")));

        LayerPlan plan = Shuffled(model);
        try
        {
            model.Save(_folder.File("changed"), plan);
            Model changed = Model.Load(_folder.File("changed"));
            Assert.Equal(plan.Steps.Length, changed.Spec.Blocks);
            Assert.Equal(Outputs(model, rows, plan), Outputs(changed, rows, null));
        }
        catch (StrataException refusal)
        {
            Assert.True(refusal.Message.Contains("differ by their place", StringComparison.Ordinal) || refusal.Message.Contains("number of its block", StringComparison.Ordinal), refusal.Message);
            Assert.False(Directory.Exists(_folder.File("changed")));
            Assert.Contains(variant, new[] { "gpt2-inverse-layer-scale", "qwen2_moe-sparse-step", "albert-groups", "modernbert-base", "modernbert-biases", "modernbert-layer-types", "modernbert-no-head", "jamba-base", "jamba-bf16", "jamba-defaults", "jamba-switches" });
        }

        Model twin = model.RandomTwin(7);
        twin.Save(_folder.File("twin"), options: new SaveOptions { MaxShardBytes = 5_000 });
        Assert.Equal(Outputs(twin, rows, null), Outputs(Model.Load(_folder.File("twin")), rows, null));
        Assert.True(File.Exists(_folder.File("twin/model.safetensors.index.json")));
    }

    /// <summary>A network with random weights of a spec alone has no checkpoint to take its configuration from: it is written from the spec.</summary>
    [SkippableTheory]
    [InlineData("mistral-base")]
    [InlineData("mixtral-window")]
    [InlineData("qwen2-layer-types")]
    [InlineData("qwen3-base")]
    [InlineData("qwen2_moe-dense-layers")]
    [InlineData("qwen3_moe-plain-weights")]
    [InlineData("gemma-base")]
    [InlineData("gemma2-base")]
    [InlineData("phi3-window")]
    [InlineData("olmo2-base")]
    [InlineData("olmoe-clipped")]
    public void A_random_network_of_the_spec_of_a_family_is_saved(string variant)
    {
        Model model = Model.Random(suite.Load(variant).Spec, 9);
        TokenRows rows = new("ids", suite.Requests(variant).Select(request => request.Tokens).Take(2).ToArray());
        model.Save(_folder.File("m"));
        Assert.Equal(Outputs(model, rows, null), Outputs(Model.Load(_folder.File("m")), rows, null));
    }

    [SkippableFact]
    public void What_a_configuration_cannot_say_of_a_spec_is_refused()
    {
        ModelSpec spec = suite.Load("qwen3-base").Spec;
        Assert.Contains("cannot say all", Assert.Throws<StrataException>(() => Model.Random(spec with { LogitSoftCap = 3 }, 1).Save(_folder.File("x"))).Message);
        Assert.Contains("random twin", Assert.Throws<StrataException>(() => Model.Random(suite.Load("falcon-base").Spec, 1).Save(_folder.File("x"))).Message);
    }

    /// <summary>Blocks 1 and 2 become one whose every weight is their average; a network made of the averages by hand computes the same, to the last bit.</summary>
    [SkippableTheory]
    [InlineData("gpt2-base")]
    [InlineData("llama-bf16")]
    [InlineData("gpt2-mask-buffers")]
    public void Merged_blocks_are_the_average_of_the_blocks(string variant)
    {
        Model model = suite.Load(variant);
        List<WorkProgress> steps = [];
        model.Save(_folder.File("merged"), options: new SaveOptions { Merge = [SaveOptions.Group(model.Plans, "1..3")], Progress = new Reports(steps.Add) });
        using SafetensorsFile before = SafetensorsFile.Open(Path.Combine(suite.Folder(variant), "model.safetensors")), after = SafetensorsFile.Open(_folder.File("merged/model.safetensors"));
        int averaged = 0;
        foreach (string name in after.Names)
        {
            float[] actual = after.Read(CpuEngine.Default, name).ToArray();
            string? other = name.Contains(".1.", StringComparison.Ordinal) ? name.Replace(".1.", ".2.", StringComparison.Ordinal) : null;
            string old = name.Contains(".2.", StringComparison.Ordinal) ? name.Replace(".2.", ".3.", StringComparison.Ordinal) : name;
            float[] expected = before.Read(CpuEngine.Default, old).ToArray();
            if (other is not null && before.Entry(old).DType is "F32" or "BF16" && other is not null)
            {
                float[] second = before.Read(CpuEngine.Default, other).ToArray();
                expected = [.. expected.Zip(second, (a, b) => before.Entry(old).DType == "F32" ? (a + b) / 2 : NearestBFloat16((a + b) / 2))];
                averaged++;
            }

            Assert.Equal(expected, actual);
        }

        Assert.True(averaged >= 9);
        Assert.Equal(steps.Count, (int)steps[^1].Total);
        Assert.Equal(3, Model.Load(_folder.File("merged")).Spec.Blocks);
        using JsonDocument recipe = JsonDocument.Parse(File.ReadAllText(_folder.File("merged/strata-recipe.json")));
        Assert.Equal("[[1,2]]", recipe.RootElement.GetProperty("merged_blocks").GetRawText().Replace(" ", "").Replace("\n", ""));
        Assert.Equal("[0,1,3]", recipe.RootElement.GetProperty("blocks").GetRawText().Replace(" ", "").Replace("\n", ""));
    }

    [Fact]
    public void Blocks_that_cannot_be_merged_are_refused()
    {
        Model model = TestModels.Of("llama");
        string Refusal(params int[][] groups) => Assert.Throws<StrataException>(() => model.Save(_folder.File("x"), options: new SaveOptions { Merge = groups })).Message;
        Assert.Contains("two or more", Refusal([1]));
        Assert.Contains("Block 9", Refusal([1, 9]));
        Assert.Contains("twice", Refusal([1, 2], [2, 3]));
        Assert.Contains("expected two or more", Assert.Throws<StrataException>(() => SaveOptions.Group(model.Plans, "1, 1")).Message);
        Assert.Contains("expected two or more", Assert.Throws<StrataException>(() => SaveOptions.Group(model.Plans, "attn(1), 2")).Message);
        Model windows = Model.Random(model.Spec.WithWindows(5, i => i == 2), 1);
        Assert.Contains("differs", Assert.Throws<StrataException>(() => windows.Save(_folder.File("x"), options: new SaveOptions { Merge = [[1, 2]] })).Message);
    }

    [Theory]
    [MemberData(nameof(TestModels.Families), MemberType = typeof(TestModels))]
    public void A_random_network_of_a_spec_is_saved_with_a_configuration_of_its_family(string family)
    {
        Model model = TestModels.Of(family);
        LayerPlan plan = LayerPlan.Parse("3, 1*2, 0", 4);
        model.Save(_folder.File("m"), plan);
        Model read = Model.Load(_folder.File("m"));
        Assert.Equal(model.Spec with { EosIds = read.Spec.EosIds }, read.Spec);
        Assert.Equal(Outputs(model, TestModels.Rows, plan), Outputs(read, TestModels.Rows, null));
        using JsonDocument recipe = JsonDocument.Parse(File.ReadAllText(_folder.File("m/strata-recipe.json")));
        Assert.Equal([3, 1, 1, 0], recipe.RootElement.GetProperty("blocks").EnumerateArray().Select(block => block.GetInt32()));
        Assert.Equal(model.Hash, recipe.RootElement.GetProperty("model_hash").GetString());
        Assert.Equal(plan.ToString(), recipe.RootElement.GetProperty("plan").GetString());
        Assert.Equal(3, recipe.RootElement.GetProperty("seed").GetInt64());
    }

    /// <summary>A reader that shares no code with Strata finds the tensors of the source under their new names.</summary>
    [SkippableFact]
    public void Another_reader_finds_the_same_bytes_under_the_new_names()
    {
        Python.Require("json", "python3");
        Model model = Model.Load(Othello.Folder);
        model.Save(_folder.File("m"), LayerPlan.Parse("0..4, 6, 6", 8), options: new SaveOptions { MaxShardBytes = 1_000_000 });
        Python.RunReference("formats/read_saved.py", _folder.File("m"));
        using JsonDocument read = JsonDocument.Parse(File.ReadAllText(_folder.File("m/read.json")));
        Assert.Equal(6, read.RootElement.GetProperty("config").GetProperty("n_layer").GetInt32());
        JsonElement tensors = read.RootElement.GetProperty("tensors");
        using Checkpoint checkpoint = Checkpoint.Open(Othello.Folder);
        foreach ((string name, string source) in new[] { ("wte.weight", "wte.weight"), ("h.3.ln_1.weight", "h.3.ln_1.weight"), ("h.4.attn.c_attn.weight", "h.6.attn.c_attn.weight"), ("h.5.attn.c_attn.weight", "h.6.attn.c_attn.weight"), ("ln_f.bias", "ln_f.bias") })
        {
            TensorBytes bytes = checkpoint.Bytes($"transformer.{source}");
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes.Span(0, (int)bytes.Length))), tensors.GetProperty($"transformer.{name}").GetProperty("sha").GetString());
        }

        Assert.False(tensors.TryGetProperty("transformer.h.6.ln_1.weight", out _));
        Assert.Equal(File.ReadAllBytes(Path.Combine(Othello.Folder, "tokenizer.json")), File.ReadAllBytes(_folder.File("m/tokenizer.json")));
    }

    [Theory]
    [InlineData("0, parallel(1..3), 3", "parallel")]
    [InlineData("0, attn(1), 2..4", "half")]
    public void What_is_no_sequence_of_blocks_is_refused(string plan, string reason)
    {
        Model model = TestModels.Of("llama");
        Assert.Contains(reason, Assert.Throws<StrataException>(() => model.Save(_folder.File("m"), LayerPlan.Parse(plan, 4))).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Nothing_is_overwritten_and_nothing_is_left_behind()
    {
        Model model = TestModels.Of("gpt2");
        Assert.Contains("does not exist", Assert.Throws<InvalidFileException>(() => model.Save(_folder.File("a/b"))).Message);
        _folder.WriteText("file", "");
        Assert.Contains("is a file", Assert.Throws<InvalidFileException>(() => model.Save(_folder.File("file"))).Message);
        Directory.CreateDirectory(_folder.File("empty"));
        model.Save(_folder.File("empty"));
        Assert.Contains("not empty", Assert.Throws<InvalidFileException>(() => model.Save(_folder.File("empty"))).Message);
        using CancellationTokenSource stopped = new();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => model.Save(_folder.File("never"), cancellation: stopped.Token));
        Assert.Equal(["empty", "file"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Model unsayable = Model.Random(TestModels.Gpt2Spec with { Norm = NormKind.RmsNorm, NormBias = false }, 1);
        Assert.Contains("cannot say", Assert.Throws<StrataException>(() => unsayable.Save(_folder.File("never"))).Message);
    }

    /// <summary>The last block first, the first one twice behind it, the others in order without the second.</summary>
    /// <summary>The nearest bfloat16, ties to even.</summary>
    private static float NearestBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private sealed class Reports(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }

    private static LayerPlan Shuffled(Model model)
    {
        int last = model.Spec.Blocks - 1;
        return new LayerPlan(model.Spec.Blocks, new[] { last, 0, 0 }.Concat(Enumerable.Range(2, Math.Max(0, last - 2))).Select(block => new BlockStep(block)));
    }

    /// <summary>The last point: the logits, or the last stream where there are none.</summary>
    private static float[] Outputs(Model model, TokenRows rows, LayerPlan? plan)
    {
        string last = new HookCatalog(model.Spec, model.CheckPlan(plan)).Points[^1].Name;
        return [.. model.Capture(rows, TestModels.Quiet(last) with { Plan = plan }).Samples(last).SelectMany(matrix => matrix.Values)];
    }

    /// <summary>Number format, shape and content of each tensor.</summary>
    private static string[] Bytes(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        return [.. checkpoint.Names.Order(StringComparer.Ordinal).Select(name => $"{checkpoint.Entry(name)} {Hash(checkpoint.Bytes(name))}")];
    }

    private static string Hash(TensorBytes bytes) => Convert.ToHexString(SHA256.HashData(bytes.Span(0, (int)bytes.Length)));
}
