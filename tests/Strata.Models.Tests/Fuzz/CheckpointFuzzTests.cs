using System.Text;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

public sealed class CheckpointFuzzTests
{
    [Fact]
    public void Damaged_indices_and_configurations_are_refused_or_work()
    {
        using TemporaryFolder folder = new();
        folder.WriteText("config.json", """{"model_type":"gpt2"}""");
        foreach (string name in (string[])["a", "b"]) SafetensorsWriter.Write(folder.File($"{name}.safetensors"), [new(name, [1], DType.Float32, () => new float[1])]);
        byte[] index = Encoding.UTF8.GetBytes("""{"metadata":{"total_size":8},"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}""");
        int refused = FuzzRun.Run([index], 1_000, seed: 31, (bytes, _) =>
        {
            File.WriteAllBytes(folder.File("model.safetensors.index.json"), bytes);
            using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
            foreach (string name in checkpoint.Names) checkpoint.Entry(name);
        }, bytesPerByte: 64, fixedBytes: 128 << 10);
        Assert.InRange(refused, 700, 999);
    }
}
