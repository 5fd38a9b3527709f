using Strata.Tensors;

namespace Strata.Models;

/// <summary>Where a network's weights come from and how they stay in memory.</summary>
/// <param name="Source">What they are read from.</param>
/// <param name="Engine">The engine that computes with them.</param>
/// <param name="Storage">Format of the linear maps; null keeps the source's.</param>
/// <param name="Limit">Bytes that laid out weights may take; null for no limit.</param>
internal sealed record WeightMemory(ModelSource Source, TensorEngine Engine, DType? Storage, long? Limit)
{
    /// <summary>The memory that somebody asked for; where nobody did and the weights are larger than the machine's (or its container's) memory, half of that.</summary>
    /// <exception cref="StrataException">The limit is not positive.</exception>
    public static WeightMemory Of(ModelSource source, TensorEngine engine, WeightMap map, ModelOptions options)
    {
        if (options.MemoryLimit is <= 0) throw new StrataException($"The memory for the weights is {options.MemoryLimit:N0} bytes; a positive number is needed.");
        WeightMemory asked = new(source, engine, options.Storage, options.MemoryLimit);
        long all = asked.BytesOf(map), available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (asked.Limit >= all) return asked with { Limit = null };
        if (asked.Limit is not null || all < available - available / 5) return asked;
        options.Announce($"The weights take {all:N0} bytes, and there are {available:N0} bytes of memory: blocks are read from the checkpoint when they run.");
        return asked with { Limit = available / 2 };
    }

    /// <summary>What other models may share of it: nothing where blocks take turns in memory.</summary>
    public (ModelSource Source, TensorEngine Engine)? Shared => Limit is null ? (Source, Engine) : null;

    /// <summary>Bytes of a block, laid out.</summary>
    public long BytesOf(BlockMap map) => map.Entries.OfType<WeightEntry>().DistinctBy(entry => entry.Name).Sum(BytesOf);

    /// <summary>Bytes that blocks may take: what the rest of the network leaves of the limit.</summary>
    /// <exception cref="StrataException">That is less than the largest block.</exception>
    public long ForBlocks(WeightMap map)
    {
        if (Limit is not long limit) return long.MaxValue;
        // Tables stay where they are, in the mapped file; an unembedding that is tied to one is laid out beside it.
        WeightEntry? tied = map.Unembedding is null ? map.Embedding : null;
        long outside = map.OutsideBlocks.Where(entry => entry.Role != WeightRole.Embedding).Append(map.Unembedding ?? tied).OfType<WeightEntry>().DistinctBy(entry => entry.Name).Sum(BytesOf);
        long largest = map.Blocks.Max(BytesOf);
        return limit - outside >= largest
            ? limit - outside
            : throw new StrataException($"{limit:N0} bytes of memory for the weights are too few: what is always needed has {outside:N0}, the largest block {largest:N0}. Allow {outside + largest:N0} bytes or more.");
    }

    /// <summary>Bytes of all weights, laid out.</summary>
    public long BytesOf(WeightMap map) => map.Entries.Sum(BytesOf);

    private long BytesOf(WeightEntry entry) => (long)entry.Shape.Count * (Storage ?? Source.FormatInMemory(entry)).Size();
}
