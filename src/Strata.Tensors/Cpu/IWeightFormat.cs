using System.Runtime.CompilerServices;

namespace Strata.Tensors.Cpu;

/// <summary>How the elements of a packed weight lie in memory, and how a register of them is widened to float32.</summary>
internal unsafe interface IWeightFormat
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Bytes { get; }

    static abstract TSimd Load<TSimd>(byte* address) where TSimd : unmanaged, ISimd<TSimd>;
}

/// <summary>IEEE single precision.</summary>
internal readonly unsafe struct Float32Format : IWeightFormat
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Load<TSimd>(byte* address) where TSimd : unmanaged, ISimd<TSimd> => TSimd.Load((float*)address);
}

/// <summary>IEEE half precision.</summary>
internal readonly unsafe struct Float16Format : IWeightFormat
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Load<TSimd>(byte* address) where TSimd : unmanaged, ISimd<TSimd> => TSimd.LoadHalf((ushort*)address);
}

/// <summary>Whole numbers of 8 bits, without their scales: those come in at the end of a product.</summary>
internal readonly unsafe struct Int8Format : IWeightFormat
{
    public static int Bytes => sizeof(sbyte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Load<TSimd>(byte* address) where TSimd : unmanaged, ISimd<TSimd> => TSimd.LoadInt8((sbyte*)address);
}

/// <summary>bfloat16.</summary>
internal readonly unsafe struct BFloat16Format : IWeightFormat
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Load<TSimd>(byte* address) where TSimd : unmanaged, ISimd<TSimd> => TSimd.LoadBFloat16((ushort*)address);
}
