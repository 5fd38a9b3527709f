using Strata.Cli.Running;
using Strata.Models;

namespace Strata.Cli.Tests.Running;

public sealed class RunParametersTests
{
    private static Notebook WithDefaults(string source)
    {
        Notebook notebook = Notebook.Empty();
        notebook.Insert(0, CellKind.Markdown, "# T");
        notebook.Insert(1, CellKind.Code, source, "parameters");
        notebook.Insert(2, CellKind.Code, "done");
        return notebook;
    }

    private static string Injected(Notebook notebook, params string[] assignments)
    {
        RunParameters.Inject(notebook, RunParameters.Parse(assignments));
        return notebook.Cells.Single(cell => cell.Tags.Contains("injected-parameters")).Source;
    }

    [Theory]
    [InlineData("x=5", "var x = 5;")]
    [InlineData("x=-0.5e-3", "var x = -0.5e-3;")]
    [InlineData("x=true", "var x = true;")]
    [InlineData("x=gpt2", "var x = \"gpt2\";")]
    [InlineData("x=a=b\"; Environment.Exit(1); //", "var x = \"a=b\\\"; Environment.Exit(1); //\";")]
    [InlineData("x=", "var x = \"\";")]
    public void WithoutDefaultsTheValueGivesTheType(string assignment, string expected) => Assert.Equal(expected, Injected(Notebook.Empty(), assignment));

    [Theory]
    [InlineData("double lr = 0.1;", "x=1")]
    [InlineData("var x = 0.1;", "x=1", "double x = 1;")]
    [InlineData("var x = -0.1f;", "x=0.5", "float x = 0.5f;")]
    [InlineData("string x = \"a\";", "x=5", "string x = \"5\";")]
    [InlineData("var x = \"a\";", "x=true", "string x = \"true\";")]
    [InlineData("int? x = null, y = 2;", "x=3", "int? x = 3;")]
    [InlineData("var x = Guess();", "x=3", "var x = 3;")]
    public void DefaultsGiveTheType(string defaults, string assignment, string? expected = null)
    {
        Notebook notebook = WithDefaults(defaults);
        if (expected is null)
        {
            Assert.Contains("no parameter \"x\"", Assert.Throws<StrataException>(() => Injected(notebook, assignment)).Message);
            return;
        }

        Assert.Equal(expected, Injected(notebook, assignment));
        Assert.Equal(["injected-parameters"], notebook.Cells[2].Tags);
    }

    [Fact]
    public void AnEarlierInjectionIsReplaced()
    {
        Notebook notebook = WithDefaults("int seed = 1;");
        Injected(notebook, "seed=2");
        Assert.Equal("int seed = 3;", Injected(notebook, "seed=3"));
        RunParameters.Inject(notebook, RunParameters.Parse([]));
        Assert.Equal(3, notebook.Cells.Count);
    }

    [Fact]
    public void WithoutDefaultsTheCellComesFirst()
    {
        Notebook notebook = Notebook.Empty();
        notebook.Insert(0, CellKind.Markdown, "# T");
        Injected(notebook, "x=1");
        Assert.Equal(CellKind.Code, notebook.Cells[0].Kind);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1x=2")]
    [InlineData("class=2")]
    [InlineData("a b=2")]
    public void MalformedAssignmentsAreRefused(string assignment) => Assert.Contains("expected NAME=VALUE", Assert.Throws<StrataException>(() => RunParameters.Parse([assignment])).Message);

    [Fact]
    public void ANameMayBeGivenOnce() => Assert.Contains("twice", Assert.Throws<StrataException>(() => RunParameters.Parse(["x=1", "x=2"])).Message);

    [Fact]
    public void AMisspeltNameIsRefusedWithTheNearest() =>
        Assert.Contains("Did you mean \"seed\"?", Assert.Throws<StrataException>(() => Injected(WithDefaults("int seed = 1;"), "sed=2")).Message);
}
