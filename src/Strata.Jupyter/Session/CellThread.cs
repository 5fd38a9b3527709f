using System.Runtime;

namespace Strata.Jupyter.Session;

/// <summary>Runs the code of a cell on a thread of its own, which has a deep stack and can be stopped, or else left behind, when it does not listen to cancellation.</summary>
internal static class CellThread
{
    private const int StackBytes = 16 << 20;
    private static readonly TimeSpan AbortPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs <paramref name="work"/> to its end, or until it has ignored a cancellation for <paramref name="grace"/>.</summary>
    /// <exception cref="CellForcedException">The work was cancelled and did not stop by itself.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled and stopped.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> work, TimeSpan grace, CancellationToken cancellation)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenSource abort = new();
        Thread thread = new(() => Run(work, done, abort.Token), StackBytes) { IsBackground = true, Name = "Notebook cell" };
        thread.Start();

        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellation.Register(cancelled.SetResult);
        if (await Task.WhenAny(done.Task, cancelled.Task) == cancelled.Task)
        {
            await Task.WhenAny(done.Task, Task.Delay(grace, CancellationToken.None));
            if (!done.Task.IsCompleted) throw new CellForcedException(leftBehind: !await AbortAsync(done.Task, abort), cancellation);
        }

        return await done.Task;
    }

    /// <summary>Unwinds the thread wherever it is; its finally blocks run. Code that waits in native code, or that went over to other threads, cannot be unwound.</summary>
    /// <returns>Whether the thread has ended.</returns>
    private static async Task<bool> AbortAsync(Task work, CancellationTokenSource abort)
    {
        _ = Task.Run(abort.Cancel);
        return await Task.WhenAny(work, Task.Delay(AbortPatience, CancellationToken.None)) == work;
    }

    private static void Run<T>(Func<Task<T>> work, TaskCompletionSource<T> done, CancellationToken abort)
    {
        try
        {
            // Made for this: code of notebooks, which the process outlives.
#pragma warning disable SYSLIB0046
            ControlledExecution.Run(() => done.SetResult(work().GetAwaiter().GetResult()), abort);
#pragma warning restore SYSLIB0046
        }
        catch (Exception e)
        {
            done.SetException(e);
        }
    }
}

/// <summary>A cancelled cell did not stop by itself.</summary>
/// <param name="leftBehind">Whether it goes on in the background, because it could not be stopped by force either.</param>
/// <param name="cancellation">What it did not listen to.</param>
internal sealed class CellForcedException(bool leftBehind, CancellationToken cancellation) : OperationCanceledException(cancellation)
{
    /// <summary>Whether it goes on in the background.</summary>
    public bool LeftBehind => leftBehind;
}
