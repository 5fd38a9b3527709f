using System.Text.Json;
using Strata.Cli.Tests.Running;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>run</c> with real sessions and magic commands.</summary>
[Collection(SessionTests.Name)]
public sealed class RunVerbTests : FolderTest
{
    [Fact]
    public async Task MagicCommandsAndCellsShareVariables()
    {
        string path = Notebook(
            "int rows = 2;",
            $"#!model {Repository.Othello}\n#!data {Repository.Games}",
            "#!capture --points blocks.*.resid_post --take 2\n#!measure --measure norm",
            "$\"{model.Spec.Blocks} blocks, {acts.Points.Count} points, {rows} rows\"");
        ToolResult result = await Tool.Run("run", path, "--report", At("r.html"), "--save", At("out.ipynb"), "--param", "rows=5");
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal("", result.Output);
        Assert.Contains("5 cells ran", result.Error);
        string saved = File.ReadAllText(At("out.ipynb"));
        Assert.Contains("8 blocks, 8 points, 5 rows", saved);
        Assert.Contains("resid_post", File.ReadAllText(At("r.html")));
    }

    [Fact]
    public async Task AFailingCellEndsWith1AndStillReports()
    {
        ToolResult result = await Tool.Run("run", Notebook("1 + 1", "throw new InvalidOperationException(\"no luck\");"), "--report", At("r.html"));
        Assert.Equal(1, result.Code);
        Assert.Contains("cell 2 failed", result.Error);
        Assert.Contains("no luck", result.Error);
        Assert.True(File.Exists(At("r.html")));
    }

    [Fact]
    public async Task AMagicCommandThatFailsEndsWith1()
    {
        ToolResult result = await Tool.Run("run", Notebook("#!model nowhere"));
        Assert.Equal(1, result.Code);
        Assert.Contains("nowhere", result.Error);
    }

    [Fact]
    public async Task NotebooksThatAreNoneAndBadOptionsAreRefused()
    {
        (await Tool.Run("run", Write("n.ipynb", "no notebook"))).IsRefused(3, "n.ipynb");
        (await Tool.Run("run", Write("n.ipynb", "{\"cells\": 7}"))).IsRefused(3, "n.ipynb");
        string good = Notebook("int n = 1;");
        (await Tool.Run("run", good, "--param", "m=2")).IsRefused(2, "no parameter \"m\"");
        (await Tool.Run("run", good, "--param", "m")).IsRefused(2, "NAME=VALUE");
        (await Tool.Run("run", good, "--timeout", "soon")).IsRefused(2, "--timeout soon");
        (await Tool.Run("run")).IsRefused(2, "NOTEBOOK");
    }

    [Fact]
    public async Task ACellThatRunsTooLongEndsWith1()
    {
        ToolResult result = await Tool.Run("run", Notebook("await Task.Delay(60_000, cancellation);"), "--timeout", "0.2");
        Assert.Equal(1, result.Code);
        Assert.Contains("--timeout", result.Error);
    }

    /// <summary>A notebook of C# cells; the first holds the parameters.</summary>
    private string Notebook(params string[] cells)
    {
        object Cell(string source, int i) => new { cell_type = "code", id = $"c{i}", metadata = new { tags = i == 0 ? new[] { "parameters" } : [] }, execution_count = (int?)null, outputs = Array.Empty<object>(), source };
        return Write("n.ipynb", JsonSerializer.Serialize(new { nbformat = 4, nbformat_minor = 5, metadata = new { }, cells = cells.Select(Cell) }));
    }
}
