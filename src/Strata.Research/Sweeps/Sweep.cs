using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Options of evaluations and sweeps.</summary>
public sealed record SweepOptions
{
    /// <summary>A score besides loss and accuracy.</summary>
    public Scorer? Scorer { get; init; }

    /// <summary>Changes during the forward pass, the same for every plan. A point that a plan does not reach is refused.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Tokens that run together. Changes speed and memory, not results.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>Told after each plan of each batch.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}

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
    /// <param name="options">Scorer, batch size, progress.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>One evaluation per plan, in the order given.</returns>
    /// <exception cref="StrataException">The network predicts neither the next token nor classes, no plan, a plan for another depth, an id that does not fit, or no row with a token or a known class to predict.</exception>
    public static SweepResult Run(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SweepOptions();
        if (plans.Count == 0) throw new StrataException("A sweep needs at least one plan.");
        Check(model, rows, options);
        foreach (LayerPlan plan in plans) model.CheckPlan(plan);
        PlanTree tree = PlanTree.Build(plans);
        Tally[] tallies = plans.Select(_ => new Tally()).ToArray();
        long done = 0;
        foreach ((int firstRow, TokenBatch batch) in rows.Batches(options.TokensPerBatch))
        {
            // Without interventions one run serves all plans; with them, the plan says which point an execution position is.
            BatchRun[] runs = options.Interventions.Count == 0 ? [new BatchRun(model, batch)] : plans.Select(plan => new BatchRun(model, batch, plan, options.Interventions)).ToArray();
            Walker walker = new(runs, firstRow, rows.Classes, tallies, options.Scorer, cancellation)
            {
                PlanDone = () => options.Progress?.Report(new WorkProgress($"Evaluating {plans.Count} plans", done, (long)plans.Count * rows.Tokens, "tokens")),
            };
            using TensorScope scope = model.Engine.OpenScope();
            walker.Walk(scope, runs[0].Embed(scope), tree);
            done += (long)batch.Tokens * plans.Count;
            walker.PlanDone();
        }

        Provenance provenance = model.Provenance with
        {
            Data = $"{rows.Name} ({rows.Count} rows)",
            DataHash = rows.Hash,
            Interventions = options.Interventions.Select(i => i.ToString()).ToArray(),
        };
        return new SweepResult(
            plans.Select((plan, i) => tallies[i].Result(plan, model.Spec, provenance with { Plan = plan.ToString() })).ToArray(),
            tree.BlockEvaluations,
            plans.Sum(plan => plan.BlocksRun),
            options.Scorer?.Name,
            provenance with { Plan = plans.Count == 1 ? plans[0].ToString() : $"{plans.Count} plans" });
    }

    /// <summary>Texts are evaluated by the next token, images by their class.</summary>
    private static void Check(Model model, TokenRows rows, SweepOptions options)
    {
        model.CheckRows(rows);
        if (rows.Images is null)
        {
            model.RequireNextToken("An evaluation by loss and accuracy");
            if (rows.Sequences.All(s => s.Length < 2)) throw new StrataException($"No row of \"{rows.Name}\" has a second token to predict.");
            return;
        }

        model.RequireClasses("An evaluation of images by loss and accuracy");
        if (options.Scorer is Scorer scorer) throw new StrataException($"The score \"{scorer.Name}\" is of texts, and \"{rows.Name}\" are images.");
        if (rows.Classes is null) throw new StrataException($"The images of \"{rows.Name}\" have no classes to evaluate by: put them into one folder per class, or give each row a field \"label\".");
        if (rows.Classes.All(c => c < 0)) throw new StrataException($"None of the labels of \"{rows.Name}\" is a class of {model.Name}, such as {model.OutputLabel(0)}.");
        int outside = rows.Classes.TakeWhile(c => c < model.Spec.SequenceHead!.Labels!.Count).Count();
        if (outside < rows.Count) throw new StrataException($"Row {outside} of \"{rows.Name}\" is of class {rows.Classes[outside]}; {model.Name} has the classes 0 to {model.Spec.SequenceHead!.Labels!.Count - 1}.");
    }

    /// <summary>Walks the tree with one batch.</summary>
    private sealed class Walker(BatchRun[] runs, int firstRow, IReadOnlyList<int>? classes, Tally[] tallies, Scorer? scorer, CancellationToken cancellation)
    {
        private readonly float[] _losses = new float[runs[0].Batch.Tokens];
        private readonly int[] _predictions = new int[runs[0].Batch.Tokens];

        public required Action PlanDone { get; init; }

        /// <summary>Evaluates the plans that end at a node and below it.</summary>
        /// <param name="owner">Owns the stream, which is released on the way.</param>
        /// <param name="stream">The stream at the node.</param>
        /// <param name="node">The node.</param>
        public void Walk(TensorScope owner, Tensor stream, PlanTree node)
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
            Tally tally = new();
            if (classes is not null)
            {
                int[] wanted = [.. classes.Skip(firstRow).Take(run.Batch.Sequences)];
                run.ClassLosses(scope, stream, wanted, _losses, _predictions);
                for (int s = 0; s < wanted.Length; s++) if (wanted[s] >= 0) tally.Add(_losses[s], _predictions[s] == wanted[s]);
            }
            else run.Losses(scope, stream, _losses, _predictions);

            for (int s = 0; classes is null && s < run.Batch.Sequences; s++)
            {
                int start = run.Batch.Starts[s], length = run.Batch.Length(s);
                tally.Add(new ScoredRow(firstRow + s, run.Batch.Sequence(s), _losses.AsSpan(start, length), _predictions.AsSpan(start, length)), scorer);
            }

            foreach (int plan in plans) tallies[plan].Add(tally);
            PlanDone();
        }
    }

    /// <summary>Sums of one plan's evaluation.</summary>
    private sealed class Tally
    {
        private double _loss;
        private long _tokens;
        private long _hits;
        private double _score;
        private long _cases;
        private bool _scored;

        public void Add(ScoredRow row, Scorer? scorer)
        {
            for (int i = 0; i + 1 < row.Ids.Length; i++)
            {
                _loss += row.Losses[i];
                if (row.Predictions[i] == row.Ids[i + 1]) _hits++;
            }

            _tokens += row.Ids.Length - 1;
            if (scorer is null) return;
            (double sum, long count) = scorer.Score(row);
            _score += sum;
            _cases += count;
            _scored = true;
        }

        /// <summary>One prediction.</summary>
        public void Add(float loss, bool hit)
        {
            _loss += loss;
            _tokens++;
            if (hit) _hits++;
        }

        public void Add(Tally other)
        {
            _loss += other._loss;
            _tokens += other._tokens;
            _hits += other._hits;
            _score += other._score;
            _cases += other._cases;
            _scored |= other._scored;
        }

        public Evaluation Result(LayerPlan plan, ModelSpec spec, Provenance provenance) =>
            new(plan, _loss / _tokens, (double)_hits / _tokens, _tokens, PlanCost.Of(plan, spec), _scored ? _score / _cases : null) { Provenance = provenance };
    }
}
