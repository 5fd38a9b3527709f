using System.Numerics;

namespace Strata.Tensors.Cpu;

/// <summary>Free lists of tensor memory, four size classes to the octave, so that at most a quarter of a buffer lies idle.</summary>
internal sealed class BufferPool(long maxIdleBytes)
{
    private const int SmallestShift = 10;
    private readonly Lock _lock = new();
    private readonly Stack<CpuStorage>?[] _free = new Stack<CpuStorage>?[4 * 54];
    private long _idle;
    private long _inUse;
    private long _peak;

    /// <summary>Bytes handed out and not returned.</summary>
    public long InUse { get { lock (_lock) return _inUse; } }

    /// <summary>Most of <see cref="InUse"/> since <see cref="ResetPeak"/>.</summary>
    public long Peak { get { lock (_lock) return _peak; } }

    /// <summary>Bytes kept for reuse.</summary>
    public long Idle { get { lock (_lock) return _idle; } }

    public void ResetPeak()
    {
        lock (_lock) _peak = _inUse;
    }

    /// <summary>Memory of at least <paramref name="bytes"/> bytes, contents undefined.</summary>
    public CpuStorage Take(long bytes)
    {
        int sizeClass = ClassOf(bytes);
        long size = SizeOf(sizeClass);
        CpuStorage? storage = null;
        lock (_lock)
        {
            _inUse += size;
            _peak = Math.Max(_peak, _inUse);
            if (_free[sizeClass]?.TryPop(out storage) == true) _idle -= size;
        }

        try
        {
            return storage ?? CpuStorage.Create(size, sizeClass);
        }
        catch
        {
            lock (_lock) _inUse -= size;
            throw;
        }
    }

    /// <summary>Takes memory back; beyond the limit it is left to the garbage collector.</summary>
    public void Return(CpuStorage storage)
    {
        lock (_lock)
        {
            _inUse -= storage.Bytes;
            if (_idle + storage.Bytes > maxIdleBytes) return;
            _idle += storage.Bytes;
            (_free[storage.SizeClass] ??= new()).Push(storage);
        }
    }

    /// <summary>The class whose size is the least that holds <paramref name="bytes"/>.</summary>
    private static int ClassOf(long bytes)
    {
        ulong last = (ulong)Math.Max(bytes, 1L << SmallestShift) - 1;
        int shift = BitOperations.Log2(last);
        if (shift < SmallestShift) return 0;
        int quarter = (int)((last >> (shift - 2)) & 3);
        return (4 * (shift - SmallestShift)) + quarter + 1;
    }

    private static long SizeOf(int sizeClass)
    {
        int octave = sizeClass / 4, quarter = sizeClass % 4;
        return (4L + quarter) << (SmallestShift - 2 + octave);
    }
}
