using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>The forward pass with the loss of every next token, beside PyTorch and beside itself on one core.</summary>
internal static class ForwardRows
{
    public const int Batch = 8;
    public const int Length = 256;

    public static void Run(PeerBench bench)
    {
        Model model = bench.Network();
        TokenRows rows = PeerBench.Tokens(Batch, Length);
        double flops = PeerBench.ForwardFlops(model.Spec, Batch, Length, model.Spec.Blocks);
        (double[][] seconds, double peak) = bench.Measure(bench.Rounds, [Timed(() => Evaluation.Run(model, rows)), .. bench.Peer(Request())]);
        double ours = Median(seconds[0]), share = flops / ours / bench.Threads / peak;
        if (bench.HasPeer) PeerBench.Ratio($"forward {Batch}x{Length} with loss ({ours:0.00} s): PyTorch's time over ours", seconds[1], seconds[0], ">= 1.4", share);
        else PeerBench.Row($"forward {Batch}x{Length} with loss, seconds", ours, share: share);
        Cores(bench, rows);
    }

    /// <summary>The same network on one core and on all.</summary>
    private static void Cores(PeerBench bench, TokenRows rows)
    {
        Model one = Model.Random(PeerBench.Gpt2Small, 0, new ModelOptions { Engine = new CpuEngine(new CpuEngineOptions { Threads = 1 }), Announce = _ => { } });
        (double[][] seconds, _) = bench.Measure(bench.Rounds, Timed(() => Evaluation.Run(one, rows)), Timed(() => Evaluation.Run(bench.Network(), rows)));
        PeerBench.Ratio($"forward {Batch}x{Length} with loss, {bench.Threads} threads, times 1 thread", seconds[0], seconds[1], ">= 1.85");
    }

    /// <summary>What the peer is asked for.</summary>
    public static JsonObject Request(string command = "forward") => new() { ["cmd"] = command, ["batch"] = Batch, ["length"] = Length };
}
