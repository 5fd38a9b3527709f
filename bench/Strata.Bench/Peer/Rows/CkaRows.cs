using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>Linear CKA of all pairs of 13 layers, beside numpy in float32 and in the same feature form.</summary>
internal static class CkaRows
{
    private const int Layers = 13;
    private const int Samples = 4096;
    private const int Width = 768;

    public static void Run(PeerBench bench)
    {
        Random random = new(1);
        string[] points = [.. Enumerable.Range(0, Layers).Select(i => $"blocks.{i}.resid_post")];
        Dictionary<string, IReadOnlyList<FloatMatrix>> rows = points.ToDictionary(p => p, _ => (IReadOnlyList<FloatMatrix>)[new FloatMatrix([.. Enumerable.Range(0, Samples * Width).Select(_ => (float)random.NextDouble() - 0.5f)], Samples, Width)]);
        Activations activations = new(Pooling.Mean, points, rows, new Provenance());
        ComparisonOptions plain = new() { Controls = false };
        (double[][] seconds, double peak) = bench.Measure(bench.Rounds, [Timed(() => ComparisonMatrix.Compute(activations, activations, "cka", plain)), .. bench.Peer(new JsonObject { ["cmd"] = "cka", ["layers"] = Layers, ["samples"] = Samples, ["width"] = Width })]);
        double flops = 2.0 * Layers * (Layers + 1) / 2 * Samples * Width * Width, ours = Median(seconds[0]), share = flops / ours / bench.Threads / peak;
        string work = $"linear CKA of all pairs, {Layers} x {Samples} x {Width} ({ours:0.0} s)";
        if (bench.HasPeer) PeerBench.Ratio($"{work}: numpy's time over ours", seconds[1], seconds[0], ">= 1.2", share);
        else PeerBench.Row($"{work}, seconds", ours, share: share);
    }
}
