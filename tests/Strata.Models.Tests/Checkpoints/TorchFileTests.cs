using System.Text.Json;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Files that PyTorch itself wrote.</summary>
public sealed class TorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Every_tensor_is_what_PyTorch_saved()
    {
        WriteFiles();
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(_folder.File("expected.json")));
        int tensors = 0;
        foreach (JsonProperty file in expected.RootElement.EnumerateObject())
        {
            using WeightFile read = WeightFile.Open(_folder.File(file.Name));
            Assert.IsType<TorchFile>(read);
            Assert.Equal(file.Value.EnumerateObject().Select(t => t.Name), read.Names);
            foreach (JsonProperty tensor in file.Value.EnumerateObject())
            {
                Assert.Equal(tensor.Value.GetProperty("dtype").GetString(), read.Entry(tensor.Name).DType);
                Assert.Equal(tensor.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64()), read.Entry(tensor.Name).Shape);
                Assert.Equal(tensor.Value.GetProperty("values").EnumerateArray().Select(n => n.GetSingle()), read.Read(CpuEngine.Default, tensor.Name).ToArray());
                tensors++;
            }
        }

        Assert.True(tensors > 50, $"{tensors} tensors");
    }

    [SkippableFact]
    public void Tied_tensors_lie_in_the_same_memory()
    {
        WriteFiles();
        using TorchFile file = TorchFile.Open(_folder.File("tied.bin"));
        Assert.Equal(file.Bytes(file.Entry("wte")).Address, file.Bytes(file.Entry("head")).Address);
    }

    [SkippableTheory]
    [InlineData("legacy.bin", "before 1.6")]
    [InlineData("expanded.pt", "expand")]
    [InlineData("whole_module.pt", "torch.nn.modules.linear.Linear")]
    [InlineData("script.pt", "TorchScript")]
    public void What_is_not_a_file_of_tensors_is_refused_with_the_reason(string name, string reason)
    {
        WriteFiles();
        Assert.Contains(reason, Assert.Throws<InvalidFileException>(() => WeightFile.Open(_folder.File(name))).Message);
    }

    private void WriteFiles()
    {
        Python.Require("torch", "python3-torch libopenblas0-openmp");
        Python.RunReference("formats/torch_files.py", _folder.Path);
    }
}
