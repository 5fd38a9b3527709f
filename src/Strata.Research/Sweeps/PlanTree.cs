using Strata.Models;

namespace Strata.Research;

/// <summary>A set of plans as a tree of steps: plans that begin alike share their first nodes.</summary>
internal sealed class PlanTree
{
    private IReadOnlyList<PlanTree> _nodes = [];
    private int _size;

    private PlanTree(PlanTree? parent, PlanStep? step, int execution)
    {
        Parent = parent;
        Step = step;
        Execution = execution;
    }

    /// <summary>The node whose stream the step reads; null at the root.</summary>
    public PlanTree? Parent { get; }

    /// <summary>The step that leads here; null at the root.</summary>
    public PlanStep? Step { get; }

    /// <summary>Executions before this node's step.</summary>
    public int Execution { get; }

    /// <summary>Steps that follow; the one with the largest subtree last, so that its parent's stream is not held while the others run.</summary>
    public List<PlanTree> Children { get; } = [];

    /// <summary>Index of one plan that passes here: up to here all of them are alike.</summary>
    public int Representative { get; private init; }

    /// <summary>Indices of the plans that end here.</summary>
    public List<int> Plans { get; } = [];

    /// <summary>Block executions of the whole tree, at its root; a half block counts as one half.</summary>
    public double BlockEvaluations { get; private set; }

    /// <summary>Builds the tree of a set of plans.</summary>
    /// <param name="plans">The plans.</param>
    /// <param name="spec">Given where nobody listens to hook points, whose names depend on the plan: ways of writing the same computation then are one.</param>
    public static PlanTree Build(IReadOnlyList<LayerPlan> plans, ModelSpec? spec = null)
    {
        PlanTree root = new(null, null, 0);
        List<PlanTree> nodes = [root];
        for (int i = 0; i < plans.Count; i++)
        {
            PlanTree node = root;
            int execution = 0;
            foreach (PlanStep step in Simplified(plans[i].Steps, spec))
            {
                PlanTree? next = node.Children.Find(child => child.Step == step);
                if (next is null)
                {
                    node.Children.Add(next = new PlanTree(node, step, execution) { Representative = i });
                    nodes.Add(next);
                }

                execution += step.Executions.Count();
                node = next;
            }

            node.Plans.Add(i);
        }

        Order(nodes);
        root._nodes = nodes;
        root.BlockEvaluations = nodes.Sum(node => node.Step?.BlocksRun ?? 0);
        return root;
    }

    /// <summary>Floating-point operations per token of the whole tree, at its root: shared steps once, an unembedding for each different plan.</summary>
    public double FlopsPerToken(ModelSpec spec) => _nodes.Sum(node => node.StepFlops(spec) + (node.Plans.Count > 0 ? PlanCost.UnembeddingFlops(spec) : 0));

    /// <summary>Floating-point operations per token of the step that leads here.</summary>
    public double StepFlops(ModelSpec spec) => Step?.Executions.Sum(e => PlanCost.Flops(e, spec)) ?? 0;

    /// <summary>All plans in the order in which a walk meets them, at the root: those that begin alike stand together.</summary>
    /// <param name="marginal">Receives for each plan the executions that it adds to those before it, and one for its end.</param>
    public IEnumerable<int> DepthFirst(double[] marginal)
    {
        Stack<PlanTree> open = new([this]);
        double since = 0;
        while (open.TryPop(out PlanTree? node))
        {
            since += node.Step?.Executions.Count() ?? 0;
            foreach (int plan in node.Plans)
            {
                marginal[plan] = since + 1;
                since = 0;
                yield return plan;
            }

            foreach (PlanTree child in Enumerable.Reverse(node.Children)) open.Push(child);
        }
    }

    /// <summary>The same computation in fewer steps: one block "in parallel" is the block, and the two halves of a block one after another are the block.</summary>
    private static IReadOnlyList<PlanStep> Simplified(IReadOnlyList<PlanStep> steps, ModelSpec? spec)
    {
        if (spec is null) return steps;
        List<PlanStep> simple = [];
        foreach (PlanStep given in steps)
        {
            PlanStep step = given is ParallelStep { Members: [PlanStep only] } ? only : given;
            bool completes = step is MlpStep mlp && simple.LastOrDefault() is AttentionStep attention && attention.Block == mlp.Block && !spec.ParallelResidual;
            if (completes) simple[^1] = new BlockStep(((MlpStep)step).Block);
            else simple.Add(step);
        }

        return simple;
    }

    /// <summary>Sorts all children by the size of their subtrees. Nodes come parents first, so that backwards every size is known in time; a plan is too long for recursion.</summary>
    private static void Order(List<PlanTree> nodes)
    {
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            PlanTree[] ordered = [.. nodes[i].Children.OrderBy(child => child._size)];
            nodes[i].Children.Clear();
            nodes[i].Children.AddRange(ordered);
            nodes[i]._size = 1 + ordered.Sum(child => child._size);
        }
    }
}
