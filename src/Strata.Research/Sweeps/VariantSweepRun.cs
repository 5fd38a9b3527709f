using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A sweep of variants under way. Entry 0 is the network without change; entry i + 1 is variant i.</summary>
internal sealed class VariantSweepRun : SweepRun
{
    private readonly IReadOnlyList<Variant> _variants;
    private readonly LayerPlan _plan;
    private readonly int[] _firstSteps;

    /// <summary>Prepares a sweep whose inputs have been checked.</summary>
    /// <exception cref="StrataException">An intervention selects no point.</exception>
    public VariantSweepRun(Model model, TokenRows rows, IReadOnlyList<Variant> variants, LayerPlan plan, SweepOptions options, Provenance provenance, SweepJournal? journal)
        : base(model, rows, Keys(variants, plan), 0, options, provenance, journal)
    {
        (_variants, _plan) = (variants, plan);
        HookCatalog catalog = new(model.Spec, plan);
        _firstSteps = [plan.Steps.Length, .. variants.Select(variant => FirstStep(catalog.FirstExecution(variant.Interventions)))];
    }

    /// <summary>The results so far.</summary>
    public VariantSweepResult Result() =>
        new(Result(0), _variants, [.. Enumerable.Range(1, _variants.Count).Select(Result)], BlockEvaluations, LoopBlockEvaluations, Options.Scorer?.Name,
            Provenance with { Interventions = [.. Provenance.Interventions, $"{_variants.Count} variants"] })
        {
            StopWhen = Options.StopWhen,
        };

    /// <inheritdoc/>
    protected override SweepWork Work(int known)
    {
        int largest = Rows.Batches(Options.TokensPerBatch).Max(part => part.Batch.Tokens), together = Together(largest);
        return new SweepWork
        {
            Plans = _variants.Count + 1,
            Known = known,
            Rows = Rows.Count,
            Tokens = Rows.Tokens,
            BlockEvaluations = BlockEvaluations,
            LoopBlockEvaluations = LoopBlockEvaluations,
            Flops = Rows.Tokens * _firstSteps.Select((first, entry) => Flops(entry == 0 ? 0 : Math.Max(0, first)) + PlanCost.UnembeddingFlops(Model.Spec)).Sum(),
            StreamBytes = 4L * Model.Spec.Width * (1 + (2 * together)) * largest,
        };
    }

    /// <inheritdoc/>
    protected override void Evaluate(BatchWork work, CancellationToken cancellation)
    {
        ILookup<int, int> byStep = work.Entries.ToLookup(entry => _firstSteps[entry]);
        using TensorScope scope = Model.Engine.OpenScope();
        foreach (int[] together in byStep[-1].Chunk(Together(work.Batch.Tokens))) RunTogether(null, 0, together, work, cancellation);
        if (byStep.All(entries => entries.Key < 0)) return;
        BatchRun unchanged = new(Model, work.Batch, _plan, Options.Interventions);
        Tensor stream = unchanged.Embed(scope);
        for (int step = 0; step <= _plan.Steps.Length; step++)
        {
            foreach (int[] together in byStep[step].Chunk(Together(work.Batch.Tokens))) RunTogether(stream, step, together, work, cancellation);
            if (step == _plan.Steps.Length || byStep.All(entries => entries.Key <= step)) return;
            cancellation.ThrowIfCancellationRequested();
            Tensor next = unchanged.Step(scope, stream, _plan.Steps[step], _plan.FirstExecutions[step]);
            scope.Release(stream);
            stream = next;
            work.Done(Flops(step) - Flops(step + 1));
        }
    }

    /// <inheritdoc/>
    protected override Evaluation Result(int entry, PlanSums sums, StoppedEarly? stopped) => sums.Evaluation(_plan, Model.Spec, Options.Scorer is not null, Provenance with
    {
        Interventions = [.. Provenance.Interventions, .. Changes(entry).Select(i => i.ToString())],
    }, stopped);

    private double BlockEvaluations => _firstSteps.Select((first, entry) => _plan.BlocksFrom(entry == 0 ? 0 : Math.Max(0, first))).Sum();

    private double LoopBlockEvaluations => _firstSteps.Length * _plan.BlocksRun;

    /// <summary>What is written in the journal is found by it: the changes hold hashes of their values.</summary>
    private static string[] Keys(IReadOnlyList<Variant> variants, LayerPlan plan) => [plan.ToString(), .. variants.Select(variant => $"{plan}: {string.Join("; ", variant.Interventions)}")];

    private IReadOnlyList<Intervention> Changes(int entry) => entry == 0 ? [] : _variants[entry - 1].Interventions;

    private int Together(int tokens) => Options.SiblingBytes == 0 ? 1 : TreeSchedule.Together(tokens);

    /// <summary>The step that runs an execution position: −1 before the blocks, the number of steps after them.</summary>
    private int FirstStep(int execution) => execution < 0 ? -1 : execution < _plan.Executions.Length ? _plan.StepOf(execution) : _plan.Steps.Length;

    private double Flops(int firstStep) => _plan.Steps.Skip(firstStep).SelectMany(step => step.Executions).Sum(e => PlanCost.Flops(e, Model.Spec));

    /// <summary>Runs entries from the state that they share to the end.</summary>
    /// <param name="shared">The stream before the step; null to begin with the tokens.</param>
    /// <param name="step">The first step that differs.</param>
    /// <param name="entries">What runs.</param>
    /// <param name="work">The batch.</param>
    /// <param name="cancellation">Stops between steps.</param>
    private void RunTogether(Tensor? shared, int step, int[] entries, BatchWork work, CancellationToken cancellation)
    {
        using TensorScope scope = Model.Engine.OpenScope();
        BatchRun run = new(Model, work.Batch, _plan, [.. entries.Select(entry => (IReadOnlyList<Intervention>)[.. Options.Interventions, .. Changes(entry)])]);
        Tensor stream = shared is null ? run.Embed(scope) : Copies(scope, shared, entries.Length);
        for (int i = step; i < _plan.Steps.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Tensor next = run.Step(scope, stream, _plan.Steps[i], _plan.FirstExecutions[i]);
            scope.Release(stream);
            stream = next;
        }

        PlanSums[] sums = work.Scoring.Score(scope, run, stream, entries.Length);
        for (int i = 0; i < entries.Length; i++) work.Evaluated([entries[i]], sums[i]);
        work.Done(entries.Length * (Flops(step) + PlanCost.UnembeddingFlops(Model.Spec)));
    }

    private static Tensor Copies(TensorScope scope, Tensor stream, int count)
    {
        Tensor copies = scope.Empty(count * stream.Shape.Rows, stream.Shape.Columns);
        for (int i = 0; i < count; i++) scope.WriteRows(stream, 0, copies, i * stream.Shape.Rows, stream.Shape.Rows);
        return copies;
    }
}
