using System.Text.Json.Nodes;
using Strata.Cli.Running;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Cli.Tests.Running;

[Collection(SessionTests.Name)]
public sealed class NotebookRunnerTests
{
    private static MimeBundle Format(object? value) => MimeBundle.OfText(value?.ToString() ?? "null");

    /// <summary><c>#!echo</c> shows its argument, <c>#!set name</c> declares 42, <c>#!fail</c> fails.</summary>
    private sealed class Magics : IMagicRunner
    {
        public Task ExecuteAsync(string line, INotebookHost host, CSharpSession session)
        {
            string argument = line.Split(' ')[^1];
            if (line.Split(' ')[0] is not ("#!echo" or "#!set" or "#!fail")) throw new StrataException($"There is no magic command \"{line.Split(' ')[0]}\".");
            if (line.StartsWith("#!fail", StringComparison.Ordinal)) throw new StrataException("the magic failed");
            if (line.StartsWith("#!set", StringComparison.Ordinal)) host.Declare(argument, 42);
            else host.Display(MimeBundle.OfText(session.TryGetVariable(argument, out object? value) ? $"variable {value}" : argument));
            return Task.CompletedTask;
        }
    }

    private sealed class Silent : IRunObserver, IProgress<WorkProgress>
    {
        public List<string> Log { get; } = [];

        public IProgress<WorkProgress> Progress => this;

        public void CellStarted(int number, int count, NotebookCell cell) => Log.Add($"{number}/{count}");

        public void CellFinished(NotebookCell cell, CellOutcome outcome) => Log.Add(outcome.Status.ToString());

        public void Report(WorkProgress value) => Log.Add($"{value.Done} of {value.Total} {value.Unit}");
    }

    private readonly Silent _observer = new();

    private static Notebook Of(params string[] cells)
    {
        Notebook notebook = Notebook.Empty();
        foreach (string cell in cells) notebook.Insert(notebook.Cells.Count, cell.StartsWith("# ", StringComparison.Ordinal) ? CellKind.Markdown : CellKind.Code, cell);
        return notebook;
    }

    private Task<RunResult> Run(Notebook notebook, double? timeout = null, CancellationToken cancellation = default) =>
        new NotebookRunner(new CSharpSession { Grace = TimeSpan.FromMilliseconds(200) }, new Magics(), Format) { Timeout = timeout is { } s ? TimeSpan.FromSeconds(s) : null }
            .RunAsync(notebook, _observer, cancellation);

    private static string[] Shown(NotebookCell cell) => cell.Outputs.Select(output => output switch
    {
        StreamOutput stream => $"{stream.Stream}: {stream.Text}",
        DisplayOutput display => $"{(display.IsResult ? "result" : "display")}: {display.Bundle.Renderings[MimeBundle.PlainText]}",
        _ => $"error: {((ErrorOutput)output).Error.Message}",
    }).ToArray();

    [Fact]
    public async Task AnOutputKeepsItsLastValueAlsoWhenALaterCellGivesIt()
    {
        Notebook notebook = Of("var a = display(1); var b = display(2); a.Update(3);", "b.Update(4); display(5)", "clear_output(); a.Update(6);\npassword()");
        RunResult result = await Run(notebook);
        Assert.Equal(["display: 6", "display: 4"], Shown(notebook.Cells[0]));
        Assert.Equal(["display: 5"], Shown(notebook.Cells[1]));
        Assert.Contains("nobody to ask", result.Failure?.Error?.Message);
        Assert.DoesNotContain("transient", notebook.ToJson());
    }

    [Fact]
    public async Task OutputsComeInOrderAndConsoleTextIsJoined()
    {
        Notebook notebook = Of("# T", "Console.WriteLine(1); Console.WriteLine(2); display(\"d\"); Console.Error.Write(3);\n4");
        RunResult result = await Run(notebook);
        Assert.Null(result.Failure);
        Assert.Equal(["Output: 1\n2\n", "display: d", "Error: 3", "result: 4"], Shown(notebook.Cells[1]));
        Assert.Equal([CellStatus.NothingToRun, CellStatus.Succeeded], result.Cells.Select(c => c.Status));
        JsonNode json = JsonNode.Parse(notebook.ToJson())!["cells"]![1]!;
        Assert.Equal(1, json["execution_count"]!.GetValue<int>());
        Assert.Equal("execute_result", json["outputs"]![3]!["output_type"]!.GetValue<string>());
        Assert.Equal(1, json["outputs"]![3]!["execution_count"]!.GetValue<int>());
    }

    [Fact]
    public async Task AFailingCellEndsTheRun()
    {
        Notebook notebook = Of("1", "throw new Exception(\"stop\");", "3", "# end", "4");
        notebook.Cells[2].Outputs = [new StreamOutput(StandardStream.Output, "from an earlier run")];
        RunResult result = await Run(notebook);
        Assert.Equal([CellStatus.Succeeded, CellStatus.Failed, CellStatus.NotRun, CellStatus.NothingToRun, CellStatus.NotRun], result.Cells.Select(c => c.Status));
        Assert.Equal(1, result.Failure?.Position);
        Assert.Equal(["error: stop"], Shown(notebook.Cells[1]));
        Assert.Empty(notebook.Cells[2].Outputs);
        Assert.Null(notebook.Cells[2].ExecutionCount);
        Assert.Equal(["1/4", "Succeeded", "2/4", "Failed"], _observer.Log);
    }

