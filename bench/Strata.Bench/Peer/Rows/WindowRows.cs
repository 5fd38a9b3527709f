using System.Diagnostics;
using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>
/// All windows of a 12-block network left out in turn. A loop over plans is a sum of independent evaluations, so PyTorch runs a sixth of the plans before each sweep and another after it, and is charged for all by their number of
/// blocks and unembeddings; Strata runs the whole sweep.
/// </summary>
internal static class WindowRows
{
    private const int Parts = 6;

    public static void Run(PeerBench bench)
    {
        Model model = bench.Network();
        TokenRows rows = PeerBench.Tokens(ForwardRows.Batch, ForwardRows.Length);
        IReadOnlyList<LayerPlan> plans = model.Plans.AllWindows();
        int measured = Math.Max(1, bench.Rounds / 5);
        double[] ours = new double[measured], peer = new double[measured], forwards = new double[measured], peersForwards = new double[measured];
        SweepResult result = null!;
        Func<double> forward = Timed(() => Evaluation.Run(model, rows));
        Func<double>[] peersForward = bench.Peer(ForwardRows.Request());
        Func<double>[][] parts = [.. Enumerable.Range(0, Parts).Select(p => bench.Peer(Request(Part(plans, p))))];
        forward();
        foreach (Func<double> piece in peersForward) piece();
        for (int round = 0; round < measured; round++)
        {
            int before = 2 * round % Parts, after = (2 * round + 1) % Parts;
            double seconds = bench.HasPeer ? parts[before][0]() : 0;
            forwards[round] = forward();
            long start = Stopwatch.GetTimestamp();
            result = Sweep.Run(model, rows, plans);
            ours[round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (!bench.HasPeer) continue;
            peersForwards[round] = peersForward[0]();
            seconds += parts[after][0]();
            peer[round] = seconds * Flops(plans) / (Flops(Part(plans, before)) + Flops(Part(plans, after)));
        }

        double saved = PromisedGain(plans, result), flops = Flops(plans) / saved;
        (_, double peak) = bench.Measure(1, () => 0);
        double share = flops / Median(ours) / bench.Threads / peak;
        if (bench.HasPeer)
        {
            PeerBench.Ratio($"{plans.Count} windows on {ForwardRows.Batch}x{ForwardRows.Length} ({Median(ours):0.0} s): PyTorch's loop over ours", peer, ours, ">= 2", share);
            double promised = Median(peersForwards) / Median(forwards) * saved;
            PeerBench.Ratio($"  of the {promised:0.00} that forward ratio and saved FLOPs promise", peer, ours, ">= 0.95", scale: promised);
        }

        double[] loop = [.. forwards.Select(f => f * Flops(plans) / PeerBench.ForwardFlops(model.Spec, ForwardRows.Batch, ForwardRows.Length, model.Spec.Blocks))];
        PeerBench.Ratio($"  own loop over the sweep, of the {saved:0.00} that saved FLOPs promise", loop, ours, ">= 0.95", scale: saved);
    }

    private static LayerPlan[] Part(IReadOnlyList<LayerPlan> plans, int part) => [.. plans.Where((_, i) => i % Parts == part)];

    private static double Flops(IReadOnlyList<LayerPlan> plans) => plans.Sum(p => PeerBench.ForwardFlops(PeerBench.Gpt2Small, ForwardRows.Batch, ForwardRows.Length, p.Executions.Length));

    /// <summary>FLOPs of a loop over FLOPs of the tree; the unembedding runs once per plan in both.</summary>
    public static double PromisedGain(IReadOnlyList<LayerPlan> plans, SweepResult sweep)
    {
        double unembedding = PeerBench.ForwardFlops(PeerBench.Gpt2Small, 1, ForwardRows.Length, 0), block = PeerBench.ForwardFlops(PeerBench.Gpt2Small, 1, ForwardRows.Length, 1, unembedding: false);
        return (sweep.LoopBlockEvaluations * block + plans.Count * unembedding) / (sweep.BlockEvaluations * block + plans.Count * unembedding);
    }

    private static JsonObject Request(IReadOnlyList<LayerPlan> plans)
    {
        JsonObject request = ForwardRows.Request("sweep");
        request["plans"] = new JsonArray(plans.Select(plan => (JsonNode)new JsonArray(plan.Executions.Select(e => (JsonNode)LayerPlan.BlockOf(e)).ToArray())).ToArray());
        return request;
    }
}
