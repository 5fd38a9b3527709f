using System.Text.Json;
using Strata.Models;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>models</c>.</summary>
public sealed class ModelsVerbTests
{
    [Fact]
    public async Task ListsEveryFamilyWithItsRecord()
    {
        ToolResult result = await Tool.Run("models", "--json");
        Assert.Equal((0, ""), (result.Code, result.Error));
        JsonElement[] families = [.. result.Json.GetProperty("families").EnumerateArray()];
        Assert.Equal(ModelFamily.All.Select(family => family.Name), families.Select(family => family.GetProperty("name").GetString()));
        Assert.All(families, family => Assert.InRange(family.GetProperty("largest_error").GetDouble(), 1e-9, 5e-5));
        Assert.All(families, family => Assert.NotEmpty(family.GetProperty("variants").EnumerateArray()));
        ToolResult table = await Tool.Run("models");
        foreach (ModelFamily family in ModelFamily.All) Assert.Contains($"\n{family.Name} ", table.Output);
    }

    /// <summary>The record's hook points are those of a network of the family.</summary>
    [Fact]
    public async Task ShowsTheHookPointsOfOneFamily()
    {
        ToolResult result = await Tool.Run("models", "gpt2");
        string[] points = [.. Model.Load(Repository.Othello).Explain().Points.Select(point => point.Name.Replace($"blocks.{point.Block}.", "blocks.*.")).Distinct()];
        Assert.Equal(points, result.Output.Split("Hook points:\n")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()));
        Assert.Equal(points, FamilyRecord.All[0].HookPoints);
    }

    [Fact]
    public async Task RefusesAFamilyThatItDoesNotRead() => (await Tool.Run("models", "lama")).IsRefused(2, "\"lama\"", "\"llama\"");
}
