using System.Runtime.ExceptionServices;

namespace Strata.Research;

/// <summary>Independent pieces of work on all cores.</summary>
internal static class ParallelWork
{
    /// <summary>
    /// Runs every piece; the first failure comes out as it was thrown, so that its message reaches the user. Pieces are claimed one by one: few and unequal, in the chunks that a loop makes of them they would leave cores idle at the end.
    /// </summary>
    public static void For(int count, CancellationToken cancellation, Action<int> piece)
    {
        int next = 0;
        try
        {
            Parallel.For(0, Math.Min(count, Environment.ProcessorCount), new ParallelOptions { CancellationToken = cancellation }, (_, loop) =>
            {
                for (int i = Interlocked.Increment(ref next) - 1; i < count && !loop.ShouldExitCurrentIteration; i = Interlocked.Increment(ref next) - 1)
                {
                    cancellation.ThrowIfCancellationRequested();
                    piece(i);
                }
            });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}
