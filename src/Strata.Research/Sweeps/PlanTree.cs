using Strata.Models;

namespace Strata.Research;

/// <summary>A set of plans as a tree of steps: plans that begin alike share their first nodes.</summary>
internal sealed class PlanTree
{
    private PlanTree(PlanStep? step, int execution)
    {
        Step = step;
        Execution = execution;
    }

    /// <summary>The step that leads here; null at the root.</summary>
    public PlanStep? Step { get; }

    /// <summary>Executions before this node's step.</summary>
    public int Execution { get; }

    /// <summary>Steps that follow; the one with the largest subtree last, so that its stream can take the place of its parent's.</summary>
    public List<PlanTree> Children { get; } = [];

    /// <summary>Index of one plan that passes here: up to here all of them are alike.</summary>
    public int Representative { get; private init; }

    /// <summary>Indices of the plans that end here.</summary>
    public List<int> Plans { get; } = [];

    /// <summary>Block executions of the whole tree; a half block counts as one half.</summary>
    public double BlockEvaluations => Children.Sum(child => child.BlockEvaluations) + (Step?.Executions.Sum(e => e is BlockStep ? 1.0 : 0.5) ?? 0);

    /// <summary>Builds the tree of a set of plans.</summary>
    public static PlanTree Build(IReadOnlyList<LayerPlan> plans)
    {
        PlanTree root = new(null, 0);
        for (int i = 0; i < plans.Count; i++)
        {
            PlanTree node = root;
            int execution = 0;
            foreach (PlanStep step in plans[i].Steps)
            {
                PlanTree? next = node.Children.Find(child => child.Step == step);
                if (next is null) node.Children.Add(next = new PlanTree(step, execution) { Representative = i });
                execution += step.Executions.Count();
                node = next;
            }

            node.Plans.Add(i);
        }

        root.Order();
        return root;
    }

    private int Order()
    {
        List<(PlanTree Child, int Size)> sized = Children.Select(child => (child, child.Order())).OrderBy(pair => pair.Item2).ToList();
        Children.Clear();
        Children.AddRange(sized.Select(pair => pair.Child));
        return 1 + sized.Sum(pair => pair.Size);
    }
}
