using System.Runtime.ExceptionServices;

namespace Strata.Tensors;

/// <summary>
/// Independent pieces of work on all cores: on the caller's thread and on threads of our own, one fewer than cores, which sleep while no loop is open. The thread pool would try out more and more threads as long as
/// pieces come, of which each keeps working memory, and would have none left for what a front end asks meanwhile.
/// </summary>
public static class ParallelWork
{
    private static readonly object Gate = new();
    private static readonly List<Loop> Open = [];
    private static int _threads;

    /// <summary>
    /// Runs every piece; the first failure comes out as it was thrown, so that its message reaches the user, when no piece runs any more. Pieces are claimed one by one: few and unequal, in chunks they would leave cores idle at the end.
    /// </summary>
    /// <param name="count">Number of pieces.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <param name="piece">Does the piece of an index from 0. Pieces run at the same time, in any order, in the caller's execution context; a piece may itself run a loop.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void For(int count, CancellationToken cancellation, Action<int> piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        cancellation.ThrowIfCancellationRequested();
        Loop loop = new(count, cancellation, piece);
        bool shared = count > 1 && Environment.ProcessorCount > 1;
        if (shared) Offer(loop);
        loop.Work();
        if (shared) Close(loop);
        loop.Failure?.Throw();
    }

    private static void Offer(Loop loop)
    {
        lock (Gate)
        {
            // Before the loop is open: where the system has no more threads to give, nobody must be at work when that is told.
            for (; _threads < Environment.ProcessorCount - 1; _threads++) new Thread(Serve) { IsBackground = true, Name = $"Strata loops {_threads + 1}" }.UnsafeStart();
            Open.Add(loop);
            Monitor.PulseAll(Gate);
        }
    }

    /// <summary>Waits for the pieces that still run, whatever happens: what they write to belongs to the caller.</summary>
    private static void Close(Loop loop)
    {
        bool closed = false;
        while (!closed)
        {
            try
            {
                lock (Gate)
                {
                    Open.Remove(loop);
                    while (loop.Helpers > 0) Monitor.Wait(Gate);
                    closed = true;
                }
            }
            catch (ThreadInterruptedException e)
            {
                loop.Fail(e);
            }
        }
    }

    private static void Serve()
    {
        while (true) ServeOne();
    }

    // A method of its own, whose end lets go of the loop and of all that its pieces refer to.
    private static void ServeOne()
    {
        Loop loop = Join();
        loop.WorkInContext();
        lock (Gate)
        {
            loop.Helpers--;
            Monitor.PulseAll(Gate);
        }
    }

    private static Loop Join()
    {
        lock (Gate)
        {
            while (true)
            {
                // The latest first: where a piece runs a loop of its own, the outer loop waits for it.
                for (int i = Open.Count - 1; i >= 0; i--)
                {
                    if (!Open[i].AnyLeft) continue;
                    Open[i].Helpers++;
                    return Open[i];
                }

                Monitor.Wait(Gate);
            }
        }
    }

    private sealed class Loop(int count, CancellationToken cancellation, Action<int> piece)
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private ExceptionDispatchInfo? _failure;
        private int _next;

        /// <summary>Threads other than the caller's that work on it; guarded by the gate.</summary>
        public int Helpers { get; set; }

        public bool AnyLeft => Volatile.Read(ref _next) < count && _failure is null;

        public ExceptionDispatchInfo? Failure => _failure;

        public void Fail(Exception e) => Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);

        public void Work()
        {
            try
            {
                // Asked first, so that the counter never runs far past the count.
                while (AnyLeft && Interlocked.Increment(ref _next) - 1 is int i && i < count)
                {
                    cancellation.ThrowIfCancellationRequested();
                    piece(i);
                }
            }
            catch (Exception e)
            {
                Fail(e);
            }
        }

        public void WorkInContext()
        {
            if (_context is null) Work();
            else ExecutionContext.Run(_context, static loop => ((Loop)loop!).Work(), this);
        }
    }
}
