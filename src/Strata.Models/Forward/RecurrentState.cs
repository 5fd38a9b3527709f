using Strata.Tensors;

namespace Strata.Models;

/// <summary>What a state space carries from token to token, one row per sequence: the state, and the last inputs of its convolutions.</summary>
/// <param name="Scope">Owns the tensors.</param>
/// <param name="State">[sequences, channels · state size].</param>
/// <param name="Tail">[sequences, (taps − 1) · channels].</param>
/// <param name="BTail">The same for B where it is convolved, or null.</param>
/// <param name="CTail">The same for C where it is convolved, or null.</param>
internal sealed record RecurrentState(TensorScope Scope, Tensor State, Tensor Tail, Tensor? BTail, Tensor? CTail)
{
    /// <summary>The state before the first token: zeros.</summary>
    public static RecurrentState Start(TensorScope scope, StateSpaceSpec spec, int sequences)
    {
        Tensor? parameters = null, others = null;
        int kept = spec.Taps - 1;
        if (spec.StepRank is null) (parameters, others) = (scope.Zeros(sequences, kept * spec.ParameterWidth), scope.Zeros(sequences, kept * spec.ParameterWidth));
        return new RecurrentState(scope, scope.Zeros(sequences, spec.Channels * spec.StateSize), scope.Zeros(sequences, kept * spec.Channels), parameters, others);
    }

    /// <summary>Puts one sequence back to its start.</summary>
    public void Restart(int sequence)
    {
        foreach (Tensor tensor in new[] { State, Tail, BTail, CTail }.OfType<Tensor>())
        {
            if (tensor.Shape.Columns == 0) continue;
            using TensorScope scope = tensor.Engine.OpenScope();
            Scope.WriteRows(scope.Zeros(1, tensor.Shape.Columns), 0, tensor, sequence, 1);
        }
    }
}
