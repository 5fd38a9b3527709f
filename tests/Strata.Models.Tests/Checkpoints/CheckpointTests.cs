using System.Security.Cryptography;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

public sealed class CheckpointTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryOnlyEngine _engine = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opens_the_trained_network()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Othello.Folder);
        Assert.Equal("gpt2", checkpoint.Config.RequiredString("model_type"));
        Assert.Equal(8, checkpoint.Config.RequiredInt("n_layer", 1, 1000));
        Assert.EndsWith("tokenizer.json", checkpoint.TokenizerPath);
        Assert.EndsWith("tokenizer_config.json", checkpoint.TokenizerConfigPath);
        Assert.True(checkpoint.Has("transformer.wpe.weight"));
        Assert.Equal(new Shape(61, 128), checkpoint.Read(_engine, "transformer.wpe.weight").Shape);
        byte[] all = [.. File.ReadAllBytes(Path.Combine(Othello.Folder, "model.safetensors")), .. File.ReadAllBytes(Path.Combine(Othello.Folder, "config.json"))];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), checkpoint.ContentHash);
    }

    [Fact]
    public void Opens_shards_through_their_index()
    {
        WriteShards("""{"metadata":{"total_size":8},"weight_map":{"y":"b.safetensors","x":"a.safetensors"}}""");
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);
        Assert.Equal(["x", "y"], checkpoint.Names);
        Assert.Equal([1f], checkpoint.Read(_engine, "x").ToArray());
        Assert.Equal([2f], checkpoint.Read(_engine, "y").ToArray());
        Assert.Null(checkpoint.TokenizerPath);
        byte[] all = [.. File.ReadAllBytes(_folder.File("a.safetensors")), .. File.ReadAllBytes(_folder.File("b.safetensors")), .. File.ReadAllBytes(_folder.File("config.json"))];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), checkpoint.ContentHash);
        Assert.Contains("Did you mean", Assert.Throws<InvalidFileException>(() => checkpoint.Entry("xx")).Message);
    }

    [Theory]
    [InlineData("""{"weight_map":{"x":"../a.safetensors"}}""", "without a path")]
    [InlineData("""{"weight_map":{"x":"/etc/a.safetensors"}}""", "without a path")]
    [InlineData("""{"weight_map":{"x":"c:\\a.safetensors"}}""", "without a path")]
    [InlineData("""{"weight_map":{"x":"config.json"}}""", "without a path")]
    [InlineData("""{"weight_map":{"x":3}}""", "without a path")]
    [InlineData("""{"weight_map":{"x":"a.safetensors","y":"c.safetensors"}}""", "\"c.safetensors\"")]
    [InlineData("""{"weight_map":{"x":"a.safetensors","y":"a.safetensors"}}""", "does not hold it")]
    [InlineData("""{"weight_map":{"x":"a.safetensors","x":"b.safetensors"}}""", "JSON")]
    [InlineData("""{"weight_map":{}}""", "is empty")]
    [InlineData("""{"weight_map":[]}""", "expected an object")]
    [InlineData("""{}""", "\"weight_map\" is missing")]
    public void Refuses_an_index_that_does_not_fit(string index, string expected)
    {
        WriteShards(index);
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => Checkpoint.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Refuses_a_tensor_that_lies_in_two_shards()
    {
        WriteShards("""{"weight_map":{"x":"a.safetensors","y":"b.safetensors","z":"c.safetensors"}}""");
        WriteWeights("c.safetensors", ("z", 3), ("x", 1));
        Assert.Contains("\"x\" is in both", Assert.Throws<InvalidFileException>(() => Checkpoint.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Passes_over_a_tensor_that_the_index_does_not_name()
    {
        WriteShards("""{"weight_map":{"x":"a.safetensors","y":"b.safetensors"}}""");
        WriteWeights("b.safetensors", ("y", 2), ("rotary.inv_freq", 7));
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);
        Assert.Equal(["x", "y"], checkpoint.Names);
    }

    [Fact]
    public void Says_what_is_expected_when_something_is_missing()
    {
        Assert.Contains("config.json", Assert.Throws<InvalidFileException>(() => Checkpoint.Open(_folder.File("nowhere"))).Message);
        Assert.Contains("has no config.json", Assert.Throws<InvalidFileException>(() => Checkpoint.Open(_folder.Path)).Message);
        string config = _folder.WriteText("config.json", "{}");
        Assert.Contains("is a file", Assert.Throws<InvalidFileException>(() => Checkpoint.Open(config)).Message);
        Assert.Contains("has neither model.safetensors", Assert.Throws<InvalidFileException>(() => Checkpoint.Open(_folder.Path)).Message);
        _folder.WriteText("pytorch_model.bin", "");
        Assert.Contains("has 0 bytes", Assert.Throws<InvalidFileException>(() => Checkpoint.Open(_folder.Path)).Message);
    }

    [Theory]
    [InlineData("[]", "JSON object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{\"a\":1,\"a\":2}", "not valid JSON")]
    [InlineData("{\"a\":\"\\ud800\"}", "surrogate")]
    public void Refuses_a_configuration_that_is_no_object(string config, string expected)
    {
        WriteWeights("model.safetensors", ("x", 1));
        _folder.WriteText("config.json", config);
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => Checkpoint.Open(_folder.Path)).Message);
    }

    private void WriteShards(string index)
    {
        _folder.WriteText("config.json", "{}");
        _folder.WriteText(Index, index);
        WriteWeights("a.safetensors", ("x", 1));
        WriteWeights("b.safetensors", ("y", 2));
    }

    private void WriteWeights(string name, params (string Name, float Value)[] tensors) =>
        SafetensorsWriter.Write(_folder.File(name), tensors.Select(tensor => new SafetensorsSource(tensor.Name, [1], DType.Float32, () => new[] { tensor.Value })));
}
