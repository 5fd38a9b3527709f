using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>Plots of sweeps.</summary>
internal static class SweepFigure
{
    private static readonly Axis Loss = new("loss", "nats/token");

    /// <summary>Loss over cost, a point per plan.</summary>
    public static Figure Cost(SweepResult sweep)
    {
        PointSeries Points(string name, IEnumerable<Evaluation> results)
        {
            Evaluation[] all = results.ToArray();
            return new PointSeries(name, all.Select(r => r.Cost.FlopsPerToken).ToArray(), all.Select(r => r.Loss).ToArray()) { PointNames = all.Select(r => r.Plan.ToString()).ToArray() };
        }

        PointSeries[] series = [Points("plans", sweep.Results.Where(r => !r.Plan.IsIdentity)), Points("all blocks in order", sweep.Results.Where(r => r.Plan.IsIdentity))];
        return Described(Figure.Scatter("Loss and cost of layer plans", new Axis("FLOPs per token"), Loss, series.Where(s => s.X.Count > 0).ToArray()), sweep);
    }

    /// <summary>Loss without each block, over the block that is left out.</summary>
    public static Figure DropEach(SweepResult sweep)
    {
        Evaluation[] dropped = sweep.Results.Where(r => !r.Plan.IsIdentity).ToArray();
        double[] blocks = dropped.Select(r => (double)Enumerable.Range(0, r.Plan.Blocks).Except(r.Plan.Executions.Select(LayerPlan.BlockOf)).Single()).ToArray();
        LineSeries line = new("one block left out", blocks, dropped.Select(r => r.Loss).ToArray());
        return Described(Figure.Lines("Loss without each block", "block left out", Loss, line, Baseline(sweep, blocks)), sweep);
    }

    /// <summary>Loss of each method over the number of blocks touched.</summary>
    public static Figure Painters(SweepResult sweep, IReadOnlyList<MethodPlan> methods)
    {
        Dictionary<LayerPlan, double> losses = sweep.Results.GroupBy(r => r.Plan).ToDictionary(g => g.Key, g => g.First().Loss);
        double[] touched = methods.Select(m => (double)m.Touched).Distinct().Order().ToArray();
        if (touched.Length == 1)
            return Described(Figure.Bars($"Loss of methods over blocks {methods[0].Start}..{methods[0].End} (end excluded)", "method", Loss, [.. methods.Select(m => m.Method), "all blocks in order"],
                new BarSeries("loss", [.. methods.Select(m => losses[m.Plan]), sweep.Results[0].Loss])), sweep);
        LineSeries[] lines = methods.GroupBy(m => m.Method)
            .Select(g => new LineSeries(g.Key, g.OrderBy(m => m.Touched).Select(m => (double)m.Touched).ToArray(), g.OrderBy(m => m.Touched).Select(m => losses[m.Plan]).ToArray()))
            .ToArray();
        return Described(Figure.Lines("Loss by method and blocks touched", "blocks touched in the middle", Loss, [.. lines, Baseline(sweep, touched)]), sweep);
    }

    private static LineSeries Baseline(SweepResult sweep, double[] x) => new("all blocks in order", x, x.Select(_ => sweep.Results.First(r => r.Plan.IsIdentity).Loss).ToArray()) { Dashed = true };

    private static Figure Described(Figure figure, SweepResult sweep) => figure.WithProvenance(sweep.Provenance);
}
