using System.Text.RegularExpressions;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>atlas</c>, and the series of <c>measure</c>.</summary>
public sealed class AtlasVerbTests : FolderTest
{
    [Fact]
    public async Task AnAtlasIsOnePageThatNeedsNothingAndNamesItsCommand()
    {
        ToolResult result = await Tool.OnGames("atlas", 4, "--measure", "norm,max-activation,curvature", "--set", "bootstrap=0", "--report", At("page.html"));
        Assert.Equal(0, result.Code);
        Assert.Equal("", result.Output);
        string page = File.ReadAllText(At("page.html"));
        Assert.Contains("strata atlas ", page);
        Assert.Contains("--take 4", page);
        Assert.Contains("default-src 'none'", page);
        Assert.DoesNotContain("<script", page);
        Assert.Empty(Regex.Matches(page, """\s(?:src|href)\s*=\s*"(?!#|data:)[^"]*"|url\((?!["']?data:)""").Select(m => m.Value));
        foreach (string fact in (string[])["gpt2", $"{Model.Load(Repository.Othello).WeightBytes:N0} bytes", "4 rows, 244 tokens", "random weights", "model SHA-256", "@page{size:A4"]) Assert.Contains(fact, page);
        Assert.Equal(6, Regex.Count(page, "<img alt="));
    }

    [Fact]
    public async Task WithoutDataTheIdsAreDrawnAndThePageSaysSo()
    {
        ToolResult result = await Tool.Run("atlas", Repository.Othello, "--measure", "norm", "--no-controls", "--seed", "3", "-o", At("page.html"));
        Assert.Equal(0, result.Code);
        Assert.Contains("no language", result.Error);
        Assert.Contains("ids drawn evenly from the vocabulary, seed 3", File.ReadAllText(At("page.html")));
        (await Tool.Run("atlas", Repository.Othello, "--labels", "x", "-o", At("no.html"))).IsRefused(2, "--data");
        (await Tool.OnGames("atlas", 2, "-o", Path.Combine(At("none"), "page.html"))).IsRefused(3, "mkdir");
        Assert.False(File.Exists(At("no.html")));
    }

    [Fact]
    public async Task SeriesPairsAndPartsAreThoseOfTheLibrary()
    {
        string[] norm = ["--measure", "norm", "--points", "blocks.2.resid_post", "--no-controls", "--json"];
        Model model = Model.Load(Repository.Othello);
        TokenRows rows = DataSet.Read(Repository.Games).Take(3).Tokens(model);
        BatteryRequest request = new() { Points = ["blocks.2.resid_post"], Control = false };
        double[] Values(ToolResult result)
        {
            Assert.True(result.Code == 0, result.Error);
            return result.Json.GetProperty("columns").GetProperty("value").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        }

        Assert.Equal(MeasureSeries.Corruption(model, rows, ["norm"], CorruptionKind.Replace, [0, 0.5], request).Table["value"].Numbers, Values(await Tool.OnGames("measure", 3, [.. norm, "--corrupt", "replace", "--shares", "0,0.5"])));
        Assert.Equal(MeasureSeries.Lengths(model, rows, ["norm"], [4, 9], request).Table["value"].Numbers, Values(await Tool.OnGames("measure", 3, [.. norm, "--lengths", "4,9"])));

        Directory.CreateDirectory(At("runs"));
        foreach (string step in (string[])["step10", "step9"]) model.RandomTwin(step.Length).Save(Path.Combine(At("runs"), step));
        ToolResult steps = await Tool.Run(["measure", At("runs"), "--checkpoints", "--data", Repository.Games, "--take", "2", .. norm]);
        Assert.Equal(2, Values(steps).Length);
        Assert.Equal(["step9", "step10"], steps.Json.GetProperty("columns").GetProperty("checkpoint").EnumerateArray().Select(v => v.GetString()));

        ToolResult parts = await Tool.OnGames("measure", 4, "--position-context", "blocks.2.resid_post", "--json");
        Assert.Equal(1, parts.Json.GetProperty("tables").GetProperty("Variance by part").GetProperty("columns").GetProperty("share").EnumerateArray().Sum(v => v.GetDouble()), 6);
        ToolResult pairs = await Tool.Run("measure", Repository.Othello, "--pairs", "one-more", "--lengths", "2,8", "--token", "19", "--points", "blocks.2.resid_post", "--json");
        Assert.Equal(8, pairs.Json.GetProperty("columns").GetProperty("largest").GetArrayLength());
        ToolResult views = await Tool.OnGames("measure", 3, "--measure", "relative-error", "--augment", "shuffle", "--no-controls", "--json");
        Assert.All(views.Json.GetProperty("measures").GetProperty("relative-error").EnumerateObject(), p => Assert.True(p.Value.GetDouble() > 0));
    }

    [Fact]
    public async Task WhatDoesNotGoTogetherIsRefused()
    {
        (await Tool.OnGames("measure", 2)).IsRefused(2, "--measure");
        (await Tool.OnGames("measure", 2, "--measure", "norm", "--pairs", "one-more")).IsRefused(2, "--pairs");
        (await Tool.OnGames("measure", 2, "--measure", "norm", "--shares", "0,1")).IsRefused(2, "--corrupt");
        (await Tool.OnGames("measure", 2, "--measure", "norm", "--corrupt", "swap")).IsRefused(2, "shuffle");
        (await Tool.OnGames("measure", 2, "--measure", "norm", "--lengths", "4", "--corrupt", "repeat")).IsRefused(2, "one of them");
        (await Tool.OnGames("measure", 2, "--measure", "norm", "--lengths", "4,b")).IsRefused(2, "no number");
        (await Tool.OnGames("measure", 2, "--measure", "norm", "--lengths", "4", "--plan", "0..4")).IsRefused(2, "--plan");
    }
}
