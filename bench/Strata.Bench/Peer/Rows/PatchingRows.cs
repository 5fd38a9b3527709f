using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>The stream before each block patched at each position of one pair of prompts, beside a loop of hooked passes over one position in 32, each of which costs the same; both read the last position alone.</summary>
internal static class PatchingRows
{
    private const int Length = 64;
    private const int Stride = 32;

    public static void Run(PeerBench bench)
    {
        Model model = bench.Network();
        int[][] prompts = [.. PeerBench.Tokens(2, Length).Sequences];
        int blocks = model.Spec.Blocks;
        JsonObject request = new()
        {
            ["cmd"] = "patch",
            ["length"] = Length,
            ["cells"] = new JsonArray([.. Enumerable.Range(0, blocks).SelectMany(b => Enumerable.Range(0, Length / Stride).Select(p => (JsonNode)new JsonArray(b, p * Stride)))]),
        };
        PatchingOptions quiet = new() { Announce = _ => { } };
        (double[][] seconds, double peak) = bench.Measure(bench.Rounds, [Timed(() => PatchingGrid.Run(model, prompts[0], prompts[1], PatchingMetric.LogitDifference(1, 2), quiet)), .. bench.Peer(request)]);
        double ours = Median(seconds[0]), share = Flops(model.Spec) / ours / bench.Threads / peak;
        string work = $"patching grid {blocks}x{Length}, last position ({ours:0.0} s)";
        if (bench.HasPeer) PeerBench.Ratio($"{work}: PyTorch's loop over ours", [.. seconds[1].Select(s => Stride * s)], seconds[0], ">= 8", share);
        else PeerBench.Row($"{work}, seconds", ours, share: share);
    }

    /// <summary>A patch at a position runs the tokens from there on; of the last block, keys and values of all of them and the rest of the last alone.</summary>
    private static double Flops(ModelSpec spec)
    {
        double projection = 2.0 * spec.Width * spec.Width, unembedding = 2.0 * spec.Width * spec.Vocabulary, flops = 0;
        for (int position = 0; position < Length; position++)
        {
            int tokens = Length - position;
            double attention = 4.0 * spec.Width * tokens * (position + Length + 1) / 2, block = (12 * projection * tokens) + attention;
            double last = (2 * projection * tokens) + (10 * projection) + (4.0 * spec.Width * Length);
            for (int first = 0; first < spec.Blocks; first++) flops += ((spec.Blocks - 1 - first) * block) + last + unembedding;
        }

        return flops;
    }
}
