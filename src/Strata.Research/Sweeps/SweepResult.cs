using Strata.Models;

namespace Strata.Research;

/// <summary>One evaluation per plan, and what the job cost.</summary>
/// <param name="Results">In the order of the plans given.</param>
/// <param name="BlockEvaluations">Blocks computed per batch, shared beginnings once.</param>
/// <param name="LoopBlockEvaluations">Blocks that one run per plan would compute.</param>
/// <param name="ScoreName">The scorer's name, or null.</param>
/// <param name="Provenance">Where the result came from.</param>
public sealed record SweepResult(IReadOnlyList<Evaluation> Results, double BlockEvaluations, double LoopBlockEvaluations, string? ScoreName, Provenance Provenance)
{
    /// <summary>The rule by which plans were given up; null where all were evaluated on all rows.</summary>
    public StopRule? StopWhen { get; init; }

    /// <summary>
    /// One row per plan: plan, loss, perplexity, top-1 accuracy, score, tokens, blocks, FLOPs per token. With a rule for giving plans up, also after how many rows a plan was given up
    /// and its loss on these; what holds for all rows is not defined for it.
    /// </summary>
    public Table ToTable()
    {
        List<Column> columns =
        [
            Column.Text("plan", Results.Select(r => r.Plan.ToString())),
            Column.Real("loss", Results.Select(r => r.Loss), "nats/token"),
            Column.Real("perplexity", Results.Select(r => r.Perplexity)),
            Column.Real("top1", Results.Select(r => r.Top1)),
        ];
        if (ScoreName is not null) columns.Add(Column.Real(ScoreName, Results.Select(r => r.Score ?? double.NaN)));
        columns.Add(Column.Integer("tokens", Results.Select(r => r.Tokens)));
        columns.Add(Column.Real("blocks", Results.Select(r => r.Cost.Blocks)));
        columns.Add(Column.Real("flops_per_token", Results.Select(r => r.Cost.FlopsPerToken)));
        List<string> notes = [$"{BlockEvaluations:0.#} block evaluations per batch were run; one run per plan would be {LoopBlockEvaluations:0.#}."];
        if (StopWhen is not null) notes.Add(StopWhen.AddTo(columns, Results, "plans"));
        return new Table("Sweep of layer plans", Provenance, [.. columns]) { Notes = notes };
    }
}
