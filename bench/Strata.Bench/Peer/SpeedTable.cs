using System.Runtime.InteropServices;
using Strata.Bench.Peer.Rows;
using Strata.Tensors;

namespace Strata.Bench.Peer;

/// <summary>
/// The speed table: the same work in PyTorch (or numpy) and in Strata, alternating, printed as ratios of medians with the machine's header. The peer runs at its best: OpenBLAS in the OpenMP build, inference mode, the faster of
/// one and two threads.
/// </summary>
internal sealed class SpeedTable(PythonWorker? pytorch, int rounds, IReadOnlyList<string> chosen)
{
    /// <summary>The groups of rows by the names that --rows takes.</summary>
    private static readonly (string Name, Action<PeerBench> Run)[] Table =
    [
        ("products", ProductRows.Run),
        ("forward", ForwardRows.Run),
        ("capture", CaptureRows.Run),
        ("decode", DecodeRows.Run),
        ("windows", PlanRows.Windows),
        ("painters", PlanRows.Painters),
        ("heads", HeadRows.Run),
        ("patching", PatchingRows.Run),
        ("cka", CkaRows.Run),
        ("entropy", EntropyRows.Run),
        ("memory", MemoryRows.Run),
    ];

    /// <summary>Groups that run by name alone.</summary>
    private static readonly (string Name, Action<PeerBench> Run)[] Others = [("siblings", SiblingRows.Run)];

    /// <summary>Measures and writes the chosen groups; the whole table when none is chosen.</summary>
    /// <returns>0, or 1 when a name is unknown.</returns>
    public int Run()
    {
        (string Name, Action<PeerBench> Run)[] groups = [.. Table, .. Others];
        if (chosen.FirstOrDefault(c => !groups.Any(g => g.Name == c)) is string unknown)
        {
            Console.Error.WriteLine($"--rows {unknown}: there is no such group of rows. There are {string.Join(", ", groups.Select(g => g.Name))}.");
            return 1;
        }

        Console.WriteLine($"# {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {ProcessorName()}");
        Console.WriteLine($"# Strata {typeof(Tensor).Assembly.GetName().Version!.ToString(3)}, {new CpuEngine(new CpuEngineOptions { Threads = Math.Min(2, Environment.ProcessorCount) }).Name}; medians of {rounds} alternating rounds; load {Load()} at the start");
        Console.WriteLine(pytorch is null ? "# PyTorch: not run" : $"# PyTorch {pytorch.Header.GetProperty("torch").GetString()}, numpy {pytorch.Header.GetProperty("numpy").GetString()}, {pytorch.Header.GetProperty("blas").GetString()}");
        Console.WriteLine($"\n{"work",-78}{"measured",9}{"spread",13}{"target",9}{"of peak",9}");
        PeerBench bench = new(pytorch, rounds);
        foreach ((_, Action<PeerBench> run) in chosen.Count == 0 ? Table : groups.Where(g => chosen.Contains(g.Name))) run(bench);

        Console.WriteLine($"# load {Load()} at the end");
        return 0;
    }

    private static string ProcessorName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Processes that wanted a core in the last minute: above the number of cores, times are those of a shared machine.</summary>
    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
