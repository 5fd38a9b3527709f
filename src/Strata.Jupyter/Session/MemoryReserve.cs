namespace Strata.Jupyter.Session;

/// <summary>
/// Memory kept back for the moment when cells have used up all that the process may have: with it the failure can be told, and a cell that lets go of large values can be
/// compiled.
/// </summary>
internal static class MemoryReserve
{
    private const int Bytes = 64 << 20;

    private static byte[]? _reserve;

    /// <summary>Gives the reserve up.</summary>
    public static void Release()
    {
        _reserve = null;
        // Memory of large objects serves small ones only after it has gone back to the system.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>Keeps it back again, where there is enough by far.</summary>
    public static void Restore()
    {
        if (_reserve is not null || GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - GC.GetTotalMemory(forceFullCollection: false) < 4L * Bytes) return;
        try
        {
            _reserve = GC.AllocateUninitializedArray<byte>(Bytes);
        }
        catch (OutOfMemoryException)
        {
            // Then later.
        }
    }

    /// <summary>What to say when memory is used up.</summary>
    public static string Explain(OutOfMemoryException failure)
    {
        double limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        return FormattableString.Invariant($"{failure.Message} The process may use {limit:0.0} GB. Variables of earlier cells keep what they refer to: assign null to large ones, or restart.");
    }
}
