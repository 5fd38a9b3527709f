using Strata.Models;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>save</c>.</summary>
public sealed class SaveVerbTests : FolderTest
{
    [Fact]
    public async Task SavesAModelAlongAPlan()
    {
        ToolResult result = await Tool.Run(["save", Repository.Othello, At("m"), "--plan", "0..4, 6"]);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Contains("5 blocks", result.Output);
        Assert.Equal(5, Model.Load(At("m")).Spec.Blocks);
        ToolResult again = await Tool.Run(["save", Repository.Othello, At("m")]);
        Assert.NotEqual(0, again.Code);
        Assert.Contains("not empty", again.Error);
    }

    [Fact]
    public async Task MergesBlocks()
    {
        ToolResult result = await Tool.Run(["save", Repository.Othello, At("m"), "--merge", "1..3", "--merge", "5, 6"]);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Contains("6 blocks", result.Output);
        Assert.Equal(6, Model.Load(At("m")).Spec.Blocks);
        (await Tool.Run("save", Repository.Othello, At("n"), "--merge", "3")).IsRefused(2, "\"3\"", "4..6");
    }

    [Fact]
    public async Task SavesTheRandomTwin()
    {
        Assert.Equal(0, (await Tool.Run(["save", Repository.Othello, At("t"), "--random-twin", "5"])).Code);
        Model twin = Model.Load(Repository.Othello).RandomTwin(5);
        TokenRows rows = new("ids", [[1, 2, 3]]);
        Assert.Equal(twin.Capture(rows, "logits").Samples("logits")[0].Values, Model.Load(At("t")).Capture(rows, "logits").Samples("logits")[0].Values);
        Assert.Contains("whole number", (await Tool.Run(["save", Repository.Othello, At("u"), "--random-twin", "x"])).Error);
    }
}
