namespace Strata.Tensors;

/// <summary>How a <see cref="CpuEngine"/> uses the machine.</summary>
public sealed record CpuEngineOptions
{
    /// <summary>Threads that work on one operation, the caller's included.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Bits of a vector register: 128, 256 or 512; 0 takes the widest that the hardware offers.</summary>
    public int VectorWidth { get; init; }

    /// <summary>Bytes that the pool keeps for reuse; what comes back beyond them goes to the garbage collector.</summary>
    public long MaxIdleBytes { get; init; } = 2L << 30;
}
