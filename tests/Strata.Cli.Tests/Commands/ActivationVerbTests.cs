using System.Text.Json;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>capture</c>, <c>measure</c> and <c>compare</c>.</summary>
public sealed class ActivationVerbTests : FolderTest
{
    [Fact]
    public async Task CaptureWritesWhatTheModelComputes()
    {
        string path = At("a.safetensors");
        ToolResult result = await Tool.OnGames("capture", 2, "--points", "embed, blocks.3.resid_post", "--plan", "0..4, 6..8", "--out", path);
        Assert.Equal(0, result.Code);
        Assert.StartsWith($"{path}: 2 points x 2 sequences", result.Output);
        // Announced before the run: 2 points, 2 games of 61 tokens, 128 numbers of 4 bytes.
        Assert.Contains($"{2 * 2 * 61 * 128 * 4:N0} bytes", result.Error);
        Activations read = ActivationsFile.Load(path);
        Assert.Equal(["embed", "blocks.3.resid_post"], read.Points);
        Assert.Equal("0..4, 6..8", read.Provenance.Plan);

        Model model = Model.Load(Repository.Othello);
        TokenRows rows = new("games", [.. File.ReadLines(Repository.Games).Take(2).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("tokens").Deserialize<int[]>()!)]);
        Activations direct = model.Capture(rows, new CaptureRequest { Points = ["embed", "blocks.3.resid_post"], Announce = _ => { } });
        foreach (string point in read.Points)
        {
            for (int row = 0; row < 2; row++) Assert.Equal(direct.Samples(point)[row].Values, read.Samples(point)[row].Values);
        }
    }

    [Fact]
    public async Task PoolingGivesOneRowPerSequence()
    {
        ToolResult result = await Tool.OnGames("capture", 3, "--points", "blocks.*.resid_post", "--pool", "last", "--out", At("p.safetensors"));
        Assert.Equal(0, result.Code);
        FloatMatrix rows = ActivationsFile.Load(At("p.safetensors")).Rows("blocks.7.resid_post");
        Assert.Equal((3, 128), (rows.Rows, rows.Columns));
    }

    [Fact]
    public async Task MeasuresOfAModelAndOfItsCapturedActivationsAgree()
    {
        string path = At("a.safetensors");
        await Tool.OnGames("capture", 4, "--points", "blocks.*.resid_*", "--out", path);
        string[] names = ["--measure", "prompt-entropy,norm,block-influence", "--normalize", "max", "--json"];
        ToolResult model = await Tool.OnGames("measure", 4, [.. names, "--points", "blocks.*.resid_pre,blocks.*.resid_post"]);
        ToolResult file = await Tool.Run(["measure", path, .. names, "--points", "blocks.*.resid_pre,blocks.*.resid_post"]);
        Assert.Equal((0, 0), (model.Code, file.Code));
        Assert.Equal("", file.Error);
        Assert.Equal(model.Json.GetProperty("measures").GetRawText(), file.Json.GetProperty("measures").GetRawText());
        JsonElement measures = file.Json.GetProperty("measures");
        Assert.Equal(["prompt-entropy", "norm", "block-influence"], measures.EnumerateObject().Select(m => m.Name));
        Assert.Equal(16, measures.GetProperty("prompt-entropy").EnumerateObject().Count());
        Assert.All(measures.GetProperty("prompt-entropy").EnumerateObject(), point => Assert.InRange(point.Value.GetDouble(), 0, 1));
        Assert.Equal(8, measures.GetProperty("block-influence").EnumerateObject().Count());
        // Independent of the measure's code: the norm is a mean of Euclidean lengths.
        FloatMatrix rows = ActivationsFile.Load(path).Rows("blocks.0.resid_post");
        double mean = Enumerable.Range(0, rows.Rows).Average(r => Math.Sqrt(rows.Row(r).ToArray().Sum(v => (double)v * v)));
        Assert.Equal(mean, measures.GetProperty("norm").GetProperty("blocks.0.resid_post").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task ByDefaultResidualStreamsAfterBlocksAreMeasured()
    {
        ToolResult plain = await Tool.OnGames("measure", 2, "--measure", "norm", "--json");
        Assert.Equal(Enumerable.Range(0, 8).Select(b => $"blocks.{b}.resid_post"), plain.Json.GetProperty("measures").GetProperty("norm").EnumerateObject().Select(p => p.Name));
        ToolResult influence = await Tool.OnGames("measure", 2, "--measure", "block-influence", "--json");
        Assert.Equal(8, influence.Json.GetProperty("measures").GetProperty("block-influence").EnumerateObject().Count());
    }

    [Fact]
    public async Task WhatIsNotDefinedIsNullAndSaidOnStandardError()
    {
        // One token per prompt: no prompt has an entropy.
        string data = Write("one.jsonl", "{\"tokens\": [61]}\n{\"tokens\": [3]}\n");
        ToolResult result = await Tool.Run("measure", Repository.Othello, "--data", data, "--measure", "prompt-entropy", "--points", "embed", "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal(JsonValueKind.Null, result.Json.GetProperty("measures").GetProperty("prompt-entropy").GetProperty("embed").ValueKind);
        Assert.Contains("Note: prompt-entropy at embed left out 2", result.Error);
    }

    [Fact]
    public async Task FormsDiffer()
    {
        ToolResult textbook = await Tool.OnGames("measure", 2, "--measure", "prompt-entropy", "--points", "embed", "--json");
        ToolResult reference = await Tool.OnGames("measure", 2, "--measure", "prompt-entropy", "--points", "embed", "--form", "reference", "--json");
        static double Value(ToolResult r) => r.Json.GetProperty("measures").GetProperty("prompt-entropy").GetProperty("embed").GetDouble();
        Assert.NotEqual(Value(textbook), Value(reference));
        Assert.Equal("reference", reference.Json.GetProperty("provenance").GetProperty("settings").GetProperty("measure.form").GetString());
    }

    [Theory]
    [InlineData("cka")]
    [InlineData("cka-debiased")]
    [InlineData("cosine")]
    [InlineData("procrustes")]
    public async Task ComparingAModelWithItselfIsSymmetricAndExactOnTheDiagonal(string with)
    {
        ToolResult result = await Tool.OnGames("compare", 8, "--with", with, "--points", "embed,blocks.?.resid_post", "--json");
        Assert.Equal(0, result.Code);
        double[][] matrix = Matrix(result);
        Assert.Equal(9, matrix.Length);
        Assert.Equal(result.Json.GetProperty("points").GetRawText(), result.Json.GetProperty("points2").GetRawText());
        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(with == "procrustes" ? 0 : 1, matrix[i][i], 1e-5);
            for (int j = 0; j < 9; j++) Assert.Equal(matrix[i][j], matrix[j][i]);
        }
    }

    [Fact]
    public async Task TwoSourcesMayBeAModelAndAFile()
    {
        string path = At("a.safetensors");
        await Tool.OnGames("capture", 6, "--points", "blocks.0.resid_post,blocks.7.resid_post", "--pool", "mean", "--out", path);
        ToolResult mixed = await Tool.Run("compare", path, Repository.Othello, "--data", Repository.Games, "--take", "6", "--with", "cka", "--json");
        ToolResult files = await Tool.Run("compare", path, path, "--with", "cka", "--json");
        Assert.Equal((0, 0), (mixed.Code, files.Code));
        double[][] matrix = Matrix(mixed);
        Assert.Equal((2, 8), (matrix.Length, matrix[0].Length));
        Assert.Equal(8, mixed.Json.GetProperty("points2").GetArrayLength());
        Assert.Equal(Matrix(files)[0][1], matrix[0][7], 1e-9);
        Assert.Equal(1, matrix[1][7], 1e-9);
    }

    [Fact]
    public async Task ForPeopleTheColumnsAreBlocks()
    {
        ToolResult result = await Tool.OnGames("compare", 4, "--with", "cka");
        string[] lines = result.Output.Split('\n');
        Assert.Equal("cka; columns: blocks.*.resid_post", lines[0]);
        Assert.Equal(["point", .. Enumerable.Range(0, 8).Select(b => $"{b}")], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("blocks.0.resid_post 1.0000", lines[2]);
    }

    [Fact]
    public async Task AProfileComparesEachPointWithItself()
    {
        string path = At("a.safetensors");
        await Tool.OnGames("capture", 12, "--points", "blocks.*.resid_post", "--pool", "mean", "--plan", "0..6, 7, 6", "--out", path);
        ToolResult result = await Tool.Run("compare", Repository.Othello, path, "--data", Repository.Games, "--take", "12", "--with", "procrustes", "--profile", "--halves", "3", "--points", "blocks.?.resid_post", "--json");
        Assert.Equal(0, result.Code);
        JsonElement columns = result.Json.GetProperty("columns");
        double[] values = columns.GetProperty("procrustes").Deserialize<double[]>()!;
        Assert.All(values[..6], v => Assert.Equal(0, v, 1e-5));
        Assert.True(values[6] > 1e-3 && values[7] > 1e-3);
        Assert.Equal(["point", "block", "procrustes", "low", "high", "shuffled pairing"], columns.EnumerateObject().Select(c => c.Name));
        (await Tool.Run("compare", path, "--with", "cka", "--halves", "3")).IsRefused(2, "--halves belongs to --profile");
        (await Tool.Run("compare", path, "--with", "cka-hsik=song")).IsRefused(2, "\"hsic\"");
    }

    [Fact]
    public async Task ProbesReadFieldsOfTheData()
    {
        // Whether a row's second move is one of the first 30 squares: the embedding says so.
        int[][] games = [.. File.ReadLines(Repository.Games).Take(24).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("tokens").Deserialize<int[]>()![..12])];
        string data = Write("labelled.jsonl", string.Concat(games.Select(g => JsonSerializer.Serialize(new { tokens = g, low = g.Select(id => id < 30 ? 1 : 0) }) + "\n")));
        ToolResult result = await Tool.Run("probe", Repository.Othello, "--data", data, "--labels", "low", "--points", "embed,blocks.0.resid_post", "--json");
        Assert.Equal(0, result.Code);
        JsonElement columns = result.Json.GetProperty("columns");
        Assert.True(columns.GetProperty("test accuracy")[0].GetDouble() > 0.9);
        Assert.Equal(2, columns.GetProperty("random weights").GetArrayLength());
        ToolResult erased = await Tool.Run("probe", Repository.Othello, "--data", data, "--labels", "low", "--erase", "leace", "--points", "embed");
        Assert.Equal(0, erased.Code);
        Assert.Contains("leace", erased.Output);
        (await Tool.Run("probe", Repository.Othello, "--data", data, "--labels", "lo")).IsRefused(2, "\"low\"");
        (await Tool.Run("probe", Repository.Othello, "--data", data, "--labels", "low", "--probe", "rigde")).IsRefused(2, "\"ridge\"");
    }

    [Fact]
    public async Task ComparisonsStreamAndLayersAreMixed()
    {
        string[] data = ["--data", Repository.Games, "--take", "12", "--with", "cka-debiased", "--json"];
        ToolResult whole = await Tool.Run(["compare", Repository.Othello, .. data]), streamed = await Tool.Run(["compare", Repository.Othello, "--stream", .. data]);
        Assert.Equal((0, 0), (whole.Code, streamed.Code));
        Assert.Equal(Matrix(whole)[0][7], Matrix(streamed)[0][7], 1e-6);
        (await Tool.Run(["compare", Repository.Othello, Repository.Othello, "--stream", .. data])).IsRefused(2, "leave SOURCE2");
        ToolResult mixed = await Tool.Run("generate", Repository.Othello, "--tokens", "61,26,18,19", "--max-new", "4", "--mix", "lol", "--amateur", Repository.Othello, "--beta", "0", "--omega", "0", "--json");
        ToolResult plain = await Tool.Run("generate", Repository.Othello, "--tokens", "61,26,18,19", "--max-new", "4", "--json");
        Assert.Equal(plain.Json.GetProperty("tokens").GetRawText(), mixed.Json.GetProperty("tokens").GetRawText());
        (await Tool.Run("generate", Repository.Othello, "--tokens", "61", "--max-new", "4", "--mix", "dolla")).IsRefused(2, "\"dola\"");
        (await Tool.Run("generate", Repository.Othello, "--tokens", "61", "--max-new", "4", "--alpha", "1")).IsRefused(2, "--alpha belongs to --mix");
    }

    [Fact]
    public async Task LensesAreFittedOnDataAndAttributionsAddUp()
    {
        ToolResult lens = await Tool.Run("lens", Repository.Othello, "--tokens", "61,26,18,19", "--data", Repository.Games, "--take", "4", "--json");
        Assert.Equal(0, lens.Code);
        Assert.All(lens.Json.GetProperty("kl")[8].EnumerateArray(), v => Assert.InRange(v.GetDouble(), 0, 1e-2));
        ToolResult parts = await Tool.Run("lens", Repository.Othello, "--tokens", "61,26,18,19", "--attribute", "--json");
        Assert.Equal(0, parts.Code);
        Model model = Model.Load(Repository.Othello);
        float top = model.Capture(new TokenRows("ids", [[61, 26, 18, 19]]), new CaptureRequest { Points = ["logits"], Announce = _ => { } }).Rows("logits").Row(3).ToArray().Max();
        Assert.Equal(top, parts.Json.GetProperty("columns").GetProperty("adds").EnumerateArray().Sum(v => v.GetDouble()), 1e-4);
        ToolResult heads = await Tool.Run("lens", Repository.Othello, "--tokens", "61,26,18,19", "--attribute", "--heads", "--json");
        Assert.Equal(2 + 8 * 10 + 1, heads.Json.GetProperty("columns").GetProperty("adds").GetArrayLength());
        Assert.Equal(top, heads.Json.GetProperty("columns").GetProperty("adds").EnumerateArray().Sum(v => v.GetDouble()), 1e-4);
        (await Tool.Run("lens", Repository.Othello, "--tokens", "61", "--heads")).IsRefused(2, "belong to --attribute");
        (await Tool.Run("lens", Repository.Othello, "--tokens", "61", "--ahead", "2")).IsRefused(2, "--ahead belongs to a fitted lens");
    }

    private static double[][] Matrix(ToolResult result) => result.Json.GetProperty("matrix").Deserialize<double[][]>()!;
}
