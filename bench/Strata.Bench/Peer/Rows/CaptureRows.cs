using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>The forward pass with loss and all residual streams captured, beside PyTorch and beside the pass without capture.</summary>
internal static class CaptureRows
{
    public static void Run(PeerBench bench)
    {
        Model model = bench.Network();
        TokenRows rows = PeerBench.Tokens(ForwardRows.Batch, ForwardRows.Length);
        JsonObject request = ForwardRows.Request("capture");
        request["pool"] = "mean";
        (double[][] seconds, double peak) = bench.Measure(bench.Rounds,
        [
            Timed(() => Forward(model, rows, null)),
            Timed(() => Forward(model, rows, Pooling.None)),
            Timed(() => Forward(model, rows, Pooling.Mean)),
            .. bench.Peer(request),
        ]);
        double share = PeerBench.ForwardFlops(model.Spec, ForwardRows.Batch, ForwardRows.Length, model.Spec.Blocks) / Median(seconds[2]) / bench.Threads / peak;
        if (bench.HasPeer) PeerBench.Ratio("  with all residual streams captured and pooled by mean: PyTorch's time over ours", seconds[3], seconds[2], ">= 1.5", share);
        PeerBench.Ratio("  captured and pooled, over the plain pass", seconds[2], seconds[0], "<= 1.05");
        PeerBench.Ratio("  captured and kept whole, over the plain pass", seconds[1], seconds[0], "<= 1.05");
    }

    /// <summary>A pass with loss; with the residual stream after every block captured where a pooling is given.</summary>
    private static void Forward(Model model, TokenRows rows, Pooling? pooling)
    {
        LayerPlan plan = model.Plans.Identity();
        HookCatalog catalog = new(model.Spec, plan);
        IReadOnlyList<HookPoint> points = catalog.Select(["blocks.*.resid_post"]);
        HookSession? hooks = pooling is Pooling how ? new HookSession(catalog, model.Spec, [], points, new CaptureBuffer(points, rows, how, PositionSelection.All, 0, rows.Count)) : null;
        using TensorScope scope = model.Engine.OpenScope();
        BatchRun run = new(model, new TokenBatch(rows.Sequences), hooks, null);
        float[] losses = new float[rows.Tokens];
        run.Losses(scope, run.Run(scope, plan), losses, new int[rows.Tokens]);
    }
}
