using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using Strata.Tensors;

namespace Strata.Bench.Kernels;

/// <summary>Matrix products of a transformer's shapes. <see cref="PeakBenchmarks"/> tells what the machine could do at best.</summary>
public class ProductBenchmarks
{
    private CpuEngine _engine = null!;
    private Tensor _x = null!;
    private LinearWeight _weight = null!;

    /// <summary>Threads of the engine.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Rows x outputs x inputs.</summary>
    [Params("1024x3072x768", "128x768x768", "1024x768x3072", "8x3072x768", "1x3072x768", "1x50257x768")]
    public string Product { get; set; } = "";

    /// <summary>Storage of the weight.</summary>
    [Params(DType.Float32, DType.BFloat16, DType.Float16)]
    public DType Weights { get; set; }

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        int[] sizes = [.. Product.Split('x').Select(int.Parse)];
        _engine = new CpuEngine(new CpuEngineOptions { Threads = Threads });
        _x = Operands.Random(_engine, sizes[0], sizes[2]);
        _weight = _engine.PrepareLinear(Operands.Random(_engine, sizes[1], sizes[2]), WeightOrientation.OutputsByInputs, 0, sizes[1], null, Weights);
    }

    /// <summary>One product.</summary>
    [Benchmark]
    public void Linear()
    {
        using TensorScope scope = _engine.OpenScope();
        scope.Linear(_x, _weight);
    }
}

/// <summary>The machine's own limit: 2^20 rounds of twelve independent multiply-adds in registers, on one thread.</summary>
public class PeakBenchmarks
{
    private const int Rounds = 1 << 20;

    /// <summary>402,653,184 floating point operations with 512-bit registers.</summary>
    [Benchmark]
    public float Peak512() => Vector512.IsHardwareAccelerated ? Chains512() : float.NaN;

    /// <summary>201,326,592 floating point operations with 256-bit registers.</summary>
    [Benchmark]
    public float Peak256() => Vector256.IsHardwareAccelerated ? Chains256() : float.NaN;

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Chains512()
    {
        Vector512<float> f = Vector512.Create(0.5f);
        Vector512<float> a = f, b = f, c = f, d = f, e = f, g = f, h = f, i = f, j = f, k = f, l = f, m = f;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(f, a, f);
            b = Vector512.FusedMultiplyAdd(f, b, f);
            c = Vector512.FusedMultiplyAdd(f, c, f);
            d = Vector512.FusedMultiplyAdd(f, d, f);
            e = Vector512.FusedMultiplyAdd(f, e, f);
            g = Vector512.FusedMultiplyAdd(f, g, f);
            h = Vector512.FusedMultiplyAdd(f, h, f);
            i = Vector512.FusedMultiplyAdd(f, i, f);
            j = Vector512.FusedMultiplyAdd(f, j, f);
            k = Vector512.FusedMultiplyAdd(f, k, f);
            l = Vector512.FusedMultiplyAdd(f, l, f);
            m = Vector512.FusedMultiplyAdd(f, m, f);
        }

        return Vector512.Sum(a + b + c + d + e + g + h + i + j + k + l + m);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Chains256()
    {
        Vector256<float> f = Vector256.Create(0.5f);
        Vector256<float> a = f, b = f, c = f, d = f, e = f, g = f, h = f, i = f, j = f, k = f, l = f, m = f;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector256.FusedMultiplyAdd(f, a, f);
            b = Vector256.FusedMultiplyAdd(f, b, f);
            c = Vector256.FusedMultiplyAdd(f, c, f);
            d = Vector256.FusedMultiplyAdd(f, d, f);
            e = Vector256.FusedMultiplyAdd(f, e, f);
            g = Vector256.FusedMultiplyAdd(f, g, f);
            h = Vector256.FusedMultiplyAdd(f, h, f);
            i = Vector256.FusedMultiplyAdd(f, i, f);
            j = Vector256.FusedMultiplyAdd(f, j, f);
            k = Vector256.FusedMultiplyAdd(f, k, f);
            l = Vector256.FusedMultiplyAdd(f, l, f);
            m = Vector256.FusedMultiplyAdd(f, m, f);
        }

        return Vector256.Sum(a + b + c + d + e + g + h + i + j + k + l + m);
    }
}

/// <summary>Reproducible operands.</summary>
internal static class Operands
{
    public static Tensor Random(TensorEngine engine, params int[] lengths)
    {
        Shape shape = new(lengths);
        Random random = new(1);
        float[] values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = random.NextSingle() - 0.5f;
        return engine.FromHost(values, shape);
    }
}
