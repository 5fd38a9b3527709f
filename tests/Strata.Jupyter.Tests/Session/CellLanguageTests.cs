using Strata.Jupyter.Session;

namespace Strata.Jupyter.Tests.Session;

/// <summary>Cells as notebooks hold them: lines that name a language, files that are loaded, and what is said of mistakes.</summary>
[Collection(SessionTests.Name)]
public sealed class CellLanguageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-cells-");
    private readonly CSharpSession _session;
    private readonly RecordingHost _host;

    public CellLanguageTests()
    {
        _session = new CSharpSession(_folder.FullName);
        _host = new RecordingHost(_session);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<CellError?> Run(string cell) => new CellRunner(_session, new SessionMagics()).RunAsync(cell, "cell 1", _host);

    private async Task<string> ErrorOf(string cell) => string.Join('\n', (await Run(cell))?.Traceback ?? []);

    private void Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    [Theory]
    [InlineData("#!csharp\n1 + 1", "result 2")]
    [InlineData("#!C#\n1 + 1", "result 2")]
    [InlineData("#!markdown\n# Title\n#!not a magic", "show Markdown { Content = # Title\n#!not a magic }")]
    [InlineData("#!html\n<b>x</b>\n#!csharp\n1", "show Html { Content = <b>x</b> };result 1")]
    [InlineData("display(1);\n#!markdown\ntext", "show 1;show Markdown { Content = text }")]
    public async Task ALineNamesTheLanguageOfThoseAfterIt(string cell, string expected)
    {
        Assert.Null(await Run(cell));
        Assert.Equal(expected, string.Join(';', _host.Log));
    }

    [Theory]
    [InlineData("#!javascript")]
    [InlineData("#!fsharp")]
    [InlineData("#!pwsh")]
    public async Task ALanguageThatIsNotRunIsNamed(string line)
    {
        string error = await ErrorOf($"display(1);\n{line}\nalert(1)");
        Assert.Contains($"The cell is in {line[2..]}; expected C#.", error);
        Assert.Equal(["show 1"], _host.Log);
    }

    [Fact]
    public async Task DisplayIsNoValueAndItsOutputCanBeUpdated()
    {
        Assert.Null(await Run("var first = display(\"a\"); display(\"b\")"));
        Assert.Null(await Run("first.Update(\"c\"); password(\"Key\")"));
        Assert.Equal(["show a", "show b", "update 0 c", "result answer to Key"], _host.Log);
    }

    [Fact]
    public async Task AFileIsLoadedRelativeToTheNotebookAndToTheFileThatLoadsIt()
    {
        Write("lib/outer.csx", "#load \"inner.csx\"\nint Outer() => Inner() + 1;");
        Write("lib/inner.csx", "int Inner() => 41;");
        Assert.Null(await Run("#load \"lib/outer.csx\"\nOuter()"));
        Assert.Equal(["result 42"], _host.Log);
    }

    [Fact]
    public async Task ErrorsOfALoadedFilePointIntoIt()
    {
        Write("bad.csx", "int a = 1;\nint b = a +;");
        string error = await ErrorOf("#load \"bad.csx\"\nb");
        Assert.StartsWith("bad.csx(2,12): error CS1525", error);
        Assert.Contains("\n    int b = a +;\n               ^", error);
        Write("throws.csx", "void Fail()\n{\n    throw new InvalidOperationException(\"no\");\n}");
        error = await ErrorOf("#load \"throws.csx\"\nFail();");
        Assert.Contains("at throws.csx, line 3: throw new InvalidOperationException(\"no\");", error);
    }

    [Theory]
    [InlineData("#load \"lib/helper.csx\"", "There is no folder §/lib.")]
    [InlineData("#load \"helpr.csx\"", "There is no helpr.csx in §. Did you mean \"helper.csx\"?")]
    [InlineData("#r \"Missing.dll\"", "There is no Missing.dll in §.")]
    public async Task AMissingFileIsSaidWithTheFolder(string line, string expected)
    {
        Write("helper.csx", "");
        Assert.Contains(expected.Replace("§", _folder.FullName), await ErrorOf(line + "\n1"));
    }

    [Fact]
    public async Task AnAssemblyIsReferencedByItsPath()
    {
        using PackageFeed feed = new();
        feed.Add("Feed.ByPath", "1.0.0", "public static class ByPath { public const int Value = 9; public static int Get() => Value; }");
        File.Copy(Path.Combine(feed.Folder, "Feed.ByPath.dll"), Path.Combine(_folder.FullName, "Feed.ByPath.dll"));
        Assert.Null(await Run("#r \"Feed.ByPath.dll\"\nByPath.Get()"));
        Assert.Equal(["result 9"], _host.Log);
    }

    [Theory]
    [InlineData("int network = 1;\nnetwrok + 1", "Did you mean \"network\"?")]
    [InlineData("\"abc\".Lenght", "Did you mean \"Length\"?")]
    [InlineData("Math.Sqart(2.0)", "Did you mean \"Sqrt\"")]
    [InlineData("new CaptureReqest()", "Did you mean \"CaptureRequest\"?")]
    public async Task AnUnknownNameGetsTheNearest(string cell, string expected)
    {
        string error = await ErrorOf(cell);
        Assert.Contains(expected, error);
        Assert.Contains("^\n    Did you mean", error);
    }

    [Fact]
    public async Task WarningsAreNotShown()
    {
        Assert.Null(await Run("async Task<int> One() { return 1; }\nint unused = 0; await One()"));
        Assert.Equal(["result 1"], _host.Log);
    }
}
