using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// The weights of all blocks, laid out for the engine. Blocks for which the allowed memory has no room are laid out from their source each time they run, in the memory of one that
/// is not needed for now, while the pages of the next one are read ahead.
/// </summary>
internal sealed class BlockStore
{
    private readonly Lock _lock = new();
    private readonly WeightMemory _memory;
    private readonly Func<WeightLayout, BlockMap, BlockSpec, BlockWeights> _lay;
    private readonly long _limit;
    private readonly Slot[] _slots;
    private readonly int[] _slotOf;
    private readonly List<LinearWeight> _spares = [];
    private readonly bool _allFit;
    private Slot? _last;
    private long _clock;

    /// <summary>Lays out as many blocks as fit, from the first on.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="maps">One per block; blocks that share their weights (ALBERT) have the same.</param>
    /// <param name="memory">Source, format and limit.</param>
    /// <param name="limit">Bytes that blocks may take; at least those of the largest.</param>
    /// <param name="lay">Lays out one block.</param>
    /// <param name="progress">Told after each block.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public BlockStore(ModelSpec spec, IReadOnlyList<BlockMap> maps, WeightMemory memory, long limit, Func<WeightLayout, BlockMap, BlockSpec, BlockWeights> lay, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        (_memory, _limit, _lay) = (memory, limit, lay);
        BlockMap[] distinct = [.. maps.Distinct(ReferenceEqualityComparer.Instance).Cast<BlockMap>()];
        _slotOf = [.. maps.Select(map => Array.FindIndex(distinct, other => ReferenceEquals(other, map)))];
        _slots = [.. distinct.Select((map, i) => new Slot(map, spec.Block(Array.IndexOf(_slotOf, i)), memory.BytesOf(map)))];
        for (int i = 0; i < _slots.Length; i++) _slots[i].Next = _slots[(i + 1) % _slots.Length];
        for (int i = 0; i < _slots.Length && Resident + _slots[i].Estimate <= limit; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Lay(_slots[i]);
            progress?.Report(new WorkProgress("Loading weights", Array.LastIndexOf(_slotOf, i) + 1, maps.Count, "blocks"));
        }

        _allFit = _slots.All(slot => slot.Weights is not null);
    }

    /// <summary>Blocks whose weights are in memory now.</summary>
    public int InMemory => _slotOf.Count(slot => _slots[slot].Weights is not null);

    /// <summary>Bytes of the blocks that are in memory now.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _slots.Sum(slot => slot.Weights?.Bytes ?? 0);
        }
    }

    /// <summary>The weights of a block that is held.</summary>
    public BlockWeights this[int block] => _slots[_slotOf[block]].Weights ?? throw new InvalidOperationException($"Block {block} runs without being held.");

    /// <summary>Keeps a block's weights in memory until the result is disposed, and lays them out first where they are not.</summary>
    public Held Hold(int block)
    {
        if (_allFit) return default;
        lock (_lock)
        {
            Slot slot = _slots[_slotOf[block]];
            if (_last is not null) _last.Next = slot;
            _last = slot;
            // The disk reads the next block while this one is laid out and computes.
            if (slot.Next.Weights is null) _memory.Source.ReadAhead(slot.Next.Map.Entries.OfType<WeightEntry>());
            if (slot.Weights is null) MakeRoomAndLay(slot);
            slot.Holds++;
            slot.Used = ++_clock;
            return new Held(this, slot);
        }
    }

    private long Resident => _slots.Sum(slot => slot.Laid.Sum(weight => weight.Bytes));

    private void MakeRoomAndLay(Slot slot)
    {
        // Blocks run in rounds: the one that ran last is the one that is wanted again last. So the others stay, and all that have no place take turns in one.
        while (Resident + slot.Estimate > _limit && _slots.Where(other => other.Weights is not null && other.Holds == 0).MaxBy(other => other.Used) is Slot idle)
        {
            _spares.AddRange(idle.Laid);
            idle.Laid = [];
            idle.Weights = null;
        }

        Lay(slot);
        DropSpares(_limit - Resident);
    }

    private void Lay(Slot slot)
    {
        List<LinearWeight> laid = [];
        Func<WeightEntry, Tensor> read = _memory.Source.Reader(_memory.Engine);
        string? latest = null;
        WeightLayout layout = new(Read, _memory.Storage, (_, weight) => laid.Add(weight)) { Spares = _spares, Shared = _memory.Shared };
        // Only a whole block counts as held.
        slot.Weights = _lay(layout, slot.Map, slot.Facts);
        slot.Laid = laid;
        _memory.Source.ReleasePages();

        // Fused maps are read several times in a row, with a bias between: their pages stay until another matrix is wanted.
        Tensor Read(WeightEntry entry)
        {
            if (entry.Shape.Rank > 1 && entry.Name != latest)
            {
                if (latest is not null) _memory.Source.ReleasePages();
                latest = entry.Name;
            }

            return read(entry);
        }
    }

    /// <summary>Memory that the next blocks have no use for, because theirs are of other shapes, goes back before the limit is passed.</summary>
    private void DropSpares(long room)
    {
        if (_spares.Sum(spare => spare.Bytes) <= room) return;
        _spares.Clear();
        GC.Collect();
    }

    private void Release(Slot slot)
    {
        lock (_lock) slot.Holds--;
    }

    /// <summary>A block, or several that share their weights.</summary>
    internal sealed class Slot(BlockMap map, BlockSpec facts, long estimate)
    {
        public BlockMap Map { get; } = map;

        public BlockSpec Facts { get; } = facts;

        public long Estimate { get; } = estimate;

        public BlockWeights? Weights { get; set; }

        public List<LinearWeight> Laid { get; set; } = [];

        public int Holds { get; set; }

        public long Used { get; set; }

        /// <summary>What ran after this block the last time.</summary>
        public Slot Next { get; set; } = null!;
    }

    /// <summary>A block in use.</summary>
    internal readonly struct Held(BlockStore? store, Slot? slot) : IDisposable
    {
        public void Dispose()
        {
            if (slot is not null) store!.Release(slot);
        }
    }
}
