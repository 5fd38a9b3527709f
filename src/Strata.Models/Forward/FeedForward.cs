using Strata.Tensors;

namespace Strata.Models;

/// <summary>The MLPs of the blocks of a run, and the experts in their place.</summary>
/// <param name="model">The network.</param>
/// <param name="run">The run it serves.</param>
internal sealed class FeedForward(Model model, BatchRun run)
{
    /// <summary>What the MLP, or the experts, add to the stream.</summary>
    public Tensor Run(TensorScope scope, Tensor normalized, int block, int execution)
    {
        BlockWeights weights = model.Weights.Blocks[block];
        Tensor output = weights.Experts is ExpertsWeights experts
            ? Experts(scope, normalized, experts, model.Spec.Block(block).Experts!, execution)
            : scope.Linear(run.Visit(scope, execution, HookKind.MlpPost, Hidden(scope, normalized, weights.Mlp!, execution)), weights.Mlp!.Out);
        return run.Visit(scope, execution, HookKind.MlpOut, run.Added(scope, output, weights.MlpOutputNorm, weights.MlpScale));
    }

    private Tensor Hidden(TensorScope scope, Tensor normalized, MlpWeights weights, int execution)
    {
        if (weights.Gate is not LinearWeight gateWeight)
            return scope.Activate(run.Visit(scope, execution, HookKind.MlpPre, scope.Linear(normalized, weights.In)), model.Spec.Activation);
        Tensor gate = run.Visit(scope, execution, HookKind.MlpPre, scope.Linear(normalized, gateWeight));
        Tensor up = run.Visit(scope, execution, HookKind.MlpPreLinear, scope.Linear(normalized, weights.In));
        return scope.Gate(gate, up, model.Spec.Activation);
    }

    /// <summary>Each expert runs on the tokens that give it a weight, and on no others.</summary>
    private Tensor Experts(TensorScope scope, Tensor normalized, ExpertsWeights weights, ExpertSpec spec, int execution)
    {
        Tensor logits = run.Visit(scope, execution, HookKind.Router, scope.Linear(normalized, weights.Router));
        Tensor given = run.Visit(scope, execution, HookKind.ExpertWeights, ExpertMixture.Weights(scope, logits, spec));
        Tensor sum = scope.Zeros(normalized.Shape.ToArray());
        float[] shares = given.ToArray();
        for (int expert = 0; expert < spec.Count; expert++)
        {
            (int[] tokens, float[] share) = ExpertMixture.TokensOf(shares, expert, spec.Count);
            if (tokens.Length == 0) continue;
            using TensorScope inner = scope.Engine.OpenScope();
            inner.AddRows(PlainMlp(inner, inner.Embed(normalized, tokens), weights.Experts[expert]), tokens, share, sum);
        }

        if (weights.Shared is not MlpWeights shared) return sum;
        Tensor all = scope.Zeros(normalized.Shape.ToArray());
        float[] gates = ExpertMixture.Sigmoid(scope.Linear(normalized, weights.SharedGate!).ToArray());
        scope.AddRows(PlainMlp(scope, normalized, shared), Enumerable.Range(0, gates.Length).ToArray(), gates, all);
        return scope.Add(sum, run.Visit(scope, execution, HookKind.SharedExpert, all));
    }

    /// <summary>An MLP without hook points.</summary>
    private Tensor PlainMlp(TensorScope scope, Tensor x, MlpWeights weights)
    {
        Activation activation = model.Spec.Activation;
        Tensor hidden = weights.Gate is null
            ? scope.Activate(scope.Linear(x, weights.In), activation)
            : scope.Gate(scope.Linear(x, weights.Gate), scope.Linear(x, weights.In), activation);
        return scope.Linear(hidden, weights.Out);
    }
}
