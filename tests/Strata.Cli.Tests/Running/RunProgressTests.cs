using System.Text;
using Spectre.Console;
using Strata.Cli.Running;
using Strata.Models;

namespace Strata.Cli.Tests.Running;

public sealed class RunProgressTests
{
    private sealed class Terminal : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = new StringWriter();

        public bool IsTerminal => true;

        public int Width => 160;

        public int Height => 40;

        public void SetEncoding(Encoding encoding)
        {
        }
    }

    [Fact]
    public async Task ATerminalShowsCellAndWorkWithTextThatLooksLikeMarkup()
    {
        Terminal terminal = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Out = terminal });
        NotebookCell cell = Notebook.Empty().Insert(0, CellKind.Code, "\nvar a = [1, 2];\n");
        RunResult expected = new([], DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        RunResult result = await RunProgress.ShowAsync(console, verbose: false, async observer =>
        {
            observer.CellStarted(2, 3, cell);
            observer.Progress.Report(new WorkProgress("Capturing [red]9[/] points", 1200, 5000, "tokens"));
            await Task.Delay(2000); // Several of its refreshes, also where the machine is busy.
            observer.CellFinished(cell, new CellOutcome(0, CellStatus.Succeeded, TimeSpan.Zero, null));
            return expected;
        });
        Assert.Same(expected, result);
        string text = terminal.Writer.ToString()!;
        Assert.Contains("[2/3] var a = [1, 2];", text);
        Assert.Contains("Capturing [red]9[/] points (1,200/5,000 tokens)", text);
        Assert.Contains("24%", text);
    }
}