    [Fact]
    public async Task AnAnnouncedFailureDoesNotEndTheRun()
    {
        Notebook notebook = Of();
        notebook.Insert(0, CellKind.Code, "throw new Exception(\"shown\");", "raises-exception");
        notebook.Insert(1, CellKind.Code, "2");
        RunResult result = await Run(notebook);
        Assert.Null(result.Failure);
        Assert.Equal(CellStatus.FailedAsExpected, result.Cells[0].Status);
        Assert.Equal(["result: 2"], Shown(notebook.Cells[1]));
    }

    [Fact]
    public async Task MagicsAndCSharpTakeTurns()
    {
        Notebook notebook = Of("var a = 5;\na\n#!echo a\n#!set b\nConsole.Write(a + b);\n\n#!csharp\na * b");
        Assert.Null((await Run(notebook)).Failure);
        Assert.Equal(["display: 5", "display: variable 5", "Output: 47", "result: 210"], Shown(notebook.Cells[0]));
    }

    [Fact]
    public async Task LineNumbersCountMagicLines()
    {
        Notebook notebook = Of("#!echo x\n\nmissing");
        Assert.StartsWith("(3,1): error CS0103", (await Run(notebook)).Failure?.Error?.Message);
    }

    [Theory]
    [InlineData("#!fail", "the magic failed")]
    [InlineData("#!nonsense --x", "There is no magic command \"#!nonsense\"")]
    public async Task AFailingMagicFailsTheCell(string source, string message) =>
        Assert.StartsWith(message, (await Run(Of(source, "1"))).Failure?.Error?.Message);

    [Fact]
    public async Task ACellThatTakesTooLongFailsAndEndsTheRun()
    {
        Notebook notebook = Of();
        notebook.Insert(0, CellKind.Code, "Console.Write(\"begun\"); while (true) System.Threading.Thread.Sleep(5);", "raises-exception");
        notebook.Insert(1, CellKind.Code, "2");
        await Run(Of("1")); // the compiler is warm
        RunResult result = await Run(notebook, timeout: 1.5);
        Assert.Equal([CellStatus.Failed, CellStatus.NotRun], result.Cells.Select(c => c.Status));
        Assert.Equal(["Output: begun", "error: The cell ran longer than 1.5 s and was stopped. Allow more with --timeout SECONDS."], Shown(notebook.Cells[0]));
        Assert.InRange(result.Duration.TotalSeconds, 1.4, 10);
    }

    [Fact]
    public async Task ACancelledRunStops()
    {
        using CancellationTokenSource interrupt = new(300);
        RunResult result = await Run(Of("await Task.Delay(60000, cancellation);", "2"), cancellation: interrupt.Token);
        Assert.Equal([CellStatus.Failed, CellStatus.NotRun], result.Cells.Select(c => c.Status));
        Assert.Contains("cancelled", result.Failure?.Error?.Message);
    }

    [Fact]
    public async Task ProgressReachesTheObserver()
    {
        await Run(Of("progress.Report(new WorkProgress(\"w\", 3, 9, \"tokens\"));"));
        Assert.Contains("3 of 9 tokens", _observer.Log);
    }

    [Fact]
    public async Task ConsoleTextHasABudgetAndANotice()
    {
        Notebook notebook = Of("for (int i = 0; i < 300; i++) Console.WriteLine(new string('x', 9999));\n1");
        Assert.Null((await Run(notebook)).Failure);
        StreamOutput[] streams = notebook.Cells[0].Outputs.OfType<StreamOutput>().ToArray();
        Assert.Equal(1 << 20, streams[0].Text.Length);
        Assert.Contains("beyond 1 MB is left out", streams[1].Text);
        Assert.Equal(3, notebook.Cells[0].Outputs.Count);
    }

    [Fact]
    public async Task ALargeRenderingIsLeftOutWithANotice()
    {
        Notebook notebook = Of("""
            var big = new MimeBundle(new Dictionary<string, string> { ["text/plain"] = "small", ["text/html"] = new string('x', 3 << 20) });
            big
            """);
        NotebookRunner runner = new(new CSharpSession(), new Magics(), value => (MimeBundle)value!);
        Assert.Null((await runner.RunAsync(notebook, _observer, default)).Failure);
        Assert.Equal(["text/plain"], ((DisplayOutput)notebook.Cells[0].Outputs[0]).Bundle.Renderings.Keys);
        Assert.Contains("text/html of 3 MB left out; shown are text/plain", ((StreamOutput)notebook.Cells[0].Outputs[1]).Text);
    }

    [Fact]
    public async Task AResultCarriesItsProvenance()
    {
        Notebook notebook = Of("new Table(\"t\", new Provenance { Model = \"m<1>\", Seed = 7 }, Column.Integer(\"n\", [1, 2]))");
        Assert.Null((await new NotebookRunner(new CSharpSession(), new Magics(), Formatters.Format).RunAsync(notebook, _observer, default)).Failure);
        JsonNode provenance = ((DisplayOutput)notebook.Cells[0].Outputs[0]).Metadata[Renderings.ProvenanceKey]!;
        Assert.Equal("m<1>", provenance["model"]!.GetValue<string>());
        Assert.Equal(7, provenance["seed"]!.GetValue<int>());
    }

    [Fact]
    public async Task AFailingFormatterFailsTheCellAlone()
    {
        NotebookRunner runner = new(new CSharpSession(), new Magics(), _ => throw new StrataException("cannot be drawn"));
        Assert.Equal("cannot be drawn", (await runner.RunAsync(Of("1"), _observer, default)).Failure?.Error?.Message);
    }

    [Fact]
    public async Task AnotherLanguageIsRefused()
    {
        Notebook notebook = Of("print(1)");
        notebook.Metadata["language_info"]!["name"] = "python";
        Assert.Contains("in python; expected C#", (await Run(notebook)).Failure?.Error?.Message);
    }
}
