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
        Collect();
    }

    /// <summary>Keeps it back again, where there is enough by far.</summary>
    public static void Restore()
    {
        if (_reserve is not null) return;

        // What the last cell let go of still counts until it is collected.
        if (!IsRoom()) Collect();
        if (!IsRoom()) return;
        try
        {
            _reserve = GC.AllocateUninitializedArray<byte>(Bytes);
        }
        catch (OutOfMemoryException)
        {
            // Then later.
        }
    }

    private static bool IsRoom() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - GC.GetTotalMemory(forceFullCollection: false) >= 4L * Bytes;

    /// <summary>Collects all there is: memory of large objects serves small ones only after it has gone back to the system.</summary>
    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    /// <summary>What to say when memory is used up.</summary>
    public static string Explain(OutOfMemoryException failure)
    {
        double limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        return FormattableString.Invariant($"{failure.Message} The process may use {limit:0.0} GB. Variables of earlier cells keep what they refer to: assign null to large ones, or restart.");
    }
}
