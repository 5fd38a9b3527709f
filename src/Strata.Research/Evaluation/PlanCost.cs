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
    public static PlanCost Of(LayerPlan plan, ModelSpec spec) => new(plan.BlocksRun, plan.Executions.Sum(e => Flops(e, spec)) + UnembeddingFlops(spec));

    /// <summary>Floating-point operations per token of one execution: a block or a half of one.</summary>
    internal static double Flops(PlanStep execution, ModelSpec spec)
    {
        int block = LayerPlan.BlockOf(execution);
        return (execution is MlpStep ? 0 : 2.0 * spec.MixerWeightsPerToken(block)) + (execution is AttentionStep ? 0 : 2.0 * spec.MlpWeightsPerToken(block));
    }

    /// <summary>Floating-point operations per token of the unembedding.</summary>
    internal static double UnembeddingFlops(ModelSpec spec) => spec.HasUnembedding ? 2.0 * (spec.EmbeddingWidth ?? spec.Width) * spec.Vocabulary : 0;
}
