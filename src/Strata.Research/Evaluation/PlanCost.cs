using Strata.Models;

namespace Strata.Research;

/// <summary>What a plan costs.</summary>
/// <param name="Blocks">Blocks run; half a block counts as one half.</param>
/// <param name="FlopsPerToken">
/// Floating-point operations per token: 2 per multiplied weight of the blocks that run and of the unembedding. Attention over the context
/// (4 · width of all heads · context, per attention half) depends on the length and is not included; norms and activations are left out.
/// </param>
public readonly record struct PlanCost(double Blocks, double FlopsPerToken)
{
    /// <summary>The cost of a plan for an architecture.</summary>
    public static PlanCost Of(LayerPlan plan, ModelSpec spec) => new(plan.BlocksRun, plan.Executions.Sum(e => Flops(e, spec)) + UnembeddingFlops(spec));

    /// <summary>Floating-point operations per token of one execution: a block or a half of one.</summary>
    internal static double Flops(PlanStep execution, ModelSpec spec)
    {
        double attention = 2.0 * spec.Width * spec.HeadWidth * (2 * spec.Heads + 2 * spec.KeyValueHeads);
        return (execution is MlpStep ? 0 : attention) + (execution is AttentionStep ? 0 : 2.0 * spec.MlpWeightsPerToken(LayerPlan.BlockOf(execution)));
    }

    /// <summary>Floating-point operations per token of the unembedding.</summary>
    internal static double UnembeddingFlops(ModelSpec spec) => 2.0 * spec.Width * spec.Vocabulary;
}
