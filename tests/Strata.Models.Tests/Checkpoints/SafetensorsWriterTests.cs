using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryOnlyEngine _engine = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        Random random = new(3);
        float[] values = Enumerable.Range(0, 40_000).Select(_ => (float)(random.NextDouble() * 8 - 4)).ToArray();
        SafetensorsSource[] sources =
        [
            new("half", [40_000], DType.Float16, () => values),
            new("odd", [3], DType.BFloat16, () => new float[] { 1, 2, 3 }),
            new("full", [200, 200], DType.Float32, () => values),
            new("short", [40_000, 1], DType.BFloat16, () => values),
            new("scalar", [], DType.Float32, () => new float[] { 42 }),
            new("empty", [0, 7], DType.Float32, () => default),
        ];
        string path = _folder.File("out.safetensors");
        SafetensorsWriter.Write(path, sources, new Dictionary<string, string> { ["made by"] = "a \"test\"" });
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(sources.Select(source => source.Name), file.Names);
        Assert.Equal("a \"test\"", file.Metadata["made by"]);
        Assert.Equal(0, file.Entry("half").Start % 8);
        Assert.Equal(values, file.Read(_engine, "full").ToArray());
        Assert.Equal([42f], file.Read(_engine, "scalar").ToArray());
        Assert.Equal(new Shape(0, 7), file.Read(_engine, "empty").Shape);
        float[] half = file.Read(_engine, "half").ToArray();
        float[] brain = file.Read(_engine, "short").ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            Assert.InRange(Math.Abs(half[i] - values[i]), 0, MathF.Max(MathF.Abs(values[i]) / 2048, 3e-8f));
            Assert.InRange(Math.Abs(brain[i] - values[i]), 0, MathF.Abs(values[i]) / 256);
        }
    }

    [Fact]
    public void Bfloat16_rounds_to_nearest_with_ties_to_even()
    {
        // In the binade of 1 neighbours lie 2^-7 apart; odd multiples of 2^-8 are ties.
        float step = MathF.Pow(2, -7);
        float[] values = [1 + step / 2, 1 + 3 * step / 2, 1 + step / 2 + 1e-6f, 1 + step / 2 - 1e-6f, -1 - step / 2, float.MaxValue, float.NaN, BitConverter.UInt32BitsToSingle(0x7F800001), float.NegativeInfinity, -0f];
        float[] expected = [1, 1 + 2 * step, 1 + step, 1, -1, float.PositiveInfinity, float.NaN, float.NaN, float.NegativeInfinity, -0f];
        string path = _folder.File("out.safetensors");
        SafetensorsWriter.Write(path, [new("x", [values.Length], DType.BFloat16, () => values)]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(expected, file.Read(_engine, "x").ToArray());
    }

    [Fact]
    public void A_failing_source_leaves_the_old_file()
    {
        string path = _folder.WriteText("out.safetensors", "old");
        Assert.Throws<StrataException>(() => SafetensorsWriter.Write(path, [new("x", [3], DType.Float32, () => new float[2])]));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("x", "x")]
    [InlineData("x", "__metadata__")]
    public void Refuses_names_that_a_reader_would_refuse(string first, string second)
    {
        SafetensorsSource Source(string name) => new(name, [1], DType.Float32, () => new float[1]);
        Assert.Throws<StrataException>(() => SafetensorsWriter.Write(_folder.File("out.safetensors"), [Source(first), Source(second)]));
    }
}
