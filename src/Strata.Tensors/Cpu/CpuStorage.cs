using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Strata.Tensors.Cpu;

/// <summary>Numbers in this process's memory: a pinned array of our own, or memory that somebody else owns.</summary>
internal sealed unsafe class CpuStorage : TensorStorage
{
    /// <summary>Alignment of own memory: a cache line, and the widest register.</summary>
    public const int Alignment = 64;

    // Array or foreign owner: the reference keeps the memory alive.
    private readonly object _owner;

    private CpuStorage(object owner, byte* address, long bytes, int sizeClass)
    {
        _owner = owner;
        Address = address;
        Bytes = bytes;
        SizeClass = sizeClass;
    }

    /// <summary>First byte.</summary>
    public byte* Address { get; }

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <summary>Free list in the pool; −1 for memory that the pool does not take back.</summary>
    public int SizeClass { get; }

    /// <summary>New aligned memory, contents undefined.</summary>
    public static CpuStorage Create(long bytes, int sizeClass = -1)
    {
        // A long array reaches past 2 GB; pinned, so that kernels may hold plain pointers.
        long[] array = GC.AllocateUninitializedArray<long>(checked((int)((bytes + Alignment + 7) / 8)), pinned: true);
        nint first = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        return new CpuStorage(array, (byte*)((first + Alignment - 1) & -Alignment), bytes, sizeClass);
    }

    /// <summary>Memory of somebody else, used where it lies.</summary>
    public static CpuStorage Foreign(nint address, long bytes, object owner) => new(owner, (byte*)address, bytes, -1);

    /// <summary>The numbers as float32. A span over own memory keeps that memory alive.</summary>
    public ReadOnlySpan<float> AsFloats(int count)
    {
        if (_owner is not long[] array || count == 0) return new ReadOnlySpan<float>(Address, count);
        ref byte first = ref Unsafe.As<long, byte>(ref MemoryMarshal.GetArrayDataReference(array));
        nint offset = (nint)Address - (nint)Unsafe.AsPointer(ref first);
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, float>(ref Unsafe.AddByteOffset(ref first, offset)), count);
    }
}
