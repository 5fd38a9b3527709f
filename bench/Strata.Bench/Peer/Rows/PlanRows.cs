using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>
/// Many plans over one batch: all windows of a 12-block network left out in turn, and the painters' battery. A loop over plans is a sum of independent evaluations, so PyTorch runs a sixth of the plans, of all kinds, before each sweep and another
/// after it, and is charged for all by their number of blocks and unembeddings; Strata runs the whole sweep.
/// </summary>
internal static class PlanRows
{
    private const int Parts = 6;

    /// <summary>The plans without one stretch of blocks, all stretches.</summary>
    public static void Windows(PeerBench bench) => Run(bench, "windows", bench.Network().Plans.AllWindows(), ">= 2");

    /// <summary>Eight strategies (skip, repeat the centre, reverse, three shuffles, parallel, looped parallel) over every centred span.</summary>
    public static void Painters(PeerBench bench)
    {
        LayerPlans plans = bench.Network().Plans;
        Run(bench, "painters' plans", [.. Enumerable.Range(0, 3).SelectMany(seed => Research.Painters.Centred(plans, seed).Where(m => seed == 0 || m.Method == "shuffle")).Select(m => m.Plan).Distinct()], "");
    }

    private static void Run(PeerBench bench, string name, IReadOnlyList<LayerPlan> plans, string target)
    {
        Model model = bench.Network();
        TokenRows rows = PeerBench.Tokens(ForwardRows.Batch, ForwardRows.Length);
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
            ours[round] = Timed(() => result = Sweep.Run(model, rows, plans))();
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
            PeerBench.Ratio($"{plans.Count} {name} on {ForwardRows.Batch}x{ForwardRows.Length} ({Median(ours):0.0} s): PyTorch's loop over ours", peer, ours, target, share);
            double promised = Median(peersForwards) / Median(forwards) * saved;
            PeerBench.Ratio($"  of the {promised:0.00} that forward ratio and saved FLOPs promise", peer, ours, ">= 0.95", scale: promised);
        }

        double[] loop = [.. forwards.Select(f => f * Flops(plans) / PeerBench.ForwardFlops(model.Spec, ForwardRows.Batch, ForwardRows.Length, model.Spec.Blocks))];
        PeerBench.Ratio($"  own loop over the sweep, of the {saved:0.00} that saved FLOPs promise", loop, ours, ">= 0.95", scale: saved);
    }

    private static LayerPlan[] Part(IReadOnlyList<LayerPlan> plans, int part) => [.. plans.Where((_, i) => (i + i / Parts) % Parts == part)];

    private static double Flops(IReadOnlyList<LayerPlan> plans) => plans.Sum(p => PeerBench.ForwardFlops(PeerBench.Gpt2Small, ForwardRows.Batch, ForwardRows.Length, p.Executions.Length));

    /// <summary>FLOPs of a loop over FLOPs of the tree; the unembedding runs once per plan in both.</summary>
    private static double PromisedGain(IReadOnlyList<LayerPlan> plans, SweepResult sweep)
    {
        double unembedding = PeerBench.ForwardFlops(PeerBench.Gpt2Small, 1, ForwardRows.Length, 0), block = PeerBench.ForwardFlops(PeerBench.Gpt2Small, 1, ForwardRows.Length, 1, unembedding: false);
        return (sweep.LoopBlockEvaluations * block + plans.Count * unembedding) / (sweep.BlockEvaluations * block + plans.Count * unembedding);
    }

    private static JsonObject Request(IReadOnlyList<LayerPlan> plans)
    {
        JsonObject request = ForwardRows.Request("sweep");
        request["plans"] = Steps(plans);
        return request;
    }

    /// <summary>Plans as the peer reads them: a number is a block, a list of numbers runs in parallel.</summary>
    public static JsonArray Steps(IEnumerable<LayerPlan> plans) => [.. plans.Select(plan => new JsonArray([.. plan.Steps.Select(Step)]))];

    private static JsonNode Step(PlanStep step) => step is ParallelStep parallel ? new JsonArray([.. parallel.Members.Select(Step)]) : LayerPlan.BlockOf(step);
}
