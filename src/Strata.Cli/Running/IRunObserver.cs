using Strata.Models;

namespace Strata.Cli.Running;

/// <summary>Watches a run.</summary>
public interface IRunObserver
{
    /// <summary>Takes the progress of long work inside a cell.</summary>
    IProgress<WorkProgress> Progress { get; }

    /// <summary>A cell begins.</summary>
    /// <param name="number">Which of the code cells it is, from 1.</param>
    /// <param name="count">Number of code cells.</param>
    /// <param name="cell">The cell.</param>
    void CellStarted(int number, int count, NotebookCell cell);

    /// <summary>The cell that began last has ended.</summary>
    void CellFinished(NotebookCell cell, CellOutcome outcome);
}
