using System.Runtime.ExceptionServices;

namespace Strata.Jupyter.Session;

/// <summary>Exceptions that nobody catches, on threads that cells started: they become text below the cell, where without it they would end the process.</summary>
internal static class UnhandledExceptions
{
    private static readonly Lazy<bool> Handled = new(Begin);

    /// <summary>Handles those of cells from here on; others go the way they always go.</summary>
    public static void Handle() => _ = Handled.Value;

    /// <summary>Tells the cell that the calling code belongs to.</summary>
    /// <returns>Whether there is one; if not, the exception is not a cell's.</returns>
    public static bool Report(Exception exception)
    {
        if (CellScope.Current is not { } scope) return false;
        if (exception is OperationCanceledException && scope.Flag.IsRaised)
        {
            scope.LoseThread();
            return true;
        }

        CellError error = CellErrors.FromException(exception, "cell", "");
        scope.Host.Write(StandardStream.Error, $"Nobody caught this, on a thread that the cell started:\n{string.Join('\n', error.Traceback)}\n");
        return true;
    }

    private static bool Begin()
    {
        try
        {
            ExceptionHandling.SetUnhandledExceptionHandler(Report);
            return true;
        }
        catch (InvalidOperationException)
        {
            // The process that hosts the session has a handler of its own, and there can be one.
            return false;
        }
    }
}
