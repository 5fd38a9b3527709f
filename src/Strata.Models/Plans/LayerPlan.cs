using System.Collections.Immutable;

namespace Strata.Models;

/// <summary>
/// The order in which a network's blocks run: an immutable value with a text form that parses back without loss.
/// Ranges are C# ranges: zero-based, end excluded, <c>^</c> counts from the end. <c>none</c> is the plan without a block.
/// </summary>
/// <remarks>
/// <c>0..4, 8..12</c> skips 4 to 7; <c>reverse(4..8)</c>; <c>parallel(4..8)*3</c> runs 4 to 7 on the same input, averages, three times over;
/// <c>5*4</c> runs block 5 four times; <c>attn(4), mlp(5)</c> run half a block.
/// </remarks>
public sealed class LayerPlan : IEquatable<LayerPlan>
{
    /// <summary>A plan runs at most this many blocks: a guard against texts such as <c>0*1000000000</c>.</summary>
    public const int MaxExecutions = 10_000;

    /// <summary>A plan from its steps.</summary>
    /// <param name="blocks">Number of blocks of the network.</param>
    /// <param name="steps">The steps in order.</param>
    /// <exception cref="StrataException">A step names a block that is not there, or the plan is longer than <see cref="MaxExecutions"/>.</exception>
    public LayerPlan(int blocks, IEnumerable<PlanStep> steps)
    {
        Blocks = blocks;
        Steps = [.. steps];
        Executions = [.. Steps.SelectMany(step => step.Executions)];
        int[] first = new int[Steps.Length];
        for (int i = 1; i < first.Length; i++) first[i] = first[i - 1] + Steps[i - 1].Executions.Count();
        FirstExecutions = [.. first];
        if (Executions.Length > MaxExecutions) throw new StrataException($"The plan runs {Executions.Length:N0} blocks; at most {MaxExecutions:N0} are allowed.");
        foreach (PlanStep execution in Executions)
        {
            int block = BlockOf(execution);
            if (block < 0 || block >= blocks)
                throw new StrataException($"The plan names block {block}, and the network has blocks 0..{blocks} (0 to {blocks - 1}).");
        }
    }

    /// <summary>Number of blocks of the network that the plan is for.</summary>
    public int Blocks { get; }

    /// <summary>The steps in order.</summary>
    public ImmutableArray<PlanStep> Steps { get; }

    /// <summary>Every run of a block or half block in order: position in this list is the execution position, which also numbers the cache slots.</summary>
    public ImmutableArray<PlanStep> Executions { get; }

    /// <summary>The execution position at which each step begins.</summary>
    public ImmutableArray<int> FirstExecutions { get; }

    /// <summary>Blocks run; a half block counts as one half.</summary>
    public double BlocksRun => BlocksFrom(0);

    /// <summary>All blocks once, in order?</summary>
    public bool IsIdentity => Steps.Length == Blocks && Steps.Select((s, i) => s == new BlockStep(i)).All(same => same);

    /// <summary>All blocks in order: <c>0..n</c>.</summary>
    public static LayerPlan Identity(int blocks) => new(blocks, Enumerable.Range(0, blocks).Select(i => new BlockStep(i)));

    /// <summary>Reads a plan's text.</summary>
    /// <param name="text">For example <c>0..4, reverse(4..8), 8..12</c>.</param>
    /// <param name="blocks">Number of blocks of the network, to which <c>^</c> and open ranges refer.</param>
    /// <exception cref="StrataException">The text is not a plan; the message shows the place.</exception>
    public static LayerPlan Parse(string text, int blocks) => new PlanParser(text, blocks).Parse();

    /// <summary>The step that runs an execution position.</summary>
    public int StepOf(int execution)
    {
        int found = FirstExecutions.BinarySearch(execution);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>Blocks run from a step on; a half block counts as one half.</summary>
    public double BlocksFrom(int step) => Steps.Skip(step).Sum(s => s.BlocksRun);

    /// <summary>The block that a (half) block step runs.</summary>
    public static int BlockOf(PlanStep execution) => execution switch
    {
        BlockStep step => step.Block,
        AttentionStep step => step.Block,
        MlpStep step => step.Block,
        _ => throw new ArgumentException("A parallel step runs several blocks."),
    };

    /// <summary>The shortest text that <see cref="Parse"/> reads back to this plan.</summary>
    public override string ToString() => PlanText.Write(Steps);

    /// <summary>Same network size, same steps.</summary>
    public bool Equals(LayerPlan? other) => other is not null && Blocks == other.Blocks && Steps.SequenceEqual(other.Steps);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LayerPlan);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Blocks, ToString());
}
