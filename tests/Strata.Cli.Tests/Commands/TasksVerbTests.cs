using System.Text.Json;
using Strata.Cli.Commands;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>strata tasks</c>.</summary>
public sealed class TasksVerbTests : FolderTest
{
    [Fact]
    public async Task Scores_stand_in_a_table_or_in_one_document()
    {
        string task = Write("similar.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => $$"""{"sentence1": "c4 c{{(i % 2 == 0 ? 3 : 5)}}", "sentence2": "c4 c3 d{{3 + i % 4}}", "score": {{i % 3}}}""")));
        string[] line = ["tasks", Repository.Othello, "--task", task, "--points", "blocks.*.resid_post", "--pool", "mean,last"];
        ToolResult json = await Tool.Run([.. line, "--no-controls", "--correlate", "norm", "--mteb-json", At("results"), "--json"]);
        Assert.Equal(ExitCode.Done, json.Code);
        JsonElement columns = json.Json.GetProperty("tasks").GetProperty("columns");
        Assert.Equal(16, columns.GetProperty("value").GetArrayLength());
        Assert.Equal(1, columns.GetProperty("best").EnumerateArray().Count(b => b.GetString() == "*"));
        Assert.Equal(2, json.Json.GetProperty("measures").GetProperty("columns").GetProperty("pearson").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, json.Json.GetProperty("beside").ValueKind);
        Assert.Contains("16 results written", json.Error);

        ToolResult text = await Tool.Run([.. line, "--compare", At("results")]);
        Assert.Equal(ExitCode.Done, text.Code);
        foreach (string part in new[] { "shuffled labels", "random weights", "Beside results of MTEB", "strata/othello--blocks.3.resid_post-last" }) Assert.Contains(part, text.Output);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "\"othello-phase\"", "--task", "othello-phaes")]
    [InlineData(ExitCode.Usage, "\"last\"", "--task", "othello-phase", "--pool", "lats")]
    [InlineData(ExitCode.Usage, "\"norm\"", "--task", "othello-phase", "--correlate", "nrm")]
    [InlineData(ExitCode.Usage, "--task", "--pool", "mean")]
    [InlineData(ExitCode.Usage, "resid_post", "--task", "othello-phase", "--points", "blocks.*.resid_psot")]
    [InlineData(ExitCode.Usage, "--seed", "--task", "othello-phase", "--seed", "x")]
    [InlineData(ExitCode.BadFile, "gone", "--task", "othello-phase", "--compare", "gone")]
    public async Task What_is_misspelt_is_refused(int code, string part, params string[] options) => (await Tool.Run(["tasks", Repository.Othello, .. options])).IsRefused(code, part);

    [Fact]
    public async Task A_broken_row_is_the_fault_of_its_file()
    {
        string task = Write("broken.jsonl", "{\"sentence1\": \"c4\", \"sentence2\": \"c3\", \"score\": \"high\"}\n");
        (await Tool.Run(["tasks", Repository.Othello, "--task", task])).IsRefused(ExitCode.BadFile, "broken.jsonl: line 1", "finite number");
    }
}
