using Strata.Models;

namespace Strata.Research;

/// <summary>What a plan costs.</summary>
/// <param name="Blocks">Blocks run; half a block counts as one half.</param>
/// <param name="FlopsPerToken">
/// Floating-point operations per token: 2 per multiplied weight of the blocks that run and of the unembedding. Attention over the context
/// (4 · width of all heads · context, per attention half) depends on the length and is not included; the scan of state spaces, norms and activations are left out.
/// </param>
public readonly record struct PlanCost(double Blocks, double FlopsPerToken)
{
    /// <summary>The cost of a plan for an architecture.</summary>
    public static PlanCost Of(LayerPlan plan, ModelSpec spec)
    {
        double flops = plan.Executions.Sum(e => (e is MlpStep ? 0 : 2.0 * spec.MixerWeightsPerToken(LayerPlan.BlockOf(e))) + (e is AttentionStep ? 0 : 2.0 * spec.MlpWeightsPerToken(LayerPlan.BlockOf(e))));
        return new PlanCost(plan.BlocksRun, flops + 2.0 * spec.Width * spec.Vocabulary);
    }
}
