using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Walks a tree of plans with one batch: the streams of its nodes, each released when it has been read by all that need it.</summary>
/// <param name="model">The network.</param>
/// <param name="runs">One run for all plans, or, with interventions, one for each.</param>
/// <param name="scoring">What is made of final streams.</param>
/// <param name="cancellation">Stops between turns.</param>
internal sealed class TreeWalk(Model model, BatchRun[] runs, BatchScoring scoring, CancellationToken cancellation)
{
    private readonly Dictionary<PlanTree, (Tensor Stream, int Readers)> _streams = [];
    private readonly Dictionary<int, BatchRun> _together = [];

    /// <summary>Told the plans that have been evaluated, which are equal, and their sums.</summary>
    public required Action<List<int>, PlanSums> Evaluated { get; init; }

    /// <summary>Told after each turn.</summary>
    public required Action<Turn> Done { get; init; }

    /// <summary>Evaluates all plans of a tree.</summary>
    public void Walk(PlanTree tree, TreeSchedule schedule)
    {
        using TensorScope scope = model.Engine.OpenScope();
        Hold(scope, tree, runs[0].Embed(scope));
        foreach (Turn turn in schedule.Turns)
        {
            cancellation.ThrowIfCancellationRequested();
            if (turn.Ends) Evaluate(scope, turn.Nodes);
            else Step(scope, turn.Nodes);
            Done(turn);
        }
    }

    private void Step(TensorScope scope, PlanTree[] nodes)
    {
        BatchRun run = Run(nodes);
        Tensor result;
        using (TensorScope inner = scope.Engine.OpenScope())
        {
            Tensor stream = Joined(inner, [.. nodes.Select(node => node.Parent!)]);
            result = run.Step(scope, stream, nodes[0].Step!, nodes[0].Execution);
        }

        foreach (PlanTree node in nodes) Read(scope, node.Parent!);
        if (nodes.Length == 1)
        {
            Hold(scope, nodes[0], result);
            return;
        }

        int tokens = result.Shape.Rows / nodes.Length;
        for (int i = 0; i < nodes.Length; i++) Hold(scope, nodes[i], scope.Rows(result, i * tokens, tokens));
        scope.Release(result);
    }

    private void Evaluate(TensorScope scope, PlanTree[] nodes)
    {
        PlanSums[] sums;
        using (TensorScope inner = scope.Engine.OpenScope()) sums = scoring.Score(inner, Run(nodes), Joined(inner, nodes), nodes.Length);
        for (int i = 0; i < nodes.Length; i++)
        {
            Read(scope, nodes[i]);
            Evaluated(nodes[i].Plans, sums[i]);
        }
    }

    /// <summary>The streams of nodes one behind another; that of a single node itself.</summary>
    private Tensor Joined(TensorScope scope, PlanTree[] nodes)
    {
        Tensor first = _streams[nodes[0]].Stream;
        if (nodes.Length == 1) return first;
        int tokens = first.Shape.Rows;
        Tensor joined = scope.Empty(nodes.Length * tokens, first.Shape.Columns);
        for (int i = 0; i < nodes.Length; i++) scope.WriteRows(_streams[nodes[i]].Stream, 0, joined, i * tokens, tokens);
        return joined;
    }

    private void Hold(TensorScope scope, PlanTree node, Tensor stream)
    {
        int readers = node.Children.Count + (node.Plans.Count > 0 ? 1 : 0);
        if (readers > 0) _streams[node] = (stream, readers);
        else scope.Release(stream);
    }

    private void Read(TensorScope scope, PlanTree node)
    {
        (Tensor stream, int readers) = _streams[node];
        if (readers > 1)
        {
            _streams[node] = (stream, readers - 1);
            return;
        }

        _streams.Remove(node);
        scope.Release(stream);
    }

    private BatchRun Run(PlanTree[] nodes)
    {
        if (runs.Length > 1) return runs[nodes[0].Representative];
        if (nodes.Length == 1) return runs[0];
        if (!_together.TryGetValue(nodes.Length, out BatchRun? run)) _together[nodes.Length] = run = new BatchRun(model, runs[0].Batch.Repeat(nodes.Length));
        return run;
    }
}
