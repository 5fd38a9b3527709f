using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>One evaluation and what was changed for it.</summary>
internal sealed record Ablated(Evaluation Evaluation, IReadOnlyList<Intervention> Interventions);

/// <summary>The table and the figure that ablations are shown as.</summary>
internal static class AblationParts
{
    /// <summary>One row per run: plan, what was changed, loss, how much it adds to the loss of the network without change, and the rest of an evaluation.</summary>
    /// <param name="ablated">The runs; the first is the network without change.</param>
    /// <param name="unchanged">The runs without interventions, for provenance.</param>
    public static Table Table(IReadOnlyList<Ablated> ablated, SweepResult unchanged)
    {
        Column Real(string name, Func<Evaluation, double> value, string? unit = null) => Column.Real(name, ablated.Select(a => value(a.Evaluation)), unit);
        List<Column> columns =
        [
            Column.Text("plan", ablated.Select(a => a.Evaluation.Plan.ToString())),
            Column.Text("change", ablated.Select(a => string.Join("; ", a.Interventions))),
            Real("loss", e => e.Loss, "nats/token"),
            Real("added loss", e => e.Loss - ablated[0].Evaluation.Loss, "nats/token"),
            Real("perplexity", e => e.Perplexity),
            Real("top1", e => e.Top1),
        ];
        if (unchanged.ScoreName is string score) columns.Add(Real(score, e => e.Score ?? double.NaN));
        columns.Add(Column.Integer("tokens", ablated.Select(a => a.Evaluation.Tokens)));
        columns.Add(Real("blocks", e => e.Cost.Blocks));
        columns.Add(Real("flops_per_token", e => e.Cost.FlopsPerToken));
        string[] changes = ablated.SelectMany(a => a.Interventions).Select(i => i.ToString()).Distinct().ToArray();
        return new Table("Ablation", unchanged.Provenance with { Interventions = changes }, [.. columns]);
    }

    /// <summary>What each part of each block adds to the loss, where the runs were such a grid.</summary>
    public static Figure? Grid(VariantSweepResult sweep)
    {
        if (!sweep.IsGrid || sweep.Variants.Max(v => v.Part) == 0) return null;
        Intervention change = sweep.Variants[0].Interventions[0];
        string part = change.Head is not null ? "head" : $"group of {change.Columns!.Value.End.Value - change.Columns.Value.Start.Value} columns";
        HeatmapStyle style = new()
        {
            X = part,
            Y = "block",
            Value = new Axis("added loss", "nats/token"),
            RowLabels = [.. sweep.Blocks.Select(block => $"{block}")],
            Scale = ColorScaleKind.Diverging,
            RowsUpward = true,
        };
        string place = BlockPoint.Of(change.Point)!.Value.Place;
        return Figure.Heatmap($"Loss that each {part.Split(' ')[0]} of {place} adds when it is changed ({change.Kind.ToString().ToLowerInvariant()})", sweep.AddedLoss(), style)
            .WithNotes(sweep.ToTable().Notes).WithProvenance(sweep.Provenance);
    }

    /// <summary>Loss over blocks, where each of several runs changed one point.</summary>
    public static IEnumerable<Figure> Figures(IReadOnlyList<Ablated> ablated, SweepResult unchanged)
    {
        var single = ablated.Where(a => a.Interventions.Count == 1 && BlockPoint.Of(a.Interventions[0].Point) is not null && !a.Interventions[0].Point.Contains('*'))
            .GroupBy(a => $"{a.Interventions[0].Kind.ToString().ToLowerInvariant()} {BlockPoint.Of(a.Interventions[0].Point)!.Value.Place}{(a.Evaluation.Plan.IsIdentity ? "" : $", plan {a.Evaluation.Plan}")}")
            .Where(g => g.Count() > 1).ToArray();
        if (single.Length == 0) yield break;
        LineSeries[] lines = single.Select(g => new LineSeries(g.Key, g.Select(a => (double)BlockPoint.Of(a.Interventions[0].Point)!.Value.Block).ToArray(), g.Select(a => a.Evaluation.Loss).ToArray())).ToArray();
        double[] blocks = lines.SelectMany(l => l.X).Distinct().Order().ToArray();
        LineSeries baseline = new("network without change", blocks, blocks.Select(_ => ablated[0].Evaluation.Loss).ToArray()) { Dashed = true };
        yield return Figure.Lines("Loss with one point changed", "block", new Axis("loss", "nats/token"), [.. lines, baseline]).WithProvenance(unchanged.Provenance);
    }
}
