namespace Strata.Jupyter.Session;

/// <summary>
/// Brings code of a cell back to the cell's thread after an <c>await</c>: that thread has the deep stack, and it can be woken. A thread that is busy, or blocked on
/// <c>.Result</c>, is not waited for: the code then goes on in the thread pool, so that blocking on a task cannot deadlock.
/// </summary>
internal sealed class CellContext : SynchronizationContext
{
    // How long the thread may be on its way to where it waits.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new();
    private readonly Queue<Continuation> _posted = new();
    private bool _waiting, _abandoned;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        Continuation continuation = new(d, state);
        lock (_gate)
        {
            _posted.Enqueue(continuation);
            Monitor.Pulse(_gate);
            if (_waiting && _posted.Count == 1) return;
        }

        _ = Task.Delay(Patience).ContinueWith(_ => continuation.Run(), TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Whether the thread waits for the task to go on.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (_gate) return _waiting && _posted.Count == 0;
        }
    }

    /// <summary>Lends the calling thread to a task until the task ends.</summary>
    /// <exception cref="OperationCanceledException">The wait was abandoned.</exception>
    public void Complete(Task task)
    {
        _ = task.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (Next(task) is { } continuation) continuation.Run();
        task.GetAwaiter().GetResult();
    }

    /// <summary>Ends the wait of a thread that waits for a task to go on.</summary>
    /// <returns>Whether it waited.</returns>
    public bool Abandon()
    {
        lock (_gate)
        {
            if (!_waiting || _posted.Count > 0) return false;
            _abandoned = true;
            _waiting = false;
            Monitor.Pulse(_gate);
            return true;
        }
    }

    private Continuation? Next(Task task)
    {
        lock (_gate)
        {
            try
            {
                while (_posted.Count == 0 && !task.IsCompleted && !_abandoned)
                {
                    _waiting = true;
                    Monitor.Wait(_gate);
                }
            }
            finally
            {
                _waiting = false;
            }

            if (_posted.TryDequeue(out Continuation? next) || task.IsCompleted) return next;
            throw new OperationCanceledException("What the cell awaited was abandoned.");
        }
    }

    private void Wake()
    {
        lock (_gate) Monitor.Pulse(_gate);
    }

    /// <summary>Posted work; whoever comes first runs it, the cell's thread or the pool.</summary>
    private sealed class Continuation(SendOrPostCallback call, object? state)
    {
        private int _begun;

        public void Run()
        {
            if (Interlocked.Exchange(ref _begun, 1) != 0) return;
            try
            {
                call(state);
            }
            catch (Exception e) when (UnhandledExceptions.Report(e))
            {
                // Of a method "async void" of the cell; it is nobody's to catch.
            }
        }
    }
}
