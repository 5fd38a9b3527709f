using System.Runtime.ExceptionServices;

namespace Strata.Research;

/// <summary>Independent pieces of work on all cores.</summary>
internal static class ParallelWork
{
    /// <summary>Runs every piece; the first failure comes out as it was thrown, so that its message reaches the user.</summary>
    public static void For(int count, CancellationToken cancellation, Action<int> piece)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, piece);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}
