using System.Collections.Concurrent;
using System.Diagnostics;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Cli.Running;

/// <summary>Runs the cells of a notebook in order and puts their outputs into it.</summary>
/// <param name="session">Runs the C#.</param>
/// <param name="magics">Runs the magic commands.</param>
/// <param name="format">Renders values.</param>
public sealed class NotebookRunner(CSharpSession session, IMagicRunner magics, Func<object?, MimeBundle> format)
{
    private static readonly string[] CSharpNames = ["C#", "csharp", "polyglot-notebook"];

    private readonly CellRunner _cells = new(session, magics);
    private readonly ConcurrentDictionary<string, OutputCollector> _displays = new();

    /// <summary>How long a cell may run; null for any time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Runs all cells. Outputs from before are removed first. The run stops at the first cell that fails, unless the cell is tagged <c>raises-exception</c>;
    /// a cell that is out of time always ends it, since its code may still be running.
    /// </summary>
    public async Task<RunResult> RunAsync(Notebook notebook, IRunObserver observer, CancellationToken cancellation)
    {
        DateTimeOffset started = DateTimeOffset.Now;
        Stopwatch watch = Stopwatch.StartNew();
        foreach (NotebookCell cell in notebook.Cells) cell.ClearOutputs();

        List<CellOutcome> outcomes = [];
        int count = notebook.Cells.Count(HasCode), number = 0;
        bool stopped = false;
        for (int position = 0; position < notebook.Cells.Count; position++)
        {
            NotebookCell cell = notebook.Cells[position];
            if (!HasCode(cell) || stopped)
            {
                outcomes.Add(new CellOutcome(position, HasCode(cell) ? CellStatus.NotRun : CellStatus.NothingToRun, TimeSpan.Zero, null));
                continue;
            }

            observer.CellStarted(++number, count, cell);
            CellOutcome outcome = await RunCellAsync(notebook, position, number, observer.Progress, cancellation);
            observer.CellFinished(cell, outcome);
            outcomes.Add(outcome);
            stopped = outcome.Status == CellStatus.Failed;
        }

        return new RunResult(outcomes, started, watch.Elapsed);
    }

    /// <summary>Whether a language, as notebooks spell it, is one that the runner runs; a notebook that names none is in C#.</summary>
    internal static bool IsCSharp(string? language) => language is null || CSharpNames.Contains(language, StringComparer.OrdinalIgnoreCase);

    private static bool HasCode(NotebookCell cell) => cell.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(cell.Source);

    private async Task<CellOutcome> RunCellAsync(Notebook notebook, int position, int number, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        NotebookCell cell = notebook.Cells[position];
        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        OutputCollector host = new(session, format, progress, _displays, interrupt.Token);
        Stopwatch watch = Stopwatch.StartNew();
        if (Timeout is { } limit) interrupt.CancelAfter(limit);

        CellError? error = ForeignLanguage(notebook, cell) ?? await _cells.RunAsync(cell.Source, $"cell {number}", host);
        bool interrupted = interrupt.IsCancellationRequested;
        if (interrupted) error = WhyInterrupted(cancellation);

        cell.ExecutionCount = number;
        cell.Outputs = host.Finish(error);
        host.Revised = outputs => cell.Outputs = outputs;
        CellStatus status = error is null ? CellStatus.Succeeded
            : !interrupted && cell.Tags.Contains("raises-exception") ? CellStatus.FailedAsExpected
            : CellStatus.Failed;
        return new CellOutcome(position, status, watch.Elapsed, error);
    }

    private CellError WhyInterrupted(CancellationToken cancellation) => cancellation.IsCancellationRequested
        ? CellError.Interrupted("The run was cancelled while this cell ran.")
        : CellError.Interrupted(FormattableString.Invariant($"The cell ran longer than {Timeout!.Value.TotalSeconds:0.###} s and was stopped. Allow more with --timeout SECONDS."));

    private static CellError? ForeignLanguage(Notebook notebook, NotebookCell cell)
    {
        string? language = cell.Language ?? notebook.Language;
        if (IsCSharp(language)) return null;
        string message = $"The cell is in {language}; expected C#. Strata runs C# cells and magic commands only.";
        return new CellError("UnsupportedLanguage", message, [message]);
    }
}
