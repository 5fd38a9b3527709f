using System.Diagnostics;

namespace Strata.Jupyter.Session;

/// <summary>
/// Runs the code of a cell on a thread of its own, which has a deep stack. An interrupted cell ends at its next check or where it looks at its token; when it does neither, it is
/// woken from what it waits for; and what even that does not end is left behind.
/// </summary>
internal static class CellThread
{
    private const int StackBytes = 16 << 20;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    // A thread that waits at so many looks in a row is blocked; one that works meets a lock now and then and is not disturbed there.
    private const int LooksUntilWoken = 4;

    // On a busy machine the time runs out before anybody has got to run: then the looks count.
    private const int LooksUntilLeft = 40;

    /// <summary>Runs <paramref name="work"/> to its end, or until it has ignored an interrupt for <paramref name="grace"/> (longer where the machine is too busy to tell).</summary>
    /// <exception cref="CellLeftBehindException">The work was interrupted and did not stop; its thread goes on in the background.</exception>
    /// <exception cref="OperationCanceledException">The work was interrupted and stopped.</exception>
    /// <exception cref="ThreadInterruptedException">The work was interrupted and woken.</exception>
    public static async Task RunAsync(Func<Task> work, ICellHost host, TimeSpan grace)
    {
        CellScope scope = new(host);
        CellContext context = new();
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() => Run(work, scope, context, done), StackBytes) { IsBackground = true, Name = "Notebook cell" };
        thread.Start();

        TaskCompletionSource interrupted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = host.Cancellation.Register(() =>
        {
            scope.Interrupt(done.Task);
            interrupted.SetResult();
        });
        if (await Task.WhenAny(done.Task, interrupted.Task) == interrupted.Task && !await StopAsync(thread, context, done.Task, grace))
            throw new CellLeftBehindException(host.Cancellation);
        await done.Task;
    }

    /// <summary>Half of the time the code may stop by itself; then it is woken wherever it blocks; at the end an <c>await</c> is given up.</summary>
    private static async Task<bool> StopAsync(Thread thread, CellContext context, Task done, TimeSpan grace)
    {
        Stopwatch time = Stopwatch.StartNew();
        if (await EndsWithin(done, grace / 2)) return true;
        for (int looks = 0, waits = 0; time.Elapsed < grace || looks < LooksUntilLeft; looks++)
        {
            waits = !context.IsWaiting && thread.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin) ? waits + 1 : 0;
            if (waits == LooksUntilWoken)
            {
                thread.Interrupt();
                waits = 0;
            }

            if (await EndsWithin(done, Look)) return true;
        }

        return done.IsCompleted || context.Abandon();
    }

    private static async Task<bool> EndsWithin(Task done, TimeSpan time) => await Task.WhenAny(done, Task.Delay(time)) == done;

    private static void Run(Func<Task> work, CellScope scope, CellContext context, TaskCompletionSource done)
    {
        CellGuard.Begin(StackBytes, scope.Flag);
        scope.Begin();
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            context.Complete(work());
            scope.ThrowIfIncomplete();
            CellGuard.End();
            done.SetResult();
        }
        catch (Exception e)
        {
            CellGuard.End();
            done.SetException(e);
        }
    }
}

/// <summary>An interrupted cell did not stop in time, and its thread was left behind.</summary>
internal sealed class CellLeftBehindException(CancellationToken cancellation) : OperationCanceledException(cancellation);
