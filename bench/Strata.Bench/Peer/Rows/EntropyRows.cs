using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>Prompt entropy of 256 prompts of 256 tokens, beside numpy's eigvalsh. Layers are alike and independent, so one stands for all 13.</summary>
internal static class EntropyRows
{
    private const int Prompts = 256;
    private const int Length = 256;
    private const int Width = 768;

    public static void Run(PeerBench bench)
    {
        Random random = new(1);
        FloatMatrix[] samples = [.. Enumerable.Range(0, Prompts).Select(_ => new FloatMatrix([.. Enumerable.Range(0, Length * Width).Select(_ => (float)random.NextDouble() - 0.5f)], Length, Width))];
        Activations activations = new(Pooling.None, ["x"], new Dictionary<string, IReadOnlyList<FloatMatrix>> { ["x"] = samples }, new Provenance());
        Measure entropy = Strata.Research.Measures.Get("prompt-entropy");
        (double[][] seconds, _) = bench.Measure(bench.Rounds, [Timed(() => entropy.Compute(activations, "x")), .. bench.Peer(new JsonObject { ["cmd"] = "entropy", ["prompts"] = Prompts, ["length"] = Length, ["width"] = Width })]);
        string work = $"prompt entropy, {Prompts} prompts x {Length} tokens, a layer ({Median(seconds[0]):0.00} s)";
        if (bench.HasPeer) PeerBench.Ratio($"{work}: numpy's time over ours", seconds[1], seconds[0], ">= 2");
        else PeerBench.Row($"{work}, seconds", Median(seconds[0]));
    }
}
