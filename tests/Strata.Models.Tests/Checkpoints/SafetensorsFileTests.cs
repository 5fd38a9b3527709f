using System.Text;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryOnlyEngine _engine = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_names_shapes_places_and_metadata()
    {
        string path = _folder.WriteSafetensors("a.safetensors",
            """{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[3,11]},"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},"s":{"shape":[],"dtype":"F16","data_offsets":[11,13]},"none":{"dtype":"I64","shape":[0,5],"data_offsets":[13,13]}}   """, 13);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["mask", "b", "s", "none"], file.Names);
        Assert.Equal("pt", file.Metadata["format"]);
        SafetensorsEntry b = file.Entry("b");
        Assert.Equal("F32", b.DType);
        Assert.Equal([2L, 1L], b.Shape);
        Assert.Equal(8, b.Bytes);
        Assert.Equal(new FileInfo(path).Length - 2, b.End);
        Assert.Empty(file.Entry("s").Shape);
        Assert.Equal(0, file.Entry("none").Bytes);
    }

    [Fact]
    public void A_tensor_is_the_bytes_of_the_file_without_a_copy_and_outlives_it()
    {
        string path = _folder.WriteSafetensors("a.safetensors", """{"x":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}""", 16);
        byte[] bytes = File.ReadAllBytes(path)[^16..];
        Tensor tensor;
        using (SafetensorsFile file = SafetensorsFile.Open(path)) tensor = file.Read(_engine, "x");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(new Shape(2, 2), tensor.Shape);
        Assert.Equal(Enumerable.Range(0, 4).Select(i => BitConverter.ToSingle(bytes, 4 * i)), tensor.ToArray());
    }

    [Fact]
    public void A_closed_file_hands_out_nothing()
    {
        string path = _folder.WriteSafetensors("a.safetensors", """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        SafetensorsFile file = SafetensorsFile.Open(path);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Read(_engine, "x"));
    }

    [Fact]
    public void Refuses_formats_that_are_not_computed_with_and_unknown_names_by_name()
    {
        string path = _folder.WriteSafetensors("a.safetensors", """{"h.0.attn.bias":{"dtype":"F4","shape":[8],"data_offsets":[0,4]}}""", 4);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        InvalidFileException format = Assert.Throws<InvalidFileException>(() => file.Read(_engine, "h.0.attn.bias"));
        Assert.Contains("h.0.attn.bias", format.Message);
        Assert.Contains("F4", format.Message);
        InvalidFileException name = Assert.Throws<InvalidFileException>(() => file.Read(_engine, "h.0.attn.bais"));
        Assert.Contains("Did you mean \"h.0.attn.bias\"?", name.Message);
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "holds only 4 bytes of data")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "belong to no tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}""", 5, "belong to no tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "before its beginning")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[3],"data_offsets":[3,6]}}""", 6, "overlap")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "appears twice")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0078":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "appears twice")]
    [InlineData("""{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "\"dtype\" twice")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "the key \"a\" twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "appears twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "must be a string")]
    [InlineData("""{"x":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype \"F31\"")]
    [InlineData("""{"x":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "whole number of bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "not an integer from 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "not an integer from 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}""", 4, "not an integer from 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "not an integer from 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, "not an integer from 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", 4, "not an integer from 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "more bytes than can be counted")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "more bytes than can be counted")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "holds 1 numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", 4, "more than 2")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1]}}""", 4, "lacks \"data_offsets\"")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", 4, "unknown key \"more\"")]
    [InlineData("""{"x":7}""", 0, "must be an object")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x""", 4, "not valid JSON")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", 4, "not valid JSON")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "surrogate")]
    [InlineData("""[]""", 0, "must be '{'")]
    [InlineData("", 0, "must be '{'")]
    public void Refuses_a_header_that_is_not_exact(string header, int dataBytes, string expected)
    {
        string path = _folder.WriteSafetensors("bad.safetensors", header, dataBytes);
        InvalidFileException refusal = Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(path));
        Assert.Contains(expected, refusal.Message);
        Assert.Contains("bad.safetensors", refusal.Message);
        Assert.Contains("byte", refusal.Message);
    }

    [Fact]
    public void Names_the_byte_and_the_tensor()
    {
        string header = """{"first.weight":{"dtype":"F32","shape":[2.5],"data_offsets":[0,4]}}""";
        string path = _folder.WriteSafetensors("bad.safetensors", header, 4);
        InvalidFileException refusal = Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(path));
        Assert.Contains("\"first.weight\"", refusal.Message);
        Assert.Contains($"(byte {8 + header.IndexOf("2.5", StringComparison.Ordinal)})", refusal.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Refuses_a_file_without_room_for_a_header(int length)
    {
        File.WriteAllBytes(_folder.File("short.safetensors"), new byte[length]);
        Assert.Contains("8 bytes", Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(_folder.File("short.safetensors"))).Message);
    }

    [Theory]
    [InlineData(100_000_001, "at most 100000000")]
    [InlineData(-1, "at most 100000000")]
    [InlineData(1000, "cut off")]
    public void Refuses_a_header_length_that_cannot_be(long length, string expected)
    {
        byte[] file = new byte[64];
        BitConverter.TryWriteBytes(file, length);
        File.WriteAllBytes(_folder.File("long.safetensors"), file);
        Assert.Contains(expected, Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(_folder.File("long.safetensors"))).Message);
    }

    [Fact]
    public void Refuses_bytes_that_are_not_UTF8()
    {
        byte[] file = TemporaryFolder.SafetensorsBytes("""{"xyz":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        file[12] = 0xC3;
        Assert.Contains("UTF-8 at byte 12", Assert.Throws<InvalidFileException>(() => SafetensorsHeader.Parse(file, file.Length, "f")).Message);
    }

    [Fact]
    public void Refuses_deep_nesting()
    {
        byte[] file = TemporaryFolder.SafetensorsBytes("""{"x":""" + new string('[', 100_000), 0);
        Assert.Throws<InvalidFileException>(() => SafetensorsHeader.Parse(file, file.Length, "f"));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        Assert.Contains("nowhere.safetensors", Assert.Throws<InvalidFileException>(() => SafetensorsFile.Open(_folder.File("nowhere.safetensors"))).Message);
    }

    [Fact]
    public void Hostile_names_are_shown_short_and_on_one_line()
    {
        string name = "a\\nb" + new string('x', 5000);
        byte[] file = Encoding.UTF8.GetBytes("        {\"" + name + "\":1}");
        BitConverter.TryWriteBytes(file, file.Length - 8L);
        string message = Assert.Throws<InvalidFileException>(() => SafetensorsHeader.Parse(file, file.Length, "f")).Message;
        Assert.DoesNotContain('\n', message);
        Assert.True(message.Length < 300, message);
    }

    [Fact]
    public void A_name_too_long_to_be_typed_is_not_suggested()
    {
        string name = new('x', 2_000_000);
        string path = _folder.WriteSafetensors("a.safetensors", $$$"""{"{{{name}}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"short":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string message = Assert.Throws<InvalidFileException>(() => file.Entry("shrot")).Message;
        Assert.Contains("\"short\"", message);
        Assert.True(message.Length < 300);
    }

    [Fact]
    public void Opens_the_trained_network_and_its_numbers_are_finite()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Othello.Folder, "model.safetensors"));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([62L, 128L], file.Entry("transformer.wte.weight").Shape);
        Assert.Equal(2 + 8 * 12 + 2, file.Names.Count);
        foreach (string name in file.Names) Assert.All(file.Read(_engine, name).ToArray(), value => Assert.True(float.IsFinite(value)));
    }
}
