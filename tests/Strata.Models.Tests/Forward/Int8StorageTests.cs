using System.Runtime.InteropServices;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Linear maps kept in 8 bits: what the network computes, how much memory it takes, and what is said of the error.</summary>
public sealed class Int8StorageTests : IDisposable
{
    private static readonly ModelOptions Int8 = new() { Storage = DType.Int8 };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Specs => ["gpt2", "llama"];

    public void Dispose() => _folder.Dispose();

    /// <summary>A checkpoint whose linear maps were rounded by hand, in float32, computes the same; only sums are rounded in another order.</summary>
    [Theory]
    [MemberData(nameof(Specs))]
    public void The_network_computes_with_the_rounded_weights(string family)
    {
        Model model = Saved(family);
        Model stored = Model.Load(_folder.File("m"), Int8);
        Round(model, _folder.File("m"), _folder.File("rounded"));
        float[] expected = Logits(Model.Load(_folder.File("rounded"))), actual = Logits(stored);
        float largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * largest, $"{i}: {actual[i]}, expected {expected[i]}");
        Assert.NotEqual(Logits(model), actual);
        Assert.Equal("int8", stored.Provenance.Settings["storage"]);
        Assert.Empty(model.Provenance.Settings);
    }

    /// <summary>A byte for each weight, and a scale and a bias of 4 bytes for each output.</summary>
    [Fact]
    public void The_linear_maps_take_a_quarter_of_the_memory()
    {
        ModelSpec spec = LlamaFamily.Spec(blocks: 2, width: 256, heads: 4, keyValueHeads: 2, mlpWidth: 512, vocabulary: 512, positions: 64);
        Model exact = Model.Random(spec, 1), stored = Model.Random(spec, 1, Int8);
        long embedding = 512 * 256 * sizeof(float), weights = (exact.WeightBytes - embedding) / sizeof(float);
        long outputs = (2 * (256 + 128 + 128 + 256 + 512 + 512 + 256)) + 512;
        Assert.Equal(weights + (outputs * sizeof(float)), stored.WeightBytes - embedding);
        Assert.InRange((double)(stored.WeightBytes - embedding) / (exact.WeightBytes - embedding), 0.25, 0.26);
    }

    [Theory]
    [MemberData(nameof(Specs))]
    public void The_error_of_each_weight_and_block_is_told(string family)
    {
        Model model = Saved(family), stored = Model.Load(_folder.File("m"), Int8);
        StorageErrors errors = stored.StorageErrors(TestModels.Rows);
        int perBlock = family == "gpt2" ? 6 : 7;
        Assert.Equal((model.Spec.Blocks * perBlock) + 1, errors.Weights.Count);
        Assert.Equal(Enumerable.Range(0, model.Spec.Blocks).SelectMany(block => Enumerable.Repeat<int?>(block, perBlock)).Append(null), errors.Weights.Select(weight => weight.Block));

        // A weight is off by at most half a step, and a step is a 127th of the largest of its output.
        Assert.All(errors.Weights, weight => Assert.InRange(weight.Error.Max, 1e-4, (0.5 / 127) + 1e-6));
        Assert.All(errors.Weights, weight => Assert.InRange(weight.Error.Mean, 1e-4, 0.02));
        Assert.Equal(stored.WeightBytes - stored.Weights.Embedding!.Storage.Bytes, errors.Weights.Sum(weight => weight.Bytes));

        Assert.Equal([.. Enumerable.Range(0, model.Spec.Blocks).Select(block => $"blocks.{block}.resid_post"), "logits"], errors.Points.Select(point => point.Point));
        float[] exact = Logits(model), off = Logits(stored);
        RelativeError logits = errors.Points[^1].Error;
        Assert.Equal(exact.Zip(off, (a, b) => Math.Abs((double)a - b)).Max() / exact.Max(Math.Abs), logits.Max, 1e-12);
        Assert.Equal(exact.Zip(off, (a, b) => Math.Abs((double)a - b)).Sum() / exact.Sum(a => Math.Abs((double)a)), logits.Mean, 1e-12);
        Assert.All(errors.Points, point => Assert.InRange(point.Error.Mean, 1e-4, 0.1));
        Assert.Contains("own format", Assert.Throws<StrataException>(() => model.StorageErrors(TestModels.Rows)).Message);
    }

    [Fact]
    public void A_saved_network_keeps_the_numbers_of_its_source()
    {
        Saved("llama");
        Model.Load(_folder.File("m"), Int8).Save(_folder.File("again"));
        Assert.Equal(File.ReadAllBytes(_folder.File("m/model.safetensors")), File.ReadAllBytes(_folder.File("again/model.safetensors")));
    }

    [Fact]
    public void Weights_that_are_not_finite_are_refused_by_name()
    {
        Model model = Saved("llama");
        Rewrite(_folder.File("m"), _folder.File("bad"), (name, _, values) =>
        {
            if (name == "model.layers.1.mlp.up_proj.weight") values[5] = float.PositiveInfinity;
        });
        Assert.Contains("\"model.layers.1.mlp.up_proj.weight\"", Assert.Throws<StrataException>(() => Model.Load(_folder.File("bad"), Int8)).Message);
        Assert.Equal(model.Spec.Blocks, Model.Load(_folder.File("bad")).Spec.Blocks);
    }

    /// <summary>A checkpoint with an unembedding of its own, which is a linear map where the embedding is not.</summary>
    private Model Saved(string family)
    {
        ModelSpec spec = (family == "gpt2" ? TestModels.Gpt2Spec : TestModels.LlamaSpec) with { TiedUnembedding = false };
        Model.Random(spec, 3).Save(_folder.File("m"));
        return Model.Load(_folder.File("m"));
    }

    private static void Round(Model model, string from, string to)
    {
        WeightMap map = ModelFamily.Of(model.Spec).Map(model.Spec, _ => false);
        Dictionary<string, WeightEntry> entries = map.Entries.ToDictionary(entry => entry.Name);
        bool outputsFirst = model.Spec.Family != "gpt2";
        Rewrite(from, to, (name, shape, values) =>
        {
            if (entries[name].Role is not (WeightRole.Linear or WeightRole.ResidualLinear)) return;
            RoundOutputs(values, (int)shape[0], (int)shape[1], outputsFirst || name == map.Unembedding!.Name);
        });
    }

    private static void RoundOutputs(Span<float> values, int rows, int columns, bool outputsFirst)
    {
        int outputs = outputsFirst ? rows : columns, inputs = outputsFirst ? columns : rows;
        for (int output = 0; output < outputs; output++)
        {
            float largest = 0;
            for (int i = 0; i < inputs; i++) largest = Math.Max(largest, Math.Abs(values[At(i)]));
            for (int i = 0; i < inputs; i++) values[At(i)] = MathF.Round(values[At(i)] / (largest / 127)) * (largest / 127);

            int At(int input) => outputsFirst ? (output * columns) + input : (input * columns) + output;
        }
    }

    private delegate void Change(string name, long[] shape, Span<float> values);

    /// <summary>A copy of a checkpoint with changed numbers.</summary>
    private static void Rewrite(string from, string to, Change change)
    {
        Directory.CreateDirectory(to);
        File.Copy(Path.Combine(from, "config.json"), Path.Combine(to, "config.json"));
        byte[] file = File.ReadAllBytes(Path.Combine(from, "model.safetensors"));
        using (SafetensorsFile read = SafetensorsFile.Open(Path.Combine(from, "model.safetensors")))
        {
            foreach (SafetensorsEntry entry in read.Names.Select(name => (SafetensorsEntry)read.Entry(name)))
                change(entry.Name, entry.Shape, MemoryMarshal.Cast<byte, float>(file.AsSpan((int)entry.Start, (int)(entry.End - entry.Start))));
        }

        File.WriteAllBytes(Path.Combine(to, "model.safetensors"), file);
    }

    private static float[] Logits(Model model) => [.. model.Capture(TestModels.Rows, TestModels.Quiet("logits")).Samples("logits").SelectMany(matrix => matrix.Values)];
}
