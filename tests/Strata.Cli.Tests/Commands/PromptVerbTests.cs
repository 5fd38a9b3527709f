using System.Text.Json;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>info</c>, <c>lens</c> and <c>generate</c>.</summary>
public sealed class PromptVerbTests
{
    [Fact]
    public async Task InfoListsFactsPointsAndLimits()
    {
        ToolResult result = await Tool.Run("info", Repository.Othello, "--json");
        Assert.Equal(0, result.Code);
        JsonElement info = result.Json;
        Assert.Equal((8, 128, 62, 61), (info.GetProperty("blocks").GetInt32(), info.GetProperty("width").GetInt32(), info.GetProperty("vocabulary").GetInt32(), info.GetProperty("max_positions").GetInt32()));
        Assert.Equal("gpt2", info.GetProperty("facts").GetProperty("family").GetString());
        Assert.Equal(64, info.GetProperty("hash").GetString()!.Length);
        Assert.NotEmpty(info.GetProperty("limits").EnumerateArray());
        Dictionary<string, JsonElement> points = info.GetProperty("hook_points").EnumerateArray().ToDictionary(p => p.GetProperty("name").GetString()!);
        Assert.Equal("[8, T, T]", points["blocks.3.attn.pattern"].GetProperty("shape").GetString());
        Assert.Equal(3, points["blocks.3.attn.pattern"].GetProperty("block").GetInt32());
        Assert.Equal(JsonValueKind.Null, points["embed"].GetProperty("block").ValueKind);
        ToolResult text = await Tool.Run("info", Repository.Othello);
        Assert.Contains("blocks.0.attn.pattern", text.Output);
        Assert.Contains(info.GetProperty("hash").GetString()!, text.Output);
    }

    [Fact]
    public async Task TheLastPointOfTheLensSaysWhatTheModelWrites()
    {
        ToolResult lens = await Tool.Run("lens", Repository.Othello, "--tokens", "61, 26, 18, 19", "--json");
        ToolResult written = await Tool.Run("generate", Repository.Othello, "--tokens", "61,26,18,19", "--max-new", "3", "--json");
        Assert.Equal((0, 0), (lens.Code, written.Code));
        JsonElement json = lens.Json;
        Assert.Equal([61, 26, 18, 19], json.GetProperty("tokens").Deserialize<int[]>()!);
        int[][] top = json.GetProperty("top").Deserialize<int[][]>()!;
        Assert.Equal((9, 4), (top.Length, top[0].Length));
        Assert.Equal(9, json.GetProperty("points").GetArrayLength());
        Assert.Equal(written.Json.GetProperty("tokens")[0].GetInt32(), top[8][3]);
        Assert.All(json.GetProperty("kl")[8].EnumerateArray(), kl => Assert.Equal(0, kl.GetDouble()));
        Assert.All(json.GetProperty("loss").EnumerateArray(), point => Assert.Equal(JsonValueKind.Null, point[3].ValueKind));
        Assert.All(json.GetProperty("probability")[8].EnumerateArray(), p => Assert.InRange(p.GetDouble(), 1.0 / 62, 1));
        Assert.All(json.GetProperty("entropy")[8].EnumerateArray(), h => Assert.InRange(h.GetDouble(), 0, Math.Log(62)));
    }

    [Fact]
    public async Task TextGoesThroughTheTokenizerWithItsFirstToken()
    {
        ToolResult fromText = await Tool.Run("generate", Repository.Othello, "--text", "c4 c3 d3", "--max-new", "4", "--json");
        ToolResult fromIds = await Tool.Run("generate", Repository.Othello, "--tokens", "61,26,18,19", "--max-new", "4", "--json");
        Assert.Equal(0, fromText.Code);
        Assert.Equal(fromIds.Json.GetProperty("tokens").GetRawText(), fromText.Json.GetProperty("tokens").GetRawText());
        Assert.Equal(4, fromText.Json.GetProperty("tokens").GetArrayLength());
        ToolResult people = await Tool.Run("generate", Repository.Othello, "--text", "c4 c3 d3", "--max-new", "4");
        Assert.Equal(fromText.Json.GetProperty("text").GetString() + "\n", people.Output);
        Assert.Matches("^[a-h][1-8]( [a-h][1-8]){3}\n$", people.Output);
    }

    [Fact]
    public async Task APlanChangesWhatIsWritten()
    {
        ToolResult whole = await Tool.Run("generate", Repository.Othello, "--tokens", "61,26,18", "--max-new", "8", "--json");
        ToolResult none = await Tool.Run("generate", Repository.Othello, "--tokens", "61,26,18", "--max-new", "8", "--plan", "none", "--json");
        Assert.Equal("none", none.Json.GetProperty("provenance").GetProperty("plan").GetString());
        Assert.NotEqual(whole.Json.GetProperty("tokens").GetRawText(), none.Json.GetProperty("tokens").GetRawText());
    }

    [Fact]
    public async Task LongPromptsAreCutOnlyForPeople()
    {
        string ids = "61," + string.Join(',', Enumerable.Range(0, 20));
        ToolResult people = await Tool.Run("lens", Repository.Othello, "--tokens", ids);
        Assert.Contains("Positions 0 to 12 are not shown", people.Output);
        ToolResult json = await Tool.Run("lens", Repository.Othello, "--tokens", ids, "--json");
        Assert.Equal(21, json.Json.GetProperty("top")[0].GetArrayLength());
    }
}
