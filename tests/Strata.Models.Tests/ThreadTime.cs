using System.Runtime.InteropServices;

namespace Strata.Models.Tests;

/// <summary>The processor time of a thread: unlike the time of a clock it does not depend on what else the machine does.</summary>
internal static partial class ThreadTime
{
    private const int ThreadClock = 3;

    /// <summary>What this thread has used up since it began; always 0 elsewhere than on Linux, where no thread's own clock is read.</summary>
    public static TimeSpan Spent
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return TimeSpan.Zero;
            return ReadClock(ThreadClock, out Time time) == 0 ? new TimeSpan((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100)) : throw new InvalidOperationException("This thread has no clock.");
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
