using System.Collections;
using Strata.Jupyter.Session;
using Strata.Models;

namespace Strata.Jupyter.Tests.Session;

[Collection(SessionTests.Name)]
public sealed class CSharpSessionTests
{
    private readonly CSharpSession _session = new() { Grace = TimeSpan.FromMilliseconds(200) };
    private readonly RecordingHost _host;

    public CSharpSessionTests() => _host = new RecordingHost(_session);

    private async Task<object?> ValueOf(string code)
    {
        CellResult result = await _session.ExecuteAsync(code, _host);
        Assert.True(result.Error is null, result.Error is null ? "" : string.Join('\n', result.Error.Traceback));
        Assert.True(result.HasValue);
        return result.Value;
    }

    private async Task<CellError> ErrorOf(string code, string cellName = "cell 1")
    {
        CellResult result = await _session.ExecuteAsync(code, _host, cellName);
        Assert.NotNull(result.Error);
        return result.Error;
    }

    [Fact]
    public async Task CellsShareVariablesMethodsAndTypes()
    {
        await _session.ExecuteAsync("int x = 40; int Twice(int v) => 2 * v; record Pair(int A, int B);", _host);
        await _session.ExecuteAsync("x += 1; var p = new Pair(x, 1);", _host);
        Assert.Equal(84, await ValueOf("Twice(p.A + p.B)"));
    }

    [Fact]
    public async Task AVariableMayBeDeclaredAgainWithAnotherType()
    {
        await _session.ExecuteAsync("var x = 1;", _host);
        await _session.ExecuteAsync("var x = \"text\";", _host);
        Assert.Equal(4, await ValueOf("x.Length"));
    }

    [Fact]
    public async Task AwaitWorksAtTopLevel() => Assert.Equal(7, await ValueOf("await Task.Delay(1); var seven = await Task.FromResult(7); seven"));

    [Theory]
    [InlineData("1 + 1", 2)]
    [InlineData("return 3;", 3)]
    [InlineData("var a = new[] { 1, 2 }; a.Sum() // the sum", 3)]
    public async Task TheLastExpressionIsTheValue(string code, int expected) => Assert.Equal(expected, await ValueOf(code));

    [Fact]
    public async Task ANullExpressionIsAValueButAStatementIsNot()
    {
        Assert.Null(await ValueOf("(string)null"));
        Assert.False((await _session.ExecuteAsync("var y = 1;", _host)).HasValue);
        Assert.False((await _session.ExecuteAsync("Console.WriteLine(1)", _host)).HasValue);
        Assert.False((await _session.ExecuteAsync("await Task.Delay(1)", _host)).HasValue);
    }

    [Fact]
    public async Task ConsoleTextAndDisplaysKeepTheirOrder()
    {
        await _session.ExecuteAsync("Console.WriteLine(\"a\"); Console.Error.WriteLine(\"b\"); display(5); Console.Write('c'); Console.Write(1.5);", _host);
        Assert.Equal(["Output a", "Error b", "show 5", "Output c", "Output 1.5"], _host.Log);
    }

    [Fact]
    public async Task TheConsoleIsGivenBackAfterTheCell()
    {
        TextWriter before = Console.Out;
        await _session.ExecuteAsync("var kept = Console.Out;", _host);
        Assert.Same(before, Console.Out);
        await _session.ExecuteAsync("kept.WriteLine(\"later\");", _host);
        Assert.Equal(["Output later"], _host.Log);
    }

    [Fact]
    public async Task CompileErrorsNameLineAndColumnAndQuoteTheLine()
    {
        CellError error = await ErrorOf("int a = 1;\n    int b = missing + a;\n");
        Assert.Equal("CompilationError", error.Name);
        Assert.Equal("(2,13): error CS0103: The name 'missing' does not exist in the current context", error.Message);
        Assert.Equal("        int b = missing + a;", error.Traceback[1]);
        Assert.Equal(error.Traceback[1].IndexOf("missing", StringComparison.Ordinal), error.Traceback[2].IndexOf('^'));
    }

    [Fact]
    public async Task ACellThatDoesNotCompileChangesNothing()
    {
        await _session.ExecuteAsync("int x = 1;", _host);
        await ErrorOf("x = 2; nonsense;");
        Assert.Equal(1, await ValueOf("x"));
    }

    [Fact]
    public async Task ExceptionsNameTheLineOfTheCellAndNoHostFrames()
    {
        CellError error = await ErrorOf("int kept = 5;\nvoid Fail(int v)\n{\n    throw new InvalidOperationException(\"too \" + v);\n}\nFail(3);", "cell 4");
        Assert.Equal("System.InvalidOperationException", error.Name);
        Assert.Equal("too 3", error.Message);
        Assert.Equal(
            ["System.InvalidOperationException: too 3", "  at cell 4, line 4: throw new InvalidOperationException(\"too \" + v);", "  at cell 4, line 6: Fail(3);"],
            error.Traceback);
        Assert.Equal(5, await ValueOf("kept"));
    }

