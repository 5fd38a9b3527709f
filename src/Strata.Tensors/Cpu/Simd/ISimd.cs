namespace Strata.Tensors.Cpu;

/// <summary>
/// A register of float32 lanes. Kernels are written once against this interface and compiled once per width; the struct disappears in the process.
/// Every operation works lane by lane with the same rounding in all widths.
/// </summary>
internal unsafe interface ISimd<TSelf> where TSelf : unmanaged, ISimd<TSelf>
{
    /// <summary>Lanes.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of a matrix product's register tile: as many as the register file holds beside two columns of registers.</summary>
    static abstract int TileRows { get; }

    static abstract TSelf Load(float* address);

    static abstract void Store(TSelf value, float* address);

    static abstract TSelf Broadcast(float value);

    /// <summary>Widens IEEE half precision, exactly, denormals and infinities included.</summary>
    static abstract TSelf LoadHalf(ushort* address);

    /// <summary>Widens bfloat16, exactly.</summary>
    static abstract TSelf LoadBFloat16(ushort* address);

    /// <summary>Widens whole numbers of 8 bits, exactly.</summary>
    static abstract TSelf LoadInt8(sbyte* address);

    /// <summary>Stores whole numbers within ±127 in 8 bits each.</summary>
    static abstract void StoreInt8(TSelf value, sbyte* address);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a · b + c, rounded once where the hardware can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger lane; <paramref name="b"/> where either is NaN (on x86).</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>The smaller lane; <paramref name="b"/> where either is NaN (on x86).</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    static abstract TSelf Abs(TSelf a);

    /// <summary><paramref name="yes"/> in the lanes where <paramref name="a"/> is below zero.</summary>
    static abstract TSelf WhereNegative(TSelf a, TSelf yes, TSelf no);

    /// <summary>The nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>a · 2^n for whole n within ±254, correctly rounded where the result is denormal.</summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf a, TSelf n);

    static abstract float Sum(TSelf a);

    static abstract float MaxAcross(TSelf a);
}
