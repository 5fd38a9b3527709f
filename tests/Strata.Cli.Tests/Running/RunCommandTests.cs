using Strata.Cli.Commands;
using Strata.Cli.Reporting;
using Strata.Cli.Running;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Cli.Tests.Running;

[Collection(SessionTests.Name)]
public sealed class RunCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("run");
    private readonly StringWriter _error = new();

    private sealed class NoMagics : IMagicRunner
    {
        public Task ExecuteAsync(string line, INotebookHost host, CSharpSession session) => throw new NotSupportedException();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Saved(params string[] cells)
    {
        Notebook notebook = Notebook.Empty();
        foreach (string cell in cells) notebook.Insert(notebook.Cells.Count, CellKind.Code, cell, cell.Contains("default") ? ["parameters"] : []);
        notebook.Write(At("n.ipynb"));
        return At("n.ipynb");
    }

    private async Task<int> Run(RunOptions options)
    {
        try
        {
            return await new RunCommand(new NoMagics(), value => MimeBundle.OfText($"<{value}>"), new ReportAssets("", ""), _error).RunAsync(options, default);
        }
        catch (StrataException e)
        {
            _error.WriteLine(e.Message);
            return ExitCode.Of(e);
        }
    }

    [Fact]
    public async Task ANotebookRunsToReportAndFile()
    {
        string path = Saved("int n = 1; // default", "File.WriteAllText(\"here.txt\", n.ToString());\nn + 1");
        string folder = Environment.CurrentDirectory;
        Assert.Equal(ExitCode.Done, await Run(new RunOptions(path) { Report = At("r.html"), Save = At("out.ipynb"), Parameters = ["n=41"] }));
        Assert.Equal("41", File.ReadAllText(At("here.txt")));
        Assert.Equal(folder, Environment.CurrentDirectory);
        Assert.Contains("&lt;42&gt;", File.ReadAllText(At("r.html")));
        Notebook saved = Notebook.Read(At("out.ipynb"));
        Assert.Equal(["int n = 41;"], saved.Cells.Where(c => c.Tags.Contains("injected-parameters")).Select(c => c.Source));
        Assert.Equal("<42>", ((DisplayOutput)saved.Cells[2].Outputs[0]).Bundle.Renderings[MimeBundle.PlainText]);
        Assert.Contains("[3/3] ok", _error.ToString());
        Assert.Contains("3 cells ran in", _error.ToString());
        Assert.Equal(2, Notebook.Read(path).Cells.Count);
    }

    [Fact]
    public async Task AFailingCellIsToldAndTheReportStillWritten()
    {
        string path = Saved("1", "int[] a = [];\na[5]", "3");
        Assert.Equal(ExitCode.Failed, await Run(new RunOptions(path) { Report = At("r.html") }));
        Assert.Contains("n.ipynb: cell 2 failed", _error.ToString());
        Assert.Contains("1 later cells did not run", _error.ToString());
        Assert.True(_error.ToString().Contains("at cell 2, line 2: a[5]"), _error.ToString());
        Assert.Contains("IndexOutOfRangeException", File.ReadAllText(At("r.html")));
    }

    [Fact]
    public async Task VerboseTellsTheTextOfEachCell()
    {
        Assert.Equal(ExitCode.Done, await Run(new RunOptions(Saved("Console.WriteLine(\"told\");")) { Verbose = true }));
        Assert.Contains("told", _error.ToString());
    }

    [Fact]
    public async Task WrongOptionsAreToldBeforeAnythingRuns()
    {
        string path = Saved("int n = 1; // default", "File.WriteAllText(\"ran.txt\", \"\");");
        Assert.Equal(ExitCode.Usage, await Run(new RunOptions(path) { Parameters = ["m=2"] }));
        Assert.Equal(ExitCode.Usage, await Run(new RunOptions(path) { Parameters = ["n"] }));
        Assert.Equal(ExitCode.Usage, await Run(new RunOptions(path) { TimeoutSeconds = -1 }));
        Assert.Equal(ExitCode.BadFile, await Run(new RunOptions(path) { Report = At("no/such/r.html") }));
        Assert.Equal(ExitCode.BadFile, await Run(new RunOptions(path) { Report = _folder.FullName }));
        if (OperatingSystem.IsLinux()) Assert.Equal(ExitCode.BadFile, await Run(new RunOptions(path) { Save = "/dev/full" }));
        Assert.Equal(ExitCode.Usage, await Run(new RunOptions(path) { Report = path }));
        Assert.Contains("NAME=VALUE", _error.ToString());
        Assert.False(File.Exists(At("ran.txt")));
    }

    [Fact]
    public async Task ABrokenOrMissingNotebookIsTold()
    {
        File.WriteAllText(At("bad.ipynb"), "not json");
        Assert.Equal(ExitCode.BadFile, await Run(new RunOptions(At("bad.ipynb"))));
        Assert.Equal(ExitCode.BadFile, await Run(new RunOptions(At("missing.ipynb"))));
        Assert.Contains("bad.ipynb: is not JSON", _error.ToString());
    }
}
