using System.Runtime.CompilerServices;

namespace Strata.Tensors.Cpu;

/// <summary>Functions of a register of lanes. The coefficients are minimax fits (Remez) on the stated intervals.</summary>
internal static class VectorMath<TSimd> where TSimd : unmanaged, ISimd<TSimd>
{
    /// <summary>e^x within 2 ulp over the whole range, denormal results included; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Exp(TSimd x)
    {
        // Beyond these bounds the result is 0 or infinite anyway; NaN passes, as it stands second.
        x = TSimd.Max(TSimd.Broadcast(-105f), TSimd.Min(TSimd.Broadcast(89f), x));
        TSimd n = TSimd.Round(x * TSimd.Broadcast(1.44269504f));

        // r = x − n·ln 2 with ln 2 in two parts: |r| ≤ ½ ln 2.
        TSimd r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-0.693145752f), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-1.42860677e-6f), r);

        // e^r = 1 + r + r²·q(r), relative error of the fit 3e-9.
        TSimd q = TSimd.Broadcast(0.0013814467f);
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.008368781f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.041668393f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.1666652f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.49999994f));
        TSimd p = TSimd.MultiplyAdd(r * r, q, r) + TSimd.Broadcast(1f);
        return TSimd.ScaleByPowerOfTwo(p, n);
    }

    /// <summary>log(1 + u) for u from 0 to 1, relative error below 2e-7: 2 artanh s with s = u / (2 + u) ≤ 1/3, whose series is cut behind s¹³.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd LogOnePlus(TSimd u)
    {
        TSimd s = u / (u + TSimd.Broadcast(2f)), square = s * s;
        TSimd p = TSimd.Broadcast(1f / 13);
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(1f / 11));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(1f / 9));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(1f / 7));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(1f / 5));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(1f / 3));
        TSimd half = TSimd.MultiplyAdd(s * square, p, s);
        return half + half;
    }

    /// <summary>The standard normal distribution function Φ(x) = ½ erfc(−x/√2), relative error below 1e-6 in the lower tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd NormalCdf(TSimd x)
    {
        TSimd one = TSimd.Broadcast(1f);
        TSimd z = TSimd.Abs(x) * TSimd.Broadcast(0.70710678f);

        // erfc(z) = e^(−z²) · t · p(t), t = 1/(1 + z/2): relative error of the fit 6e-8 for z up to 10.
        TSimd t = one / TSimd.MultiplyAdd(z, TSimd.Broadcast(0.5f), one);
        TSimd p = TSimd.Broadcast(-0.059124332f);
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.28484574f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(-0.487762f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.27871203f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(-0.027071279f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.2028760463f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.2430557758f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.2823819220f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.2820860445f));
        TSimd tail = TSimd.Broadcast(0.5f) * Exp(TSimd.Broadcast(-0.5f) * x * x) * t * p;
        return TSimd.WhereNegative(x, tail, one - tail);
    }

    /// <summary>tanh x, relative error below 3e-7; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Tanh(TSimd x)
    {
        TSimd one = TSimd.Broadcast(1f), size = TSimd.Abs(x), square = x * x;

        // Up to 0.625: x + x³·p(x²), relative error of the fit 4e-9.
        TSimd p = TSimd.Broadcast(-0.0057170405f);
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.020650584f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-0.053743497f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.13331491f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-0.33333284f));
        TSimd small = TSimd.MultiplyAdd(square * x, p, x);

        // Beyond: ±(1 − 2/(e^(2|x|) + 1)).
        TSimd large = one - (TSimd.Broadcast(2f) / (Exp(size + size) + one));
        return TSimd.WhereNegative(size - TSimd.Broadcast(0.625f), small, TSimd.WhereNegative(x, TSimd.Broadcast(-1f) * large, large));
    }
}

/// <summary>A function of one element.</summary>
internal interface IFunction
{
    static abstract TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd>;
}

/// <summary><see cref="Activation.GeluTanh"/>, as x · σ(2u): the same function without the cancellation of 1 + tanh u.</summary>
internal readonly struct GeluTanhFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd>
    {
        const float minusTwiceRootTwoOverPi = -1.5957691f;
        TSimd inner = TSimd.MultiplyAdd(x * x, TSimd.Broadcast(0.044715f * minusTwiceRootTwoOverPi), TSimd.Broadcast(minusTwiceRootTwoOverPi));
        return x / (TSimd.Broadcast(1f) + VectorMath<TSimd>.Exp(inner * x));
    }
}

/// <summary><see cref="Activation.GeluErf"/>.</summary>
internal readonly struct GeluErfFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd> => x * VectorMath<TSimd>.NormalCdf(x);
}

/// <summary><see cref="Activation.Silu"/>.</summary>
internal readonly struct SiluFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd> =>
        x / (TSimd.Broadcast(1f) + VectorMath<TSimd>.Exp(TSimd.Broadcast(-1f) * x));
}

/// <summary><see cref="Activation.Tanh"/>.</summary>
internal readonly struct TanhFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd> => VectorMath<TSimd>.Tanh(x);
}

/// <summary><see cref="Activation.Relu"/>; NaN stays NaN.</summary>
internal readonly struct ReluFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd> => TSimd.Max(TSimd.Broadcast(0f), x);
}

/// <summary><see cref="Activation.QuickGelu"/>.</summary>
internal readonly struct QuickGeluFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd> =>
        x / (TSimd.Broadcast(1f) + VectorMath<TSimd>.Exp(TSimd.Broadcast(-1.702f) * x));
}

/// <summary><see cref="Activation.GeluErf10"/>; NaN stays NaN.</summary>
internal readonly struct GeluErf10Function : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd> =>
        TSimd.Max(TSimd.Broadcast(-10f), TSimd.Min(TSimd.Broadcast(10f), GeluErfFunction.Apply(x)));
}

/// <summary><see cref="Activation.Softplus"/>, as max(x, 0) + log(1 + e^−|x|); NaN stays NaN.</summary>
internal readonly struct SoftplusFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd> =>
        TSimd.Max(TSimd.Broadcast(0f), x) + VectorMath<TSimd>.LogOnePlus(VectorMath<TSimd>.Exp(TSimd.Broadcast(-1f) * TSimd.Abs(x)));
}

/// <summary><see cref="Activation.SquaredRelu"/>; NaN stays NaN.</summary>
internal readonly struct SquaredReluFunction : IFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Apply<TSimd>(TSimd x) where TSimd : unmanaged, ISimd<TSimd>
    {
        TSimd positive = ReluFunction.Apply(x);
        return positive * positive;
    }
}
