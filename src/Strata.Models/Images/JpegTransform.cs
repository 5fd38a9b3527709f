namespace Strata.Models;

/// <summary>The arithmetic of JPEG as libjpeg's accurate integer method does it: inverse cosine transform of 8 x 8 blocks (Loeffler, Ligtenberg and Moschytz 1989) and colours.</summary>
internal static class JpegTransform
{
    private const int Bits = 13, FirstPassBits = 2;

    // cos and sin of multiples of π/16 in 13 bits, as the factorisation needs them.
    private const int F0298 = 2446, F0390 = 3196, F0541 = 4433, F0765 = 6270, F0899 = 7373, F1175 = 9633, F1501 = 12299, F1847 = 15137, F1961 = 16069, F2053 = 16819, F2562 = 20995, F3072 = 25172;

    /// <summary>Place of the i-th coefficient of a file in a block of rows.</summary>
    public static ReadOnlySpan<byte> Natural =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    /// <summary>Samples of a block: columns first, then rows.</summary>
    public static void Inverse(ReadOnlySpan<short> coefficients, ReadOnlySpan<ushort> quantiser, Span<int> work, Span<byte> samples, int stride)
    {
        for (int i = 0; i < 64; i++) work[i] = coefficients[i] * quantiser[i];
        for (int column = 0; column < 8; column++) Pass(work[column..], 8, Bits - FirstPassBits);
        for (int row = 0; row < 8; row++)
        {
            Pass(work[(8 * row)..], 1, Bits + FirstPassBits + 3);
            for (int x = 0; x < 8; x++) samples[row * stride + x] = (byte)Math.Clamp(work[8 * row + x] + 128, 0, 255);
        }
    }

    /// <summary>Eight values, <paramref name="step"/> apart, in place; the result is divided by 2^shift and rounded.</summary>
    private static void Pass(Span<int> v, int step, int shift)
    {
        int half = 1 << (shift - 1);
        int shared = (v[2 * step] + v[6 * step]) * F0541;
        int even2 = shared - v[6 * step] * F1847, even3 = shared + v[2 * step] * F0765;
        int even0 = (v[0] + v[4 * step]) << Bits, even1 = (v[0] - v[4 * step]) << Bits;
        int a0 = even0 + even3 + half, a3 = even0 - even3 + half, a1 = even1 + even2 + half, a2 = even1 - even2 + half;

        int o0 = v[7 * step], o1 = v[5 * step], o2 = v[3 * step], o3 = v[step];
        int z5 = (o0 + o2 + o1 + o3) * F1175;
        int z1 = -(o0 + o3) * F0899, z2 = -(o1 + o2) * F2562;
        int z3 = z5 - (o0 + o2) * F1961, z4 = z5 - (o1 + o3) * F0390;
        int b0 = o0 * F0298 + z1 + z3, b1 = o1 * F2053 + z2 + z4, b2 = o2 * F3072 + z2 + z3, b3 = o3 * F1501 + z1 + z4;

        (v[0], v[7 * step]) = ((a0 + b3) >> shift, (a0 - b3) >> shift);
        (v[step], v[6 * step]) = ((a1 + b2) >> shift, (a1 - b2) >> shift);
        (v[2 * step], v[5 * step]) = ((a2 + b1) >> shift, (a2 - b1) >> shift);
        (v[3 * step], v[4 * step]) = ((a3 + b0) >> shift, (a3 - b0) >> shift);
    }

    /// <summary>Luminance and two colour differences to red, green and blue (JFIF), in 16 bits.</summary>
    public static void ToRgb(ReadOnlySpan<byte> y, ReadOnlySpan<byte> blue, ReadOnlySpan<byte> red, Span<byte> rgb)
    {
        const int half = 1 << 15, red1402 = 91881, blue1772 = 116130, red0714 = 46802, blue0344 = 22554;
        for (int i = 0; i < y.Length; i++)
        {
            int b = blue[i] - 128, r = red[i] - 128;
            rgb[3 * i] = (byte)Math.Clamp(y[i] + ((red1402 * r + half) >> 16), 0, 255);
            rgb[3 * i + 1] = (byte)Math.Clamp(y[i] + ((half - blue0344 * b - red0714 * r) >> 16), 0, 255);
            rgb[3 * i + 2] = (byte)Math.Clamp(y[i] + ((blue1772 * b + half) >> 16), 0, 255);
        }
    }
}
