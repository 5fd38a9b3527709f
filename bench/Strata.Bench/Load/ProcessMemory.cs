using System.Globalization;

namespace Strata.Bench.Load;

/// <summary>What the system says of this process, and files read as plainly as can be.</summary>
internal static class ProcessMemory
{
    /// <summary>A line of this process's memory, in bytes.</summary>
    public static long Status(string name) =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', '\t').First(part => part.Length > 0 && char.IsDigit(part[0])), CultureInfo.InvariantCulture);

    /// <summary>Reads a file from front to back through one buffer of 4 MB.</summary>
    public static void ReadThrough(string path)
    {
        byte[] buffer = new byte[1 << 22];
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        while (stream.Read(buffer) > 0) continue;
    }
}
