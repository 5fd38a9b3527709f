using Strata.Bench.Kernels;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>Matrix products as networks run them (weights laid out once) and with the right factor laid out in the call, against the FMA peak of the same rounds.</summary>
internal static class ProductRows
{
    public static void Run(PeerBench bench)
    {
        Products(bench, 1024, 3072, 768);
        Products(bench, 128, 768, 768);
    }

    private static void Products(PeerBench bench, int m, int n, int k)
    {
        double flops = 2.0 * m * n * k;
        int repeat = (int)Math.Ceiling(1e10 / flops);
        Func<double> Product(int threads, bool prepared)
        {
            CpuEngine engine = new(new CpuEngineOptions { Threads = threads });
            Tensor left = Operands.Random(engine, m, k), right = Operands.Random(engine, n, k);
            LinearWeight weight = engine.PrepareLinear(right, WeightOrientation.OutputsByInputs, 0, n, null, DType.Float32);
            return Timed(() =>
            {
                for (int i = 0; i < repeat; i++)
                {
                    using TensorScope scope = engine.OpenScope();
                    if (prepared) scope.Linear(left, weight);
                    else scope.MatMul(left, right, transposeB: true);
                }
            });
        }

        (double[][] seconds, double peak) = bench.Measure(bench.Rounds, Product(1, true), Product(1, false), Product(bench.Threads, true), Product(bench.Threads, false));
        double Share(double[] times) => repeat * flops / Median(times) / peak;
        string shape = $"{m}x{n}x{k}";
        PeerBench.Row($"product {shape}, 1 thread, of the FMA peak ({peak / 1e9:0} GFLOP/s)", Share(seconds[0]), ">= 0.80");
        PeerBench.Ratio($"product {shape}, {bench.Threads} threads, times 1 thread", seconds[0], seconds[2], ">= 1.7");
        PeerBench.Row("  the same with b packed in the call, of the FMA peak", Share(seconds[1]));
        PeerBench.Ratio("  the same with b packed in the call, times 1 thread", seconds[1], seconds[3], "");
    }
}
