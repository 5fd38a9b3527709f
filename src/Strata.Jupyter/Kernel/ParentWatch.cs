using System.Diagnostics;
using System.Globalization;

namespace Strata.Jupyter.Kernel;

/// <summary>Ends a kernel whose front end is gone without a word. Front ends put their process id into the environment.</summary>
internal static class ParentWatch
{
    private const string Variable = "JPY_PARENT_PID";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Calls <paramref name="gone"/> when the front end's process has ended; never, where its id is not known.</summary>
    /// <returns>Stops watching when disposed.</returns>
    public static IDisposable Begin(Action gone)
    {
        bool known = int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out int parent) && parent > 1;
        return new Timer(_ =>
        {
            if (!IsAlive(parent)) gone();
        }, null, known ? Period : Timeout.InfiniteTimeSpan, Period);
    }

    private static bool IsAlive(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
