using Strata.Models;

namespace Strata.Research;

/// <summary>A sweep of plans under way: their prefix tree is walked with every batch.</summary>
internal sealed class PlanSweepRun : SweepRun
{
    private readonly LayerPlan[] _plans;
    private readonly int _asked;
    private readonly PlanTree _tree;
    private readonly Dictionary<int, TreeSchedule> _schedules = [];

    private PlanSweepRun(Model model, TokenRows rows, LayerPlan[] plans, int asked, SweepOptions options, Provenance provenance, SweepJournal? journal)
        : base(model, rows, [.. plans.Select(plan => plan.ToString())], Array.FindIndex(plans, plan => plan.IsIdentity), options, provenance, journal)
    {
        (_plans, _asked) = (plans, asked);
        _tree = Tree(plans);
    }

    /// <summary>Prepares a sweep whose inputs have been checked. A rule for giving up needs the network without change, whether it was asked for or not.</summary>
    public static PlanSweepRun Of(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions options, Provenance provenance, SweepJournal? journal)
    {
        bool adds = options.StopWhen is not null && !plans.Any(plan => plan.IsIdentity);
        return new PlanSweepRun(model, rows, adds ? [.. plans, model.Plans.Identity()] : [.. plans], plans.Count, options, provenance, journal);
    }

    /// <summary>The results so far.</summary>
    public SweepResult Result() => new(
        [.. Enumerable.Range(0, _asked).Select(Result)],
        _tree.BlockEvaluations,
        _plans.Sum(plan => plan.BlocksRun),
        Options.Scorer?.Name,
        Provenance with { Plan = _asked == 1 ? _plans[0].ToString() : $"{_asked} plans" })
    {
        StopWhen = Options.StopWhen,
    };

    /// <inheritdoc/>
    protected override bool IsAsked(int entry) => entry < _asked;

    /// <inheritdoc/>
    protected override SweepWork Work(int known) => new()
    {
        Plans = _plans.Length,
        Known = known,
        Rows = Rows.Count,
        Tokens = Rows.Tokens,
        BlockEvaluations = _tree.BlockEvaluations,
        LoopBlockEvaluations = _plans.Sum(plan => plan.BlocksRun),
        Flops = _tree.FlopsPerToken(Model.Spec) * Rows.Tokens,
        StreamBytes = 4L * Model.Spec.Width * Rows.Batches(Options.TokensPerBatch).Select(part => part.Batch.Tokens).Distinct().Max(tokens => (long)tokens * Schedule(tokens).PeakStreams),
    };

    /// <inheritdoc/>
    protected override void Evaluate(BatchWork work, CancellationToken cancellation)
    {
        bool all = work.Entries.Length == _plans.Length;
        LayerPlan[] plans = all ? _plans : [.. work.Entries.Select(i => _plans[i])];
        PlanTree tree = all ? _tree : Tree(plans);
        TreeWalk walk = new(Model, Runs(work.Batch, plans), work.Scoring, cancellation)
        {
            Evaluated = (alike, sums) => work.Evaluated([.. alike.Select(i => work.Entries[i])], sums),
            Done = turn => work.Done(turn.Nodes.Sum(node => turn.Ends ? PlanCost.UnembeddingFlops(Model.Spec) : node.StepFlops(Model.Spec))),
        };
        walk.Walk(tree, all ? Schedule(work.Batch.Tokens) : TreeSchedule.Of(tree, work.Batch.Tokens, Model.Spec, Options));
    }

    /// <inheritdoc/>
    protected override Evaluation Result(int entry, PlanSums sums, StoppedEarly? stopped) =>
        sums.Evaluation(_plans[entry], Model.Spec, Options.Scorer is not null, Provenance with { Plan = _plans[entry].ToString() }, stopped);

    private PlanTree Tree(LayerPlan[] plans) => PlanTree.Build(plans, Options.Interventions.Count == 0 ? Model.Spec : null);

    private TreeSchedule Schedule(int tokens) => _schedules.TryGetValue(tokens, out TreeSchedule? made) ? made : _schedules[tokens] = TreeSchedule.Of(_tree, tokens, Model.Spec, Options);

    /// <summary>Without interventions one run serves all plans; with them, the plan says which point an execution position is.</summary>
    private BatchRun[] Runs(TokenBatch batch, LayerPlan[] plans) =>
        Options.Interventions.Count == 0 ? [new BatchRun(Model, batch)] : [.. plans.Select(plan => new BatchRun(Model, batch, plan, Options.Interventions))];
}
