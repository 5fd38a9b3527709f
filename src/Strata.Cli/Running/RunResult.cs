using Strata.Jupyter.Session;

namespace Strata.Cli.Running;

/// <summary>What became of a cell in a run.</summary>
public enum CellStatus
{
    /// <summary>Nothing to run: Markdown, raw text, or a code cell without code.</summary>
    NothingToRun,

    /// <summary>It ran to its end.</summary>
    Succeeded,

    /// <summary>It failed, and the run ended with it.</summary>
    Failed,

    /// <summary>It failed as its tag <c>raises-exception</c> announces; the run went on.</summary>
    FailedAsExpected,

    /// <summary>An earlier cell failed, so it did not run.</summary>
    NotRun,
}

/// <summary>What became of one cell.</summary>
/// <param name="Position">Its position in the notebook, from 0.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Duration">How long it ran.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record CellOutcome(int Position, CellStatus Status, TimeSpan Duration, CellError? Error);

/// <summary>What became of a notebook's cells.</summary>
/// <param name="Cells">One outcome per cell of the notebook as it was run, injected parameters included.</param>
/// <param name="Started">When the run began.</param>
/// <param name="Duration">How long it took.</param>
public sealed record RunResult(IReadOnlyList<CellOutcome> Cells, DateTimeOffset Started, TimeSpan Duration)
{
    /// <summary>The cell that ended the run; null when every cell ran.</summary>
    public CellOutcome? Failure => Cells.FirstOrDefault(cell => cell.Status == CellStatus.Failed);
}
