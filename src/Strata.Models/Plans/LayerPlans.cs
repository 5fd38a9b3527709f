namespace Strata.Models;

/// <summary>Builders of the usual plans for a network of a given depth: <c>model.Plans.Skip(4..8)</c>.</summary>
/// <param name="blocks">Number of blocks.</param>
public sealed class LayerPlans(int blocks)
{
    /// <summary>Number of blocks.</summary>
    public int Blocks { get; } = blocks;

    /// <summary>All blocks in order.</summary>
    public LayerPlan Identity() => LayerPlan.Identity(Blocks);

    /// <summary>Reads a plan's text; see <see cref="LayerPlan.Parse"/>.</summary>
    public LayerPlan Parse(string text) => LayerPlan.Parse(text, Blocks);

    /// <summary>Leaves out the blocks of a range.</summary>
    public LayerPlan Skip(Range range) => Replace(range, _ => []);

    /// <summary>Runs the blocks of a range in reverse.</summary>
    public LayerPlan Reverse(Range range) => Replace(range, middle => middle.Reverse().Select(Step));

    /// <summary>Runs the blocks of a range in a random order: Fisher-Yates with <see cref="SeededRandom"/>.</summary>
    public LayerPlan Shuffle(Range range, int seed) => Replace(range, middle =>
    {
        int[] order = middle.ToArray();
        new SeededRandom(seed).Shuffle<int>(order);
        return order.Select(Step);
    });

    /// <summary>Runs one block several times in its place.</summary>
    /// <exception cref="StrataException">The block is not there, or the count is not within 1 and <see cref="LayerPlan.MaxExecutions"/>.</exception>
    public LayerPlan Repeat(int block, int times)
    {
        if (block < 0 || block >= Blocks) throw new StrataException($"Block {block} cannot be repeated: the network has blocks 0..{Blocks} (0 to {Blocks - 1}).");
        CheckTimes(times);
        return Replace(block..(block + 1), _ => Enumerable.Repeat(Step(block), times));
    }

    /// <summary>Replaces every block of a range by the block at its centre, <c>(start + end) / 2</c> (the painters' "middle repeat").</summary>
    public LayerPlan RepeatCentre(Range range) => Replace(range, middle => middle.Select(_ => Step(middle[0] + middle.Length / 2)));

    /// <summary>Runs the blocks of a range on the same input and averages their outputs.</summary>
    public LayerPlan Parallel(Range range) => LoopedParallel(range, 1);

    /// <summary>The parallel step, <paramref name="times"/> times over.</summary>
    /// <exception cref="StrataException">The range is empty or outside the network, or the count is not within 1 and <see cref="LayerPlan.MaxExecutions"/>.</exception>
    public LayerPlan LoopedParallel(Range range, int times)
    {
        CheckTimes(times);
        return Replace(range, middle => Enumerable.Repeat(new ParallelStep(middle.Select(Step)), times));
    }

    /// <summary>Exchanges two blocks.</summary>
    public LayerPlan Swap(int first, int second) =>
        new(Blocks, Enumerable.Range(0, Blocks).Select(i => Step(i == first ? second : i == second ? first : i)));

    /// <summary>One plan per block, with that block left out.</summary>
    public IReadOnlyList<LayerPlan> DropEach() => Windows(1);

    /// <summary>One plan per window of <paramref name="length"/> consecutive blocks, with that window left out.</summary>
    /// <exception cref="StrataException">The length is not within 1 and the number of blocks.</exception>
    public IReadOnlyList<LayerPlan> Windows(int length)
    {
        if (length < 1 || length > Blocks) throw new StrataException($"A window of {length} blocks does not fit a network of {Blocks}; give a length from 1 to {Blocks}.");
        return Enumerable.Range(0, Blocks - length + 1).Select(start => Skip(start..(start + length))).ToArray();
    }

    /// <summary>Every window of every length, left out: n(n+1)/2 plans.</summary>
    public IReadOnlyList<LayerPlan> AllWindows() => Enumerable.Range(1, Blocks).SelectMany(Windows).ToArray();

    private static void CheckTimes(int times)
    {
        if (times is < 1 or > LayerPlan.MaxExecutions) throw new StrataException($"A part of a plan cannot run {times:N0} times; give 1 to {LayerPlan.MaxExecutions:N0}, or leave the part out with Skip.");
    }

    private LayerPlan Replace(Range range, Func<int[], IEnumerable<PlanStep>> replace)
    {
        int start = range.Start.GetOffset(Blocks), end = range.End.GetOffset(Blocks);
        if (start < 0 || end > Blocks || start >= end)
            throw new StrataException($"The range {range} is empty or outside the network's blocks 0..{Blocks} (end excluded).");
        int[] middle = Enumerable.Range(start, end - start).ToArray();
        return new(Blocks, Enumerable.Range(0, start).Select(Step).Concat(replace(middle)).Concat(Enumerable.Range(end, Blocks - end).Select(Step)));
    }

    private static PlanStep Step(int block) => new BlockStep(block);
}
