using Spectre.Console;
using Strata.Cli.Commands;
using Strata.Cli.Reporting;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Cli.Running;

/// <summary>What <c>strata run</c> was asked for.</summary>
/// <param name="Notebook">The notebook file.</param>
public sealed record RunOptions(string Notebook)
{
    /// <summary>Where to write the report; null for none.</summary>
    public string? Report { get; init; }

    /// <summary>Where to write the notebook with its outputs; null for nowhere. May be the notebook itself.</summary>
    public string? Save { get; init; }

    /// <summary>Values for the notebook's parameters, each <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Seconds that a cell may run; null for any time.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>Whether to write each cell's text outputs as the run goes.</summary>
    public bool Verbose { get; init; }
}

/// <summary><c>strata run</c>: runs a notebook without a front end, and writes a report or the notebook with its outputs.</summary>
/// <param name="magics">Runs magic commands.</param>
/// <param name="format">Renders values.</param>
/// <param name="assets">What rendered values need in a report.</param>
/// <param name="error">Standard error: progress and messages.</param>
public sealed class RunCommand(IMagicRunner magics, Func<object?, MimeBundle> format, ReportAssets assets, TextWriter error)
{
    /// <summary>Runs the notebook. Cells run in the notebook's folder, as under Jupyter. Report and notebook are written even when a cell fails.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="cancellation">Cancelled by Ctrl-C; the running cell is then given two seconds to stop.</param>
    /// <returns><see cref="ExitCode.Done"/> or, when a cell failed, <see cref="ExitCode.Failed"/>.</returns>
    /// <exception cref="InvalidFileException">The notebook is missing or invalid, or an output cannot be written.</exception>
    /// <exception cref="StrataException">The options make no sense together or with this notebook.</exception>
    public async Task<int> RunAsync(RunOptions options, CancellationToken cancellation)
    {
        // Everything that can be wrong with the options is said before the first cell has run for an hour.
        if (options.TimeoutSeconds is { } seconds && seconds is not (> 0 and <= 2_000_000))
            throw new StrataException($"--timeout {seconds}: expected seconds between 0 and 2000000.");
        IReadOnlyDictionary<string, string> parameters = RunParameters.Parse(options.Parameters);
        string path = Path.GetFullPath(options.Notebook);
        string? report = Target(options.Report), save = Target(options.Save);
        if (report is not null && (report == save || report == path)) throw new StrataException($"--report {options.Report}: the report would replace the notebook; give it a name of its own, such as report.html.");
        Notebook notebook = Notebook.Read(path);
        RunParameters.Inject(notebook, parameters);

        RunResult result = await RunInFolderAsync(notebook, Path.GetDirectoryName(path)!, options, cancellation);
        if (save is not null) notebook.Write(save);
        if (report is not null) new ReportWriter(assets).Write(report, notebook, path, result);
        return Conclude(notebook, result, options);
    }

    private async Task<RunResult> RunInFolderAsync(Notebook notebook, string folder, RunOptions options, CancellationToken cancellation)
    {
        NotebookRunner runner = new(new CSharpSession(folder), magics, format)
        {
            Timeout = options.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder;
        try
        {
            return await RunProgress.ShowAsync(console, options.Verbose, observer => runner.RunAsync(notebook, observer, cancellation));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    private int Conclude(Notebook notebook, RunResult result, RunOptions options)
    {
        string time = FormattableString.Invariant($"{result.Duration.TotalSeconds:0.0} s");
        if (result.Failure is not { } failure)
        {
            error.WriteLine($"{Path.GetFileName(options.Notebook)}: {result.Cells.Count(cell => cell.Status is CellStatus.Succeeded or CellStatus.FailedAsExpected)} cells ran in {time}.");
        }
        else
        {
            int left = result.Cells.Count(cell => cell.Status == CellStatus.NotRun);
            error.WriteLine($"{Path.GetFileName(options.Notebook)}: cell {notebook.Cells[failure.Position].ExecutionCount} failed after {time}{(left > 0 ? $"; {left} later cells did not run" : "")}.");
            foreach (string line in failure.Error!.Traceback) error.WriteLine(line);
        }

        if (options.Report is not null) error.WriteLine($"Report: {options.Report}");
        if (options.Save is not null) error.WriteLine($"Notebook: {options.Save}");
        return result.Failure is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static string? Target(string? path)
    {
        if (path is null) return null;
        AtomicFile.CheckTarget(path);
        return Path.GetFullPath(path);
    }
}