    [Fact]
    public async Task ExceptionsOfTheLastExpressionNameItsLine()
    {
        CellError error = await ErrorOf("int[] a = [];\n\na[5]", "cell 3");
        Assert.Equal("  at cell 3, line 3: a[5]", error.Traceback[^1]);
    }

    [Fact]
    public async Task ExceptionsAfterAnAwaitNameTheLineToo()
    {
        CellError error = await ErrorOf("await Task.Delay(1);\nint zero = 0;\nint q = 1 / zero;", "cell 2");
        Assert.Equal("System.DivideByZeroException", error.Name);
        Assert.Equal("  at cell 2, line 3: int q = 1 / zero;", error.Traceback[^1]);
    }

    [Fact]
    public async Task AForeseenFailureShowsItsMessageAlone()
    {
        CellError error = await ErrorOf("throw new StrataException(\"no such point\");");
        Assert.Equal("no such point", error.Traceback[0]);
    }

    [Fact]
    public async Task FramesOfLibrariesAboveTheCellAreKept()
    {
        CellError error = await ErrorOf("new List<int>().First()");
        Assert.Contains(error.Traceback, line => line.Contains("System.Linq.Enumerable.First"));
        Assert.StartsWith("  at cell 1, line 1", error.Traceback[^1]);
        Assert.DoesNotContain(error.Traceback, line => line.Contains("Microsoft.CodeAnalysis") || line.Contains("Strata.Jupyter"));
    }

    [Fact]
    public async Task DeclaredValuesAreTyped()
    {
        _session.Declare("scores", new Dictionary<string, List<int[,]>> { ["a"] = [new int[2, 3]] });
        _session.Declare("count", 41);
        Assert.Equal(6, await ValueOf("scores[\"a\"][0].Length"));
        Assert.Equal(42, await ValueOf("count + 1"));
        _session.Declare("count", "now text");
        Assert.Equal(8, await ValueOf("count.Length"));
        Assert.True(_session.TryGetVariable("count", out object? value));
        Assert.Equal("now text", value);
    }

    [Fact]
    public async Task ADeclarationWithinACellIsSeenByTheNext()
    {
        RecordingHost host = _host;
        await _session.RunAsync(
            () =>
            {
                host.Declare("found", 3.5);
                return Task.CompletedTask;
            },
            host,
            "cell 1",
            "#!find");
        Assert.Equal(7.0, await ValueOf("found * 2"));
    }

    [Fact]
    public async Task AValueOfAHiddenTypeHasItsNearestPublicType()
    {
        _session.Declare("hidden", new Hidden());
        Assert.Equal(3, await ValueOf("hidden.Count"));
        _session.Declare("lazy", Enumerable.Range(0, 4).Where(v => v > 1));
        Assert.Equal(5, await ValueOf("lazy.Sum()"));
        _session.Declare("plain", new { A = 1 });
        Assert.Equal("{ A = 1 }", await ValueOf("plain.ToString()"));
        _session.Declare("nested", new Outer<int>.Inner<string>[] { new() { Both = (1, "b") } });
        Assert.Equal("b", await ValueOf("nested[0].Both.Item2"));
    }

    [Theory]
    [InlineData("1st")]
    [InlineData("a b")]
    [InlineData("class")]
    [InlineData("x; System.Environment.Exit(1)")]
    public void ADeclaredNameMustBeAnIdentifier(string name) =>
        Assert.Contains("cannot name a C# variable", Assert.Throws<StrataException>(() => _session.Declare(name, 1)).Message);

    [Fact]
    public async Task ACellThatIgnoresCancellationIsLeftBehindAndTheSessionLivesOn()
    {
        await _session.ExecuteAsync("bool go = true; int x = 1;", _host);
        using CancellationTokenSource interrupt = new(TimeSpan.FromMilliseconds(300));
        CellResult result = await _session.ExecuteAsync("while (System.Threading.Volatile.Read(ref go)) System.Threading.Thread.Sleep(5);", new RecordingHost(_session, interrupt.Token));
        Assert.Equal("Interrupted", result.Error?.Name);
        Assert.Equal(1, await ValueOf("go = false; x"));
    }

    [Fact]
    public async Task ACellSeesItsCancellation()
    {
        using CancellationTokenSource interrupt = new(TimeSpan.FromMilliseconds(300));
        CellResult result = await _session.ExecuteAsync("await Task.Delay(60000, cancellation);", new RecordingHost(_session, interrupt.Token));
        Assert.Equal("Interrupted", result.Error?.Name);
    }

    [Fact]
    public async Task DeepRecursionHasRoom() =>
        Assert.Equal(100_000, await ValueOf("int Depth(int n) => n == 0 ? 0 : 1 + Depth(n - 1); Depth(100000)"));

    private sealed class Hidden : IReadOnlyCollection<int>
    {
        public int Count => 3;

        public IEnumerator<int> GetEnumerator() => Enumerable.Range(0, 3).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>Public, so that cells can name the type nested in it.</summary>
public sealed class Outer<T>
{
    public sealed class Inner<TOther>
    {
        public (T, TOther) Both { get; init; }
    }
}
