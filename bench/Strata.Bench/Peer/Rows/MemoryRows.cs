using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;

namespace Strata.Bench.Peer.Rows;

/// <summary>Most memory that was resident at once in a sweep of left-out blocks, each side in a process of its own that does nothing else. Linux only.</summary>
internal static class MemoryRows
{
    /// <summary>The verb of the process that <see cref="Run"/> starts.</summary>
    public const string Verb = "peer-memory";

    public static void Run(PeerBench bench)
    {
        if (!OperatingSystem.IsLinux()) return;
        double ours = Child(), megabytes = ours / 1e6;
        if (!bench.HasPeer)
        {
            PeerBench.Row("resident memory of a sweep at most, MB", megabytes);
            return;
        }

        using PythonWorker fresh = PythonWorker.PyTorch();
        fresh.Ask(new JsonObject { ["cmd"] = "setup", ["seed"] = 0 });
        JsonObject sweep = ForwardRows.Request("sweep");
        sweep["threads"] = bench.Threads;
        sweep["repeat"] = 0;
        sweep["plans"] = PlanRows.Steps(Plans());
        fresh.Ask(sweep);
        double peers = fresh.Ask(new JsonObject { ["cmd"] = "memory" }).GetProperty("bytes").GetDouble();
        PeerBench.Row($"resident memory of a sweep at most ({megabytes:0} MB), over PyTorch's", ours / peers, "<= 0.6");
    }

    /// <summary>The work of the child: a sweep, then what /proc says.</summary>
    public static void RunChild()
    {
        Model model = new PeerBench(null, 1).Network();
        Sweep.Run(model, PeerBench.Tokens(ForwardRows.Batch, ForwardRows.Length), Plans());
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        Console.WriteLine(long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
    }

    private static IReadOnlyList<LayerPlan> Plans() => [.. new[] { "0..12", "1..12", "0..5, 6..12", "0..11" }.Select(p => LayerPlan.Parse(p, PeerBench.Gpt2Small.Blocks))];

    private static double Child()
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(MemoryRows).Assembly.Location, Verb] : [Verb]) { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return double.Parse(output.Trim().Split('\n')[^1], CultureInfo.InvariantCulture);
    }
}
