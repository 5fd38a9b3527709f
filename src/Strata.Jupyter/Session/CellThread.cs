namespace Strata.Jupyter.Session;

/// <summary>Runs the code of a cell on a thread of its own, which has a deep stack and can be left behind when it does not listen to cancellation.</summary>
internal static class CellThread
{
    private const int StackBytes = 16 << 20;

    /// <summary>Runs <paramref name="work"/> to its end, or until it has ignored a cancellation for <paramref name="grace"/>.</summary>
    /// <exception cref="CellLeftBehindException">The work was cancelled and did not stop; its thread goes on in the background.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled and stopped.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> work, TimeSpan grace, CancellationToken cancellation)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() => Run(work, done), StackBytes) { IsBackground = true, Name = "Notebook cell" };
        thread.Start();

        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellation.Register(cancelled.SetResult);
        if (await Task.WhenAny(done.Task, cancelled.Task) == cancelled.Task)
        {
            await Task.WhenAny(done.Task, Task.Delay(grace, CancellationToken.None));
            if (!done.Task.IsCompleted) throw new CellLeftBehindException(cancellation);
        }

        return await done.Task;
    }

    private static void Run<T>(Func<Task<T>> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(work().GetAwaiter().GetResult());
        }
        catch (Exception e)
        {
            done.SetException(e);
        }
    }
}

/// <summary>A cancelled cell did not stop in time, and its thread was left behind.</summary>
internal sealed class CellLeftBehindException(CancellationToken cancellation) : OperationCanceledException(cancellation);
