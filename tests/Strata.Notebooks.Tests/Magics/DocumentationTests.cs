using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>The examples of the reference run as they stand.</summary>
public sealed class DocumentationTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(OthelloFolder.Path, "..", ".."));

    private static readonly string Reference = File.ReadAllText(Path.Combine(Root, "docs", "magics.md"));

    [Fact]
    public async Task Every_example_of_the_reference_runs()
    {
        FakeHost host = new();
        MagicCommands magics = new(new StrataSession());
        string[] lines = Reference.Split('\n').Where(l => l.StartsWith("#!", StringComparison.Ordinal)).ToArray();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("strata-documentation-");
        try
        {
            foreach (string line in lines) await magics.ExecuteAsync(line.Replace("data/othello", OthelloFolder.Path).Replace("#!save ", $"#!save {folder.FullName}/"), host);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Assert.All(MagicCommands.Names, c => Assert.Contains(lines, l => l.Split(' ')[0] == c.Name));
        Assert.All(["acts", "twinActs", "comparison", "probe", "each", "painters", "byInfluence", "without5"], name => Assert.Contains(name, host.Variables.Keys));
    }

    [Fact]
    public void Every_command_and_the_type_of_its_result_is_in_the_table() =>
        Assert.All(MagicCommands.Names, c => Assert.Contains($"| `{c.Name}` |", Reference));

    [Theory]
    [MemberData(nameof(MagicLineTests.Commands), MemberType = typeof(MagicLineTests))]
    public async Task Every_example_of_the_help_parses(string command)
    {
        FakeHost host = new();
        MagicCommands magics = new(new StrataSession());
        await magics.ExecuteAsync($"{command} --help", host);
        string[] examples = host.Text[host.Text.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n').Skip(1).Select(l => l.Trim()).ToArray();
        Assert.NotEmpty(examples);
        foreach (string example in examples)
        {
            Exception? failure = await Record.ExceptionAsync(() => magics.ExecuteAsync(example, host));
            Assert.DoesNotContain($"See {command} --help", failure?.Message ?? "");
        }
    }
}
