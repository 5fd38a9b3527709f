using Strata.Models;
using Strata.Research;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>Small data: siblings together against each alone, on the way to the rule for how many rows run together. No part of the table; run by name.</summary>
internal static class SiblingRows
{
    public static void Run(PeerBench bench)
    {
        Model model = bench.Network();
        IReadOnlyList<LayerPlan> plans = model.Plans.AllWindows();
        foreach (int tokens in (int[])[16, 64, 128, 256])
        {
            TokenRows rows = PeerBench.Tokens(1, tokens);
            double[][] seconds = Rounds(bench.Rounds, Timed(() => Sweep.Run(model, rows, plans)), Timed(() => Sweep.Run(model, rows, plans, new SweepOptions { SiblingBytes = 0 })));
            PeerBench.Ratio($"{plans.Count} windows on 1x{tokens} ({Median(seconds[0]):0.00} s): each plan alone over siblings together", seconds[1], seconds[0], "");
        }
    }
}
