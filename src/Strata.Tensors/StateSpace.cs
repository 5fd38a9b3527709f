namespace Strata.Tensors;

/// <summary>
/// The constant facts of a selective state space (Gu and Dao 2023; Dao and Gu 2024). Its channels are <c>heads</c> groups side by side that share their step sizes;
/// Mamba has as many heads as channels.
/// </summary>
/// <param name="A">[heads, state size], or [heads, 1] where all states of a head decay alike (Mamba-2); negative where the state fades.</param>
/// <param name="Skip">[heads]: the factor with which a channel's input is added to its output (D).</param>
/// <param name="Groups">Heads divide into this many groups of neighbours, each with its own B and C.</param>
public sealed record SelectiveSystem(Tensor A, Tensor Skip, int Groups)
{
    /// <summary>Heads.</summary>
    public int Heads => A.Shape.Rows;
}

/// <summary>One sequence of a batch in a recurrent operation: rows <c>Start .. Start + Count</c>, which continue what row <c>State</c> of a running state holds.</summary>
public readonly record struct RecurrentSegment(int Start, int Count, int State);
