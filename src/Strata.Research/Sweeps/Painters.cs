using Strata.Models;

namespace Strata.Research;

/// <summary>A plan with the method that made it and the blocks it touches.</summary>
/// <param name="Method">Name of the method.</param>
/// <param name="Start">First block touched.</param>
/// <param name="End">Block after the last touched.</param>
/// <param name="Plan">The plan.</param>
public sealed record MethodPlan(string Method, int Start, int End, LayerPlan Plan)
{
    /// <summary>Blocks touched.</summary>
    public int Touched => End - Start;
}

/// <summary>The plans of "Transformer Layers as Painters" (Sun et al., arXiv 2407.09298) over the middle of a network.</summary>
public static class Painters
{
    /// <summary>Loops of the looped-parallel method.</summary>
    public const int Loops = 3;

    /// <summary>All methods over one range.</summary>
    /// <exception cref="StrataException">The range is empty or outside the network.</exception>
    public static IReadOnlyList<MethodPlan> Over(LayerPlans plans, Range range, int seed = 0)
    {
        int start = range.Start.GetOffset(plans.Blocks), end = range.End.GetOffset(plans.Blocks);
        return
        [
            new("skip", start, end, plans.Skip(range)),
            new("repeat centre", start, end, plans.RepeatCentre(range)),
            new("reverse", start, end, plans.Reverse(range)),
            new("shuffle", start, end, plans.Shuffle(range, seed)),
            new("parallel", start, end, plans.Parallel(range)),
            new("looped parallel", start, end, plans.LoopedParallel(range, Loops)),
        ];
    }

    /// <summary>All methods over every range that leaves the same number of blocks, at least one, untouched at both ends.</summary>
    public static IReadOnlyList<MethodPlan> Centred(LayerPlans plans, int seed = 0) =>
        Enumerable.Range(1, Math.Max(0, (plans.Blocks - 1) / 2)).SelectMany(s => Over(plans, s..(plans.Blocks - s), seed)).ToArray();

    /// <summary>All methods over the range that a text names, or over every centred range without one.</summary>
    /// <param name="plans">Builders for the network's depth.</param>
    /// <param name="range">A C# range of blocks such as <c>2..6</c> or <c>1..^1</c>; null for <see cref="Centred"/>.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <exception cref="StrataException">The text is no range, or the network is too small to have a middle.</exception>
    public static IReadOnlyList<MethodPlan> Read(LayerPlans plans, string? range, int seed = 0)
    {
        if (range is null)
        {
            IReadOnlyList<MethodPlan> all = Centred(plans, seed);
            return all.Count > 0 ? all : throw new StrataException($"A network of {plans.Blocks} blocks has no middle that leaves blocks at both ends; name the range of blocks, such as 0..{plans.Blocks}.");
        }

        // A range of blocks is a plan too, so the plan's parser reads it and knows ^ and open ends.
        int[] blocks = plans.Parse(range).Executions.Select(LayerPlan.BlockOf).ToArray();
        bool isRange = blocks.Length > 0 && blocks.Select((block, i) => block == blocks[0] + i).All(next => next);
        return isRange ? Over(plans, blocks[0]..(blocks[^1] + 1), seed) : throw new StrataException($"The painters' range \"{range}\" is no range of blocks; write FROM..TO, end excluded, as in 2..6.");
    }
}
