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

/// <summary>The machine's own limit: multiply-adds on registers alone, on one thread.</summary>
public class PeakBenchmarks
{
    private const int Rounds = 1 << 20;

    /// <summary><see cref="FmaPeak.Flops"/>(2^20) floating point operations.</summary>
    [Benchmark]
    public float Peak() => FmaPeak.Run(Rounds);
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
