using System.Globalization;
using Spectre.Console;
using Strata.Models;

namespace Strata.Cli.Running;

/// <summary>Draws a run on the terminal: a bar over the cells and one for the work inside a cell; one plain line per cell where there is no terminal.</summary>
public static class RunProgress
{
    /// <summary>Runs <paramref name="run"/> while its progress is drawn on <paramref name="console"/>.</summary>
    /// <param name="console">Where to draw.</param>
    /// <param name="verbose">Whether to write the text outputs of each cell too; then lines are plain.</param>
    /// <param name="run">The run.</param>
    public static async Task<RunResult> ShowAsync(IAnsiConsole console, bool verbose, Func<IRunObserver, Task<RunResult>> run)
    {
        if (verbose || !console.Profile.Capabilities.Interactive || !console.Profile.Out.IsTerminal) return await run(new Lines(console.Profile.Out.Writer, verbose));
        return await console.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context => run(new Bars(context)));
    }

    /// <summary>The first line of a cell, for people; on a terminal it shares the width with the bar.</summary>
    private static string Title(NotebookCell cell, int length)
    {
        string line = cell.Source.Split('\n').Select(text => text.Trim()).First(text => text.Length > 0);
        return line.Length <= length ? line : line[..(length - 1)] + "…";
    }

    private sealed class Lines(TextWriter writer, bool verbose) : IRunObserver, IProgress<WorkProgress>
    {
        private string _place = "";

        public IProgress<WorkProgress> Progress => this;

        /// <summary>A log has no use for moving numbers.</summary>
        public void Report(WorkProgress value)
        {
        }

        public void CellStarted(int number, int count, NotebookCell cell) => _place = $"[{number}/{count}]";

        public void CellFinished(NotebookCell cell, CellOutcome outcome)
        {
            string word = outcome.Status switch
            {
                CellStatus.Succeeded => "ok",
                CellStatus.FailedAsExpected => "failed as expected",
                _ => "FAILED",
            };
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_place} {word} {outcome.Duration.TotalSeconds:0.0} s  {Title(cell, 60)}"));
            if (verbose)
                foreach (CellOutput output in cell.Outputs) writer.WriteLine(Text(output).TrimEnd('\n'));
        }

        private static string Text(CellOutput output) => output switch
        {
            StreamOutput stream => stream.Text,
            DisplayOutput display => display.Bundle.Renderings.GetValueOrDefault(Notebooks.MimeBundle.PlainText, "(no text rendering)"),
            ErrorOutput error => string.Join('\n', error.Error.Traceback),
            _ => "",
        };
    }

    private sealed class Bars(ProgressContext context) : IRunObserver, IProgress<WorkProgress>
    {
        // One bar for all work, one piece after another: bars cannot be taken away again.
        private ProgressTask? _cells;
        private ProgressTask? _work;

        public IProgress<WorkProgress> Progress => this;

        public void Report(WorkProgress value)
        {
            lock (context)
            {
                string amount = value.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{value.Done:N0}/{value.Total:N0}") : value.Done.ToString("N0", CultureInfo.InvariantCulture);
                string description = Markup.Escape($"  {value.Title} ({amount} {value.Unit})");
                _work ??= context.AddTask(description);
                _work.IsIndeterminate = value.Total == 0;
                _work.Description = description;
                _work.MaxValue = Math.Max(1, value.Total);
                _work.Value = value.Done;
            }
        }

        public void CellStarted(int number, int count, NotebookCell cell)
        {
            lock (context)
            {
                string description = Markup.Escape($"[{number}/{count}] {Title(cell, 32)}");
                _cells ??= context.AddTask(description, maxValue: count);
                _cells.Description = description;
            }
        }

        public void CellFinished(NotebookCell cell, CellOutcome outcome)
        {
            lock (context) _cells!.Increment(1);
        }
    }
}
