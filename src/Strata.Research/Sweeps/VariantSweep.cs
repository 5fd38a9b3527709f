using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Evaluates variants of a network as one job, next to the network without change. What lies before the first change of a variant is computed once for all; from there on, variants
/// of small batches run together, up to 512 rows of a product.
/// </summary>
public static class VariantSweep
{
    /// <summary>Evaluates every variant.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="variants">At least one.</param>
    /// <param name="plan">The plan that all run along; null for all blocks in order.</param>
    /// <param name="options">Scorer, batch size, where results are kept, progress. Interventions act in all variants, and in the network without change.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">A variant or the plan does not fit the network, or the data cannot be evaluated; see <see cref="Sweep.Run"/>.</exception>
    /// <exception cref="InvalidFileException">The folder of results cannot be read or written.</exception>
    public static VariantSweepResult Run(Model model, TokenRows rows, IReadOnlyList<Variant> variants, LayerPlan? plan = null, SweepOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SweepOptions();
        plan = model.CheckPlan(plan);
        if (variants.Count == 0) throw new StrataException("A sweep of variants needs at least one.");
        Sweep.CheckData(model, rows, options.Scorer);
        Provenance provenance = Sweep.Describe(model, rows, options) with { Plan = plan.ToString() };
        using SweepJournal? journal = options.Results is null ? null : new SweepJournal(options.Results, provenance, options.Scorer);
        VariantSweepRun run = new(model, rows, variants, plan, options, provenance, journal);
        run.Run(cancellation);
        return run.Result();
    }

    /// <summary>Each head of attention in turn replaced by 0, or by its mean over the data.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="mean">Replace what a head mixes by its mean over all tokens of the data instead of by 0.</param>
    /// <param name="options">As for <see cref="Run"/>.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <inheritdoc cref="Run"/>
    public static VariantSweepResult Heads(Model model, TokenRows rows, bool mean = false, SweepOptions? options = null, CancellationToken cancellation = default)
    {
        CaptureRequest request = new() { Points = ["blocks.*.attn.z"], Interventions = options?.Interventions ?? [], Announce = _ => { }, Progress = options?.Progress };
        return Run(model, rows, Variant.Heads(model, mean ? model.Capture(rows, request, cancellation) : null), null, options, cancellation);
    }
}

/// <summary>One evaluation per variant, and that of the network without change.</summary>
/// <param name="Unchanged">The network without change.</param>
/// <param name="Variants">The variants given.</param>
/// <param name="Results">Their evaluations, in the same order.</param>
/// <param name="BlockEvaluations">Blocks computed per batch.</param>
/// <param name="LoopBlockEvaluations">Blocks that one run per variant would compute.</param>
/// <param name="ScoreName">The scorer's name, or null.</param>
/// <param name="Provenance">Where the result came from.</param>
public sealed record VariantSweepResult(
    Evaluation Unchanged, IReadOnlyList<Variant> Variants, IReadOnlyList<Evaluation> Results, double BlockEvaluations, double LoopBlockEvaluations, string? ScoreName, Provenance Provenance)
{
    /// <summary>The rule by which variants were given up; null where all were evaluated on all rows.</summary>
    public StopRule? StopWhen { get; init; }

    /// <summary>Do the variants form a grid of blocks and parts?</summary>
    public bool IsGrid => Variants.All(v => v is { Block: not null, Part: not null });

    /// <summary>What each variant adds to the loss, [blocks that have variants, parts]; NaN where there is no variant, or it was given up.</summary>
    /// <exception cref="InvalidOperationException">The variants form no grid.</exception>
    public double[,] AddedLoss()
    {
        if (!IsGrid) throw new InvalidOperationException("The variants form no grid of blocks and parts.");
        int[] blocks = Blocks;
        double[,] added = new double[blocks.Length, Variants.Max(v => v.Part!.Value) + 1];
        for (int i = 0; i < blocks.Length; i++)
            for (int j = 0; j < added.GetLength(1); j++) added[i, j] = double.NaN;
        for (int v = 0; v < Variants.Count; v++) added[Array.IndexOf(blocks, Variants[v].Block!.Value), Variants[v].Part!.Value] = Results[v].Loss - Unchanged.Loss;
        return added;
    }

    /// <summary>The blocks of the grid, ascending.</summary>
    public int[] Blocks => [.. Variants.Select(v => v.Block).OfType<int>().Distinct().Order()];

    /// <summary>One row per variant: its name, its changes, loss, how much it adds to the loss of the network without change, perplexity, top-1 accuracy, score, tokens.</summary>
    public Table ToTable()
    {
        List<Column> columns = IsGrid ? [Column.Integer("block", Variants.Select(v => (long)v.Block!.Value)), Column.Integer("part", Variants.Select(v => (long)v.Part!.Value))] : [Column.Text("variant", Variants.Select(v => v.Name))];
        columns.AddRange(
        [
            Column.Text("change", Variants.Select(v => string.Join("; ", v.Interventions))),
            Column.Real("loss", Results.Select(r => r.Loss), "nats/token"),
            Column.Real("added loss", Results.Select(r => r.Loss - Unchanged.Loss), "nats/token"),
            Column.Real("perplexity", Results.Select(r => r.Perplexity)),
            Column.Real("top1", Results.Select(r => r.Top1)),
        ]);
        if (ScoreName is not null) columns.Add(Column.Real(ScoreName, Results.Select(r => r.Score ?? double.NaN)));
        columns.Add(Column.Integer("tokens", Results.Select(r => r.Tokens)));
        List<string> notes =
        [
            FormattableString.Invariant($"The network without change has loss {Unchanged.Loss:0.0000} nats/token."),
            FormattableString.Invariant($"{BlockEvaluations:0.#} block evaluations per batch were run; one run per variant would be {LoopBlockEvaluations:0.#}."),
        ];
        if (StopWhen is not null) notes.Add(StopWhen.AddTo(columns, Results, "variants"));
        return new Table("Sweep of variants", Provenance, [.. columns]) { Notes = notes };
    }
}
