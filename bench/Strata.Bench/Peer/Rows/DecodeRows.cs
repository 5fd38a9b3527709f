using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer.Rows;

/// <summary>
/// One token at a time, which reads every weight once for a product with a single row: bound by memory. Beside each row stands how many GB of weights went by in a second, as a share of what reading alone reaches.
/// </summary>
internal static class DecodeRows
{
    private const int Prompt = 16;
    private const int New = 64;

    public static void Run(PeerBench bench)
    {
        TokenRows prompt = PeerBench.Tokens(1, Prompt);
        DType[] formats = [DType.Float32, DType.BFloat16, DType.Int8];
        string[] targets = [">= 1.15", ">= 2", ""];
        Model[] models = [.. formats.Select(bench.Network)];
        ReadBandwidth reading = new(bench.Threads);
        Func<double>[] pieces = [.. models.Select(m => Timed(() => m.Generate(prompt, new GenerationRequest { MaxNew = New, StopIds = [] }))), Timed(reading.Run), .. bench.Peer(new JsonObject { ["cmd"] = "generate", ["length"] = Prompt, ["new"] = New })];
        (double[][] seconds, _) = bench.Measure(bench.Rounds, pieces);
        double most = ReadBandwidth.Bytes / seconds[formats.Length].Min();
        PeerBench.Row($"reading memory on {bench.Threads} threads, GB/s", most / 1e9);
        for (int i = 0; i < formats.Length; i++)
        {
            double rate = WeightBytes(formats[i]) * New / Median(seconds[i]);
            string name = $"{formats[i].ToString().ToLowerInvariant()} weights, {rate / 1e9:0.0} GB/s, {rate / most:0.00} of reading";
            if (bench.HasPeer) PeerBench.Ratio($"decode {Prompt}+{New}, {name}: PyTorch's time over ours", seconds[^1], seconds[i], targets[i]);
            else PeerBench.Row($"decode {Prompt}+{New}, {name}, tokens/s", New / Median(seconds[i]));
        }
    }

    /// <summary>Bytes of weights that a token reads: all linear maps, the unembedding included, and no table of embeddings.</summary>
    private static double WeightBytes(DType format)
    {
        ModelSpec spec = PeerBench.Gpt2Small;
        return format.Size() * (12.0 * spec.Width * spec.Width * spec.Blocks + (double)spec.Width * spec.Vocabulary);
    }

    /// <summary>Sums a stretch of memory far larger than the caches, each thread its part.</summary>
    private sealed class ReadBandwidth
    {
        public const long Bytes = 512L << 20;
        private readonly int _threads;
        private readonly float[] _values = new float[Bytes / sizeof(float)];

        public ReadBandwidth(int threads)
        {
            _threads = threads;
            // Memory that was never written is one page of zeros.
            Array.Fill(_values, 1f);
        }

        public void Run() => Parallel.For(0, 2 * _threads, new ParallelOptions { MaxDegreeOfParallelism = _threads }, part =>
        {
            int count = _values.Length / (2 * _threads);
            if (Sum(_values.AsSpan(part * count, count)) < 1) throw new InvalidOperationException("The memory has changed.");
        });

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Sum(ReadOnlySpan<float> values)
        {
            ref float first = ref MemoryMarshal.GetReference(values);
            Vector256<float> a = default, b = default, c = default, d = default;
            for (nuint i = 0; i + 32 <= (nuint)values.Length; i += 32)
            {
                a += Vector256.LoadUnsafe(ref first, i);
                b += Vector256.LoadUnsafe(ref first, i + 8);
                c += Vector256.LoadUnsafe(ref first, i + 16);
                d += Vector256.LoadUnsafe(ref first, i + 24);
            }

            return Vector256.Sum(a + b + c + d);
        }
    }
}
