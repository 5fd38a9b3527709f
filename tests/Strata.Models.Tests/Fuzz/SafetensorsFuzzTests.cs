using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace Strata.Models.Tests;

public sealed class SafetensorsFuzzTests
{
    private static readonly byte[][] Headers =
    [
        Encoding.UTF8.GetBytes("""{"__metadata__":{"format":"pt"},"wte.weight":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},"h.0.attn.bias":{"dtype":"U8","shape":[1,1,4,4],"data_offsets":[48,64]}}"""),
        Encoding.UTF8.GetBytes("""{"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},"b":{"data_offsets":[2,2],"shape":[0,7],"dtype":"I64"},"c":{"dtype":"F4","shape":[124],"data_offsets":[2,64]}}     """),
        Encoding.UTF8.GetBytes("{" + string.Join(",", Enumerable.Range(0, 32).Select(i => $$"""  "blocks.{{i}}.mlp":{"dtype":"F16","shape":[1],"data_offsets":[{{2 * i}},{{2 * i + 2}}]}""")) + "}"),
    ];

    private const int DataBytes = 64;

    /// <summary>The header's length is made to fit again, so that the damage reaches the parser of the JSON.</summary>
    [Fact]
    public void Damaged_headers_are_refused_and_nothing_else_happens()
    {
        int refused = FuzzRun.Run(Headers, 12_000, seed: 11, (header, _) =>
        {
            byte[] file = new byte[8 + header.Length + DataBytes];
            BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
            header.CopyTo(file, 8);
            CheckAccepted(SafetensorsHeader.Parse(file, file.Length, "fuzz.safetensors"), file.Length);
        }, bytesPerByte: 32, fixedBytes: 64 << 10);
        Assert.InRange(refused, 9_000, 11_999);
    }

    [Fact]
    public void Damaged_files_are_refused_and_nothing_else_happens()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("fuzz.safetensors");
        MemoryOnlyEngine engine = new();
        byte[][] files = [.. Headers.Select(header => TemporaryFolder.SafetensorsBytes(Encoding.UTF8.GetString(header), DataBytes))];
        int refused = FuzzRun.Run(files, 1_500, seed: 12, (bytes, _) =>
        {
            File.WriteAllBytes(path, bytes);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (string name in file.Names)
            {
                if (file.Entry(name).DType is "F32" or "F16" or "BF16") Assert.Equal(file.Read(engine, name).Shape.Count, file.Read(engine, name).ToArray().Length);
            }
        }, bytesPerByte: 64, fixedBytes: 128 << 10);
        Assert.InRange(refused, 1_000, 1_499);
    }

    /// <summary>What was accepted covers the data exactly.</summary>
    private static void CheckAccepted(SafetensorsHeader header, long fileLength)
    {
        long at = fileLength - DataBytes;
        foreach (string name in header.Names)
        {
            SafetensorsEntry entry = header.Entries[name];
            Assert.Equal(at, entry.Start);
            at = entry.End;
        }

        Assert.Equal(fileLength, at);
    }
}
