using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Strata.Bench.Load;

/// <summary>The system's cache of files.</summary>
internal static partial class FileCache
{
    /// <summary>Writes a file out and drops it from the cache, so that the next reading comes from the disk.</summary>
    public static void Drop(string path)
    {
        const int dontNeed = 4;
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
        int error = Advise(stream.SafeFileHandle, 0, 0, dontNeed);
        if (error != 0) throw new IOException($"posix_fadvise returned {error}.");
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
