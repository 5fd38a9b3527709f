using System.Text.Json;

namespace Strata.Cli.Tests.Commands;

/// <summary>Verbs on a network of images and a folder of images.</summary>
public sealed class ImageVerbTests : IDisposable
{
    private readonly ImageNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public async Task Images_are_evaluated_by_class_swept_captured_and_measured()
    {
        ToolResult eval = await Tool.Run("eval", _network.Folder, "--data", _network.Images, "--plan", "..", "--plan", "0, 2", "--json");
        Assert.Equal("", eval.Error);
        JsonElement[] results = [.. eval.Json.GetProperty("results").EnumerateArray()];
        Assert.Equal([6, 6], results.Select(result => result.GetProperty("tokens").GetInt32()));
        Assert.NotEqual(results[0].GetProperty("loss").GetDouble(), results[1].GetProperty("loss").GetDouble());

        ToolResult sweep = await Tool.Run("sweep", _network.Folder, "--data", _network.Images, "--drop-each", "--json");
        Assert.Equal(3, sweep.Json.GetProperty("results").GetArrayLength());

        string file = Path.Combine(_network.Root, "acts.safetensors");
        Assert.Equal(0, (await Tool.Run("capture", _network.Folder, "--data", _network.Images, "--points", "blocks.*.resid_post,class_logits", "--pool", "mean", "--out", file)).Code);
        ToolResult measured = await Tool.Run("measure", _network.Folder, "--data", _network.Images, "--measure", "norm");
        Assert.Equal(0, measured.Code);
        Assert.Contains("blocks.2.resid_post", measured.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patches_are_read_in_class_space_and_drawn_on_the_image()
    {
        ToolResult table = await Tool.Run("lens", _network.Folder, "--patches", "--data", _network.Images, "--json");
        Assert.Equal((0, 4), (table.Code, table.Json.GetProperty("columns").GetProperty("patch identifiability").GetArrayLength()));
        Assert.Equal(4, table.Json.GetProperty("columns").GetProperty("random weights").GetArrayLength());

        string notebook = Path.Combine(_network.Root, "patches.ipynb"), report = Path.Combine(_network.Root, "patches.html");
        string[] lines = [$"#!model \"{_network.Folder}\"", $"#!data \"{_network.Images}\"", "#!lens --patches --row 2"];
        File.WriteAllText(notebook, JsonSerializer.Serialize(new { cells = lines.Select((line, i) => new { cell_type = "code", id = $"c{i}", metadata = new { }, execution_count = (int?)null, outputs = Array.Empty<int>(), source = line }), metadata = new { }, nbformat = 4, nbformat_minor = 5 }));
        ToolResult run = await Tool.Run("run", notebook, "--report", report);
        Assert.True(run.Code == 0, run.Error);
        string html = File.ReadAllText(report);
        Assert.Contains("href=\"data:image/png;base64,", html);
        Assert.Equal(4 * 16, html.Split("fill-opacity=").Length - 1);
        Assert.Contains("<title>3,3: ", html);
        Assert.Contains("a green", html);
        Assert.Contains("How far the true class is up among all classes", html);
    }

    [Fact]
    public async Task What_does_not_fit_is_refused()
    {
        (await Tool.Run("eval", Repository.Othello, "--data", _network.Images)).IsRefused(3, "reads texts");
        (await Tool.Run("eval", _network.Folder, "--data", Repository.Games, "--take", "2")).IsRefused(3, "reads images");
        (await Tool.Run("info", _network.Folder + "#image")).IsRefused(3, "no tower of images");
        (await Tool.Run("generate", _network.Folder, "--tokens", "1,2", "--max-new", "2")).IsRefused(2, "reads images");
    }
}
