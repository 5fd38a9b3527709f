using System.Globalization;
using System.Text.Json;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Tests;

/// <summary>A network three times as large as the memory that the operating system gives the process.</summary>
public sealed class LargerThanMemoryTests : IDisposable
{
    private const long Allowed = 200_000_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("strata-larger-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Captures_evaluates_and_sweeps_within_a_limit_of_the_system()
    {
        Needed.Require(OperatingSystem.IsLinux(), "the limit is set by ulimit -d, which bounds a process's own memory on Linux");
        string model = Path.Combine(_folder, "model"), data = Path.Combine(_folder, "data.jsonl");
        long bytes = WriteModel(model);
        Assert.True(bytes >= 3 * Allowed, $"the checkpoint has {bytes} bytes");
        SeededRandom random = new(5);
        File.WriteAllLines(data, Enumerable.Range(0, 3).Select(_ => $"{{\"tokens\":[{string.Join(',', Enumerable.Range(0, 12).Select(_ => random.NextInt(200)))}]}}"));
        string[] plans = ["0..22", "0..4, 8..22", "21, 3*2, 0..5, attn(20)", "0..3, parallel(3..6), 6..22"];
        string[] eval = ["eval", model, "--data", data, "--json", .. plans.SelectMany(plan => new[] { "--plan", plan })];
        string[] capture = ["capture", model, "--data", data, "--points", "blocks.*.resid_post", "--out"];

        // Without the option the limit is too small: it is a limit.
        Finished refused = await Limited(eval);
        Assert.NotEqual(0, refused.Code);
        Finished limited = await Limited([.. eval, "--memory", "60MB"]);
        Assert.True(limited.Code == 0, limited.Error);
        Finished captured = await Limited([.. capture, Path.Combine(_folder, "limited.safetensors"), "--memory", "60MB"]);
        Assert.True(captured.Code == 0, captured.Error);

        // The whole network in memory, in this process.
        Model whole = Model.Load(model);
        TokenRows rows = new("data", [.. File.ReadLines(data).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32()).ToArray())]);
        SweepResult expected = Sweep.Run(whole, rows, [.. plans.Select(whole.Plans.Parse)], new SweepOptions { Announce = _ => { } });
        Assert.Equal(expected.Results.Select(result => result.Loss), limited.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("loss").GetDouble()));
        Activations streams = whole.Capture(rows, new CaptureRequest { Points = ["blocks.*.resid_post"], Announce = _ => { } });
        Activations read = ActivationsFile.Load(Path.Combine(_folder, "limited.safetensors"));
        Assert.Equal(streams.Points, read.Points);
        foreach (string point in streams.Points) Assert.Equal(streams.Rows(point).Values, read.Rows(point).Values);
    }

    /// <summary>The tool in a process whose own memory is limited; the mapped file is not its own.</summary>
    private static Task<Finished> Limited(string[] arguments) => Programs.Run("bash",
        ["-c", $"ulimit -d {(Allowed / 1024).ToString(CultureInfo.InvariantCulture)}; exec dotnet \"$@\"", "dotnet", Path.Combine(AppContext.BaseDirectory, "strata.dll"), .. arguments]);

    /// <summary>A Llama of 22 blocks; two that are drawn follow each other eleven times.</summary>
    private static long WriteModel(string folder)
    {
        Model two = Model.Random(LlamaFamily.Spec(blocks: 2, width: 768, heads: 12, keyValueHeads: 12, mlpWidth: 2048, vocabulary: 256, positions: 64) with { InitializerRange = 0.05f }, 7);
        two.Save(folder, two.Plans.Parse(string.Join(", ", Enumerable.Repeat("0..2", 11))));
        return Directory.GetFiles(folder, "*.safetensors").Sum(file => new FileInfo(file).Length);
    }
}
