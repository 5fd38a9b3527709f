namespace Strata.Jupyter.Session;

/// <summary>One execution of a cell, as the code that runs for it sees it: on the cell's thread, and in every task and thread that it starts.</summary>
/// <param name="host">Takes the cell's output.</param>
internal sealed class CellScope(ICellHost host)
{
    // What a cell started, and did not wait for, has this long to pass a check after the cell itself has ended.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);
    private static readonly AsyncLocal<CellScope?> Flow = new();

    private readonly CancellationTokenSource _cancellation = new();
    private volatile bool _incomplete;

    /// <summary>The execution that the calling code belongs to; null outside cells.</summary>
    public static CellScope? Current => Flow.Value;

    /// <summary>Takes the cell's output.</summary>
    public ICellHost Host => host;

    /// <summary>What loops of the cell look at.</summary>
    public CellFlag Flag { get; } = new();

    /// <summary>Cancelled when the cell is interrupted. Code of the cell may register callbacks that block, hence not the host's own token.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Makes the calling code, and what it starts from here on, belong to this execution.</summary>
    public void Begin() => Flow.Value = this;

    /// <summary>Stops the code of the cell at its next check, and cancels its token. Returns at once.</summary>
    /// <param name="ended">Completed when the cell's own code has ended, however.</param>
    public void Interrupt(Task ended)
    {
        Flag.Raise();
        CellGuard.Arm();
        _ = DisarmAfterAsync(ended);
        _ = Task.Run(_cancellation.Cancel);
    }

    /// <summary>Notes that a thread of the cell ended on the interrupt, which nobody there took notice of: what the cell comes to is incomplete.</summary>
    public void LoseThread() => _incomplete = true;

    /// <summary>Ends the cell as interrupted if a part of it was.</summary>
    /// <exception cref="OperationCanceledException">It was.</exception>
    public void ThrowIfIncomplete()
    {
        if (_incomplete) ThrowIfInterrupted();
    }

    /// <summary>Ends the calling code if the cell was interrupted.</summary>
    /// <exception cref="OperationCanceledException">It was.</exception>
    public void ThrowIfInterrupted()
    {
        if (Flag.IsRaised) throw new OperationCanceledException("The cell was interrupted.", Cancellation);
    }

    private static async Task DisarmAfterAsync(Task ended)
    {
        await ended.ContinueWith(static _ => { }, TaskScheduler.Default);
        await Task.Delay(Linger);
        CellGuard.Disarm();
    }
}
