using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>
/// Heads set to 0 one by one, each with loss, beside a loop of hooked passes: one head of each block, which costs what the others of its block do.
/// </summary>
internal static class HeadRows
{
    private const int Batch = 8;
    private const int Length = 128;

    public static void Run(PeerBench bench)
    {
        Model model = bench.Network();
        TokenRows rows = PeerBench.Tokens(Batch, Length);
        Variant[] variants = [.. Variant.Heads(model).Where(v => v.Part == 0)];
        JsonObject request = new()
        {
            ["cmd"] = "ablate",
            ["batch"] = Batch,
            ["length"] = Length,
            ["heads"] = new JsonArray([.. variants.Select(v => (JsonNode)new JsonArray(v.Block!.Value, v.Part!.Value))]),
        };
        (double[][] seconds, double peak) = bench.Measure(bench.Rounds, [Timed(() => VariantSweep.Run(model, rows, variants)), .. bench.Peer(request)]);
        double flops = variants.Sum(v => PeerBench.ForwardFlops(model.Spec, Batch, Length, model.Spec.Blocks - v.Block!.Value)) + PeerBench.ForwardFlops(model.Spec, Batch, Length, model.Spec.Blocks);
        double ours = Median(seconds[0]), share = flops / ours / bench.Threads / peak;
        string work = $"{variants.Length} of 144 heads zeroed, {Batch}x{Length} ({ours:0.0} s)";
        if (bench.HasPeer) PeerBench.Ratio($"{work}: PyTorch's loop over ours", seconds[1], seconds[0], ">= 2", share);
        else PeerBench.Row($"{work}, seconds", ours, share: share);
    }
}
