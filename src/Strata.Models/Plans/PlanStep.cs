using System.Collections.Immutable;

namespace Strata.Models;

/// <summary>One step of a <see cref="LayerPlan"/>: what is applied to the residual stream next.</summary>
public abstract record PlanStep
{
    private protected PlanStep()
    {
    }

    /// <summary>The blocks (or halves of blocks) that the step runs, in execution order.</summary>
    public abstract IEnumerable<PlanStep> Executions { get; }

    /// <summary>Blocks run; a half block counts as one half.</summary>
    public double BlocksRun => Executions.Sum(e => e is BlockStep ? 1.0 : 0.5);
}

/// <summary>A whole block: attention, then MLP.</summary>
/// <param name="Block">Zero-based block.</param>
public sealed record BlockStep(int Block) : PlanStep
{
    /// <inheritdoc/>
    public override IEnumerable<PlanStep> Executions => [this];
}

/// <summary>Only the attention of a block: x + attention(x).</summary>
/// <param name="Block">Zero-based block.</param>
public sealed record AttentionStep(int Block) : PlanStep
{
    /// <inheritdoc/>
    public override IEnumerable<PlanStep> Executions => [this];
}

/// <summary>Only the MLP of a block: x + mlp(x).</summary>
/// <param name="Block">Zero-based block.</param>
public sealed record MlpStep(int Block) : PlanStep
{
    /// <inheritdoc/>
    public override IEnumerable<PlanStep> Executions => [this];
}

/// <summary>Several steps on the same input; the stream goes on with the average of their outputs.</summary>
public sealed record ParallelStep : PlanStep
{
    /// <summary>Members that all read the same stream.</summary>
    /// <param name="members">At least one; none of them parallel itself.</param>
    /// <exception cref="StrataException">No member, or a nested parallel.</exception>
    public ParallelStep(IEnumerable<PlanStep> members)
    {
        Members = [.. members];
        if (Members.Length == 0) throw new StrataException("parallel() needs at least one block, as in parallel(4..8).");
        if (Members.Any(m => m is ParallelStep)) throw new StrataException("parallel(...) cannot contain parallel(...): write the blocks in one list.");
    }

    /// <summary>The members in the order in which their outputs are summed.</summary>
    public ImmutableArray<PlanStep> Members { get; }

    /// <inheritdoc/>
    public override IEnumerable<PlanStep> Executions => Members;

    /// <inheritdoc/>
    public bool Equals(ParallelStep? other) => other is not null && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (PlanStep member in Members) hash.Add(member);
        return hash.ToHashCode();
    }
}
