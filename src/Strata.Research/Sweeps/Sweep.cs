using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Evaluates a set of plans as one job. The plans form a prefix tree; each edge is computed once per batch. A stream is released as soon as its last child has been
/// computed, so memory is bounded by the tree's branching along one path, not by the number of plans.
/// </summary>
public static class Sweep
{
    /// <summary>Evaluates every plan.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="plans">At least one plan; equal plans are run once.</param>
    /// <param name="options">Scorer, batch size, where results are kept, progress.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>One evaluation per plan, in the order given.</returns>
    /// <exception cref="StrataException">The network predicts neither the next token nor classes, no plan, a plan for another depth, an id that does not fit, or no row with a token or a known class to predict.</exception>
    /// <exception cref="InvalidFileException">The folder of results cannot be read or written.</exception>
    public static SweepResult Run(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SweepOptions();
        Check(model, rows, plans, options);
        PlanTree tree = PlanTree.Build(plans);
        Provenance provenance = Describe(model, rows, options);
        using SweepJournal? journal = options.Results is null ? null : new SweepJournal(options.Results, provenance, options.Scorer);
        PlanSums[] sums = new PlanSums[plans.Count];
        long done = 0;
        void Progress() => options.Progress?.Report(new WorkProgress($"Evaluating {plans.Count} plans", done, (long)plans.Count * rows.Tokens, "tokens"));
        options.Announce(SweepWork.Of(model, rows, plans, tree, options, journal));
        foreach ((int firstRow, TokenBatch batch) in rows.Batches(options.TokensPerBatch))
        {
            int endRow = firstRow + batch.Sequences;
            int[] missing = journal is null ? [.. Enumerable.Range(0, plans.Count)] : journal.AddKnown(plans, firstRow, endRow, sums);
            if (missing.Length > 0)
            {
                LayerPlan[] todo = [.. missing.Select(i => plans[i])];
                Walker walker = new(Runs(model, batch, todo, options), firstRow, rows.Classes, options.Scorer, cancellation)
                {
                    Evaluated = (alike, result) =>
                    {
                        foreach (int i in alike) sums[missing[i]] += result;
                        journal?.Append(todo[alike[0]], firstRow, endRow, result);
                        Progress();
                    },
                };
                using TensorScope scope = model.Engine.OpenScope();
                walker.Walk(scope, missing.Length == plans.Count ? tree : PlanTree.Build(todo));
            }

            done += (long)batch.Tokens * plans.Count;
            Progress();
        }

        return Result(model, plans, tree, sums, options, provenance);
    }

    /// <summary>Puts together what tasks on several machines, or interrupted sweeps, have left in <see cref="SweepOptions.Results"/>; runs nothing.</summary>
    /// <exception cref="StrataException">There is no folder in the options.</exception>
    /// <exception cref="InvalidFileException">Plans are not complete there, or a file cannot be read.</exception>
    /// <inheritdoc cref="Run"/>
    public static SweepResult Merge(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions options)
    {
        Check(model, rows, plans, options);
        Provenance provenance = Describe(model, rows, options);
        using SweepJournal journal = new(options.Results ?? throw new StrataException("Merging needs the folder that the tasks have written to."), provenance, options.Scorer);
        PlanSums[] sums = new PlanSums[plans.Count];
        SortedSet<int> incomplete = [];
        foreach ((int firstRow, TokenBatch batch) in rows.Batches(options.TokensPerBatch)) incomplete.UnionWith(journal.AddKnown(plans, firstRow, firstRow + batch.Sequences, sums));
        if (incomplete.Count > 0)
            throw new InvalidFileException(options.Results, $"{incomplete.Count} of {plans.Count} plans are not complete there, the first of them {plans[incomplete.Min]}. "
                + "Run the sweep with the same model, data and batch size again (or those of its array tasks that were lost): it goes on where it was.");
        return Result(model, plans, PlanTree.Build(plans), sums, options, provenance);
    }

    /// <summary>Texts are evaluated by the next token, images by their class.</summary>
    private static void Check(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions options)
    {
        if (plans.Count == 0) throw new StrataException("A sweep needs at least one plan.");
        foreach (LayerPlan plan in plans) model.CheckPlan(plan);
        model.CheckRows(rows);
        if (rows.Images is not null) CheckClasses(model, rows, options);
        else model.RequireNextToken("An evaluation by loss and accuracy");
        if (rows.Images is null && rows.Sequences.All(s => s.Length < 2)) throw new StrataException($"No row of \"{rows.Name}\" has a second token to predict.");
    }

