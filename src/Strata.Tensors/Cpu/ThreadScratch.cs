namespace Strata.Tensors.Cpu;

/// <summary>Working memory of one thread that lives from operation to operation. Kernels cut it up themselves.</summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static CpuStorage? _storage;

    /// <summary>At least <paramref name="floats"/> floats, aligned, contents undefined; valid until this thread asks again.</summary>
    public static float* Take(long floats)
    {
        long bytes = floats * sizeof(float);
        if (_storage is null || _storage.Bytes < bytes) _storage = CpuStorage.Create(bytes + (bytes / 4));
        return (float*)_storage.Address;
    }
}
