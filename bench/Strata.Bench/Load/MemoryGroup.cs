using System.Globalization;

namespace Strata.Bench.Load;

/// <summary>A control group of Linux (version 1 or 2) whose processes have so much memory together, page cache included. Making one needs root.</summary>
internal sealed class MemoryGroup : IDisposable
{
    private const string First = "/sys/fs/cgroup/memory", Second = "/sys/fs/cgroup";
    private readonly string _folder;

    /// <summary>A group of its own.</summary>
    /// <param name="bytes">What it allows.</param>
    public MemoryGroup(long bytes)
    {
        bool old = Directory.Exists(First);
        _folder = Path.Combine(old ? First : Second, $"strata-{Environment.ProcessId}");
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, old ? "memory.limit_in_bytes" : "memory.max"), bytes.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The file that takes the numbers of its processes.</summary>
    public string Processes => Path.Combine(_folder, "cgroup.procs");

    /// <summary>Removes the group, which must be empty.</summary>
    public void Dispose() => Directory.Delete(_folder);
}
