using System.Runtime.ExceptionServices;

namespace Strata.Tensors;

/// <summary>Independent pieces of work on all cores.</summary>
public static class ParallelWork
{
    /// <summary>
    /// Runs every piece; the first failure comes out as it was thrown, so that its message reaches the user. Pieces are claimed one by one: few and unequal, in the chunks that a loop makes of them they would leave cores idle at the end.
    /// </summary>
    /// <param name="count">Number of pieces.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <param name="piece">Does the piece of an index from 0. No more run at a time than there are cores, in any order, in the caller's execution context; a piece may itself run a loop.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ThreadInterruptedException">The caller's thread was interrupted; no piece runs any more.</exception>
    public static void For(int count, CancellationToken cancellation, Action<int> piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        int next = 0, atWork = 0;
        try
        {
            Parallel.For(0, Math.Min(count, Environment.ProcessorCount), new ParallelOptions { CancellationToken = cancellation }, Work);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
        catch (ThreadInterruptedException)
        {
            Interlocked.Exchange(ref next, count);
            AwaitOthers();
            throw;
        }

        void Work(int share, ParallelLoopState loop)
        {
            Interlocked.Increment(ref atWork);
            try
            {
                for (int i = Interlocked.Increment(ref next) - 1; i < count && !loop.ShouldExitCurrentIteration; i = Interlocked.Increment(ref next) - 1)
                {
                    cancellation.ThrowIfCancellationRequested();
                    piece(i);
                }
            }
            finally
            {
                Interlocked.Decrement(ref atWork);
            }
        }

        // What pieces read and write belongs to the caller, who may not go on before the last has ended.
        void AwaitOthers()
        {
            while (Volatile.Read(ref atWork) > 0)
            {
                try
                {
                    Thread.Sleep(1);
                }
                catch (ThreadInterruptedException)
                {
                    // The first one is on its way.
                }
            }
        }
    }
}
