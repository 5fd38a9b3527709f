using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Captures larger than the memory that they may take: kept in a file, and the same numbers.</summary>
public sealed class SpilledCaptureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SpilledCaptureTests() => Directory.CreateDirectory(_folder.File("spill"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Pooling.None)]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    [InlineData(Pooling.First)]
    public void A_capture_beyond_memory_holds_the_same(Pooling pooling)
    {
        Model model = TestModels.Of("llama");
        string[] points = pooling == Pooling.None ? ["*"] : ["embed", "blocks.*.resid_post", "ln_final.normalized", "logits"];
        List<string> told = [];
        CaptureRequest request = TestModels.Quiet(points) with { Pooling = pooling, TokensPerBatch = 24, Positions = PositionSelection.Parse(pooling == Pooling.Mean ? "0, 2.." : "0.."), Announce = told.Add };
        Activations memory = model.Capture(TestModels.Rows, request);
        Activations file = model.Capture(TestModels.Rows, request with { MemoryLimit = memory.Bytes - 1, SpillFolder = _folder.File("spill") });

        Assert.Empty(Directory.GetFileSystemEntries(_folder.File("spill")));
        Assert.DoesNotContain("in a file", told[0], StringComparison.Ordinal);
        Assert.Contains($"they are kept in a file in {_folder.File("spill")}", told[1], StringComparison.Ordinal);
        Assert.Equal((memory.Bytes, memory.Sequences, memory.ToString()), (file.Bytes, file.Sequences, file.ToString()));
        Assert.Equal(memory.Points, file.Points);
        foreach (string point in memory.Points)
        {
            Assert.Equal(memory.Samples(point).Count, file.Samples(point).Count);
            foreach ((FloatMatrix expected, FloatMatrix actual) in memory.Samples(point).Zip(file.Samples(point)))
            {
                Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
                Assert.Equal(expected.Values, actual.Values);
            }
        }

        Assert.Equal(memory.Rows("blocks.2.resid_post").Values, file.Rows("blocks.2.resid_post").Values);
        memory.Save(_folder.File("memory.safetensors"));
        file.Save(_folder.File("file.safetensors"));
        Assert.Equal(File.ReadAllBytes(_folder.File("memory.safetensors")), File.ReadAllBytes(_folder.File("file.safetensors")));
    }

    [Fact]
    public void A_folder_that_cannot_take_it_is_named_with_the_way_out()
    {
        CaptureRequest request = TestModels.Quiet("embed") with { MemoryLimit = 1, SpillFolder = _folder.File("nowhere") };
        InvalidFileException refusal = Assert.Throws<InvalidFileException>(() => TestModels.Of("gpt2").Capture(TestModels.Rows, request));
        Assert.Contains(_folder.File("nowhere"), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Name another folder (CaptureRequest.SpillFolder, or TMPDIR), or capture fewer points or pool them.", refusal.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_full_disk_is_an_error_and_not_a_crash()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Directory.Exists("/dev/shm") && Environment.UserName == "root", "A small file system is mounted for this, which needs Linux and root.");
        string small = _folder.File("small");
        Directory.CreateDirectory(small);
        Skip.If(Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small) != 0, "No file system may be mounted here.");
        try
        {
            CaptureRequest request = TestModels.Quiet("*") with { MemoryLimit = 1, SpillFolder = small };
            InvalidFileException refusal = Assert.Throws<InvalidFileException>(() => TestModels.Of("gpt2").Capture(TestModels.RowsOf(40, 40, 40), request));
            Assert.Contains("Free some space", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            // The file lives until it is collected; a lazy unmount does not wait for that.
            Run("umount", "-l", small);
        }

        static int Run(params string[] command)
        {
            using System.Diagnostics.Process process = System.Diagnostics.Process.Start(command[0], command[1..]);
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