    private static void CheckClasses(Model model, TokenRows rows, SweepOptions options)
    {
        model.RequireClasses("An evaluation of images by loss and accuracy");
        if (options.Scorer is Scorer scorer) throw new StrataException($"The score \"{scorer.Name}\" is of texts, and \"{rows.Name}\" are images.");
        if (rows.Classes is null) throw new StrataException($"The images of \"{rows.Name}\" have no classes to evaluate by: put them into one folder per class, or give each row a field \"label\".");
        if (rows.Classes.All(c => c < 0)) throw new StrataException($"None of the labels of \"{rows.Name}\" is a class of {model.Name}, such as {model.OutputLabel(0)}.");
        int outside = rows.Classes.TakeWhile(c => c < model.Spec.SequenceHead!.Labels!.Count).Count();
        if (outside < rows.Count) throw new StrataException($"Row {outside} of \"{rows.Name}\" is of class {rows.Classes[outside]}; {model.Name} has the classes 0 to {model.Spec.SequenceHead!.Labels!.Count - 1}.");
    }

    /// <summary>Without interventions one run serves all plans; with them, the plan says which point an execution position is.</summary>
    private static BatchRun[] Runs(Model model, TokenBatch batch, IReadOnlyList<LayerPlan> plans, SweepOptions options) =>
        options.Interventions.Count == 0 ? [new BatchRun(model, batch)] : [.. plans.Select(plan => new BatchRun(model, batch, plan, options.Interventions))];

    private static Provenance Describe(Model model, TokenRows rows, SweepOptions options) => model.Provenance with
    {
        Data = $"{rows.Name} ({rows.Count} rows)",
        DataHash = rows.Hash,
        Interventions = options.Interventions.Select(i => i.ToString()).ToArray(),
    };

    private static SweepResult Result(Model model, IReadOnlyList<LayerPlan> plans, PlanTree tree, PlanSums[] sums, SweepOptions options, Provenance provenance) => new(
        plans.Select((plan, i) => sums[i].Evaluation(plan, model.Spec, options.Scorer is not null, provenance with { Plan = plan.ToString() })).ToArray(),
        tree.BlockEvaluations,
        plans.Sum(plan => plan.BlocksRun),
        options.Scorer?.Name,
        provenance with { Plan = plans.Count == 1 ? plans[0].ToString() : $"{plans.Count} plans" });

    /// <summary>Walks the tree with one batch.</summary>
    private sealed class Walker(BatchRun[] runs, int firstRow, IReadOnlyList<int>? classes, Scorer? scorer, CancellationToken cancellation)
    {
        private readonly float[] _losses = new float[runs[0].Batch.Tokens];
        private readonly int[] _predictions = new int[runs[0].Batch.Tokens];

        /// <summary>Told the plans that have been evaluated, which are equal, and their sums.</summary>
        public required Action<List<int>, PlanSums> Evaluated { get; init; }

        /// <summary>Evaluates all plans of a tree.</summary>
        public void Walk(TensorScope scope, PlanTree tree) => Walk(scope, runs[0].Embed(scope), tree);

        /// <summary>Evaluates the plans that end at a node and below it.</summary>
        /// <param name="owner">Owns the stream, which is released on the way.</param>
        /// <param name="stream">The stream at the node.</param>
        /// <param name="node">The node.</param>
        private void Walk(TensorScope owner, Tensor stream, PlanTree node)
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (node.Plans.Count > 0) Evaluate(owner, stream, node.Plans);
                if (node.Children.Count == 0) return;
                foreach (PlanTree child in node.Children.SkipLast(1))
                {
                    using TensorScope scope = owner.Engine.OpenScope();
                    Walk(scope, Run(child.Representative).Step(scope, stream, child.Step!, child.Execution), child);
                }

                PlanTree last = node.Children[^1];
                Tensor next = Run(last.Representative).Step(owner, stream, last.Step!, last.Execution);
                owner.Release(stream);
                (stream, node) = (next, last);
            }
        }

        private BatchRun Run(int plan) => runs.Length == 1 ? runs[0] : runs[plan];

        private void Evaluate(TensorScope scope, Tensor stream, List<int> plans)
        {
            BatchRun run = Run(plans[0]);
            PlanSums sums = default;
            if (classes is not null)
            {
                int[] wanted = [.. classes.Skip(firstRow).Take(run.Batch.Sequences)];
                run.ClassLosses(scope, stream, wanted, _losses, _predictions);
                for (int s = 0; s < wanted.Length; s++) if (wanted[s] >= 0) sums = sums.With(_losses[s], _predictions[s] == wanted[s]);
                Evaluated(plans, sums);
                return;
            }

            run.Losses(scope, stream, _losses, _predictions);
            for (int s = 0; s < run.Batch.Sequences; s++)
            {
                int start = run.Batch.Starts[s], length = run.Batch.Length(s);
                sums = sums.With(new ScoredRow(firstRow + s, run.Batch.Sequence(s), _losses.AsSpan(start, length), _predictions.AsSpan(start, length)), scorer);
            }

            Evaluated(plans, sums);
        }
    }
}
