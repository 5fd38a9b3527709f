using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Hooks;

public class CaptureTests
{
    [Fact]
    public void GlobsSelectInExecutionOrder()
    {
        Model model = TestModels.Of("gpt2");
        Activations acts = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.?.resid_post", "embed", "blocks.2.*_out"));
        Assert.Equal(["embed", "blocks.0.resid_post", "blocks.1.resid_post", "blocks.2.attn_out", "blocks.2.mlp_out", "blocks.2.resid_post", "blocks.3.resid_post"], acts.Points);
    }

    [Theory]
    [InlineData("blocks.3.resid_pst", "blocks.3.resid_post")]
    [InlineData("blocks.9.resid_post", "blocks.0.resid_post")]
    [InlineData("lnfinal", "ln_final.normalized")]
    public void UnknownPointsNameTheNearest(string glob, string nearest) =>
        Assert.Contains(nearest, Assert.Throws<StrataException>(() => TestModels.Of("gpt2").Capture(TestModels.Rows, TestModels.Quiet(glob))).Message);

    [Fact]
    public void ExplainListsEveryPointThatACaptureGives()
    {
        foreach (string family in new[] { "gpt2", "llama" })
        {
            Model model = TestModels.Of(family);
            ModelExplanation explanation = model.Explain();
            Activations acts = model.Capture(TestModels.Rows, TestModels.Quiet("*"));
            Assert.Equal(explanation.Points.Select(p => p.Name), acts.Points);
            foreach (HookPoint point in explanation.Points)
            {
                FloatMatrix sample = acts.Samples(point.Name)[2];
                string shape = point.IsAttentionMatrix ? $"[{sample.Rows / 23}, 23, {sample.Columns}]" : $"[{sample.Rows}, {sample.Columns}]";
                Assert.Equal(explanation.ShapeOf(point).Replace("T", "23"), shape);
            }
        }
    }

    [Fact]
    public void PoolingIsThatOfTheNotPooledRows()
    {
        Model model = TestModels.Of("llama");
        PositionSelection some = PositionSelection.Parse("0..4, ^1");
        FloatMatrix[] rows = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.1.mlp.post") with { Positions = some }).Samples("blocks.1.mlp.post").ToArray();
        Assert.Equal([5, 1, 5, 5, 2, 5], rows.Select(r => r.Rows));
        foreach (Pooling pooling in new[] { Pooling.Mean, Pooling.First, Pooling.Last })
        {
            FloatMatrix pooled = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.1.mlp.post") with { Positions = some, Pooling = pooling }).Rows("blocks.1.mlp.post");
            for (int row = 0; row < rows.Length; row++)
            {
                for (int column = 0; column < pooled.Columns; column++)
                {
                    float[] values = Enumerable.Range(0, rows[row].Rows).Select(r => rows[row][r, column]).ToArray();
                    float expected = pooling switch { Pooling.First => values[0], Pooling.Last => values[^1], _ => (float)values.Average(v => (double)v) };
                    Assert.Equal(expected, pooled[row, column], 5);
                }
            }
        }
    }

    [Fact]
    public void AnnouncesItsBytesBeforeItRuns()
    {
        Model model = TestModels.Of("gpt2");
        List<string> said = [];
        CaptureRequest request = TestModels.Quiet("blocks.*.resid_post", "blocks.0.attn.pattern") with { Announce = said.Add };
        CaptureRun planned = model.PlanCapture(TestModels.Rows, request);
        Assert.Empty(said);
        Activations acts = planned.Run();
        Assert.Equal(acts.Bytes, planned.Bytes);
        Assert.Contains($"{acts.Bytes:N0} bytes", Assert.Single(said));
    }

    [Fact]
    public void StopsAfterTheLastWantedPoint()
    {
        Model model = TestModels.Of("gpt2");
        // A plan may name later blocks with weights that would fail: instead, count what runs through a hook that must not be reached.
        Intervention poison = Intervention.Set("blocks.2.resid_pre", new FloatMatrix(new float[2 * 40], 2, 40));
        CaptureRequest request = TestModels.Quiet("blocks.1.resid_mid") with { Interventions = [poison] };
        Assert.Equal(TestModels.Rows.Count, model.Capture(TestModels.Rows, request).Samples("blocks.1.resid_mid").Count);
        Assert.Contains("patch", Assert.Throws<StrataException>(() => model.Capture(TestModels.Rows, request with { Points = ["blocks.3.resid_post"] })).Message);
    }

    [Fact]
    public void RunsOfABlockAreNumbered()
    {
        Model model = TestModels.Of("llama");
        Activations acts = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.1.resid_post") with { Plan = model.Plans.Parse("0, 1*3, 2..4") });
        Assert.Equal(["blocks.1.resid_post", "blocks.1.resid_post#1", "blocks.1.resid_post#2"], acts.Points);
        Activations chained = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.1.resid_pre#1") with { Plan = model.Plans.Parse("0, 1*3, 2..4") });
        Assert.Equal(acts.Rows("blocks.1.resid_post").Values, chained.Rows("blocks.1.resid_pre#1").Values);
    }

    [Fact]
    public void ActivationsReadBackFromDisk()
    {
        Model model = TestModels.Of("gpt2");
        string folder = Directory.CreateTempSubdirectory("strata-").FullName;
        foreach (Pooling pooling in new[] { Pooling.None, Pooling.Last })
        {
            string path = Path.Combine(folder, $"{pooling}.safetensors");
            Activations saved = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.*.resid_post", "logits") with { Pooling = pooling });
            saved.Save(path);
            Activations loaded = ActivationsFile.Load(path);
            Assert.Equal(saved.Points, loaded.Points);
            Assert.Equal(saved.Pooling, loaded.Pooling);
            Assert.Equal(saved.Provenance.ModelHash, loaded.Provenance.ModelHash);
            Assert.Equal(saved.Provenance.DataHash, loaded.Provenance.DataHash);
            foreach (string point in saved.Points) Assert.Equal(saved.Rows(point).Values, loaded.Rows(point).Values);
            File.Delete(path + ".json");
            Assert.Equal(saved.Rows("logits").Values, ActivationsFile.Load(path).Rows("logits").Values);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void BothFilesOfActivationsAreWrittenOrNone()
    {
        using TemporaryFolder folder = new();
        Activations activations = TestModels.Of("gpt2").Capture(TestModels.RowsOf(3), TestModels.Quiet("embed"));
        Directory.CreateDirectory(folder.File("a.safetensors.json"));
        Assert.Contains("a.safetensors.json", Assert.Throws<InvalidFileException>(() => activations.Save(folder.File("a.safetensors"))).Message);
        Directory.CreateDirectory(folder.File("b.safetensors"));
        Assert.Contains("b.safetensors", Assert.Throws<InvalidFileException>(() => activations.Save(folder.File("b.safetensors"))).Message);
        Assert.Equal(["a.safetensors.json", "b.safetensors"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [SkippableFact]
    public void DevicesAreNotReplacedByFiles()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "devices are files under /dev on Linux");
        Assert.Contains("device", Assert.Throws<InvalidFileException>(() => AtomicFile.WriteText("/dev/strata-no-such-device", "text")).Message);
        Assert.False(File.Exists("/dev/strata-no-such-device"));
    }
}
