using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Strata.Bench.Kernels;
using Strata.Models;
using Strata.Research;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer;

/// <summary>
/// The speed table: the same work in PyTorch and in Strata, alternating, printed as ratios of medians with the machine's header. PyTorch runs at its best: OpenBLAS in the OpenMP
/// build, inference mode, the faster of one and two threads.
/// </summary>
internal sealed class SpeedTable(PythonWorker? pytorch, int rounds)
{
    private const int Batch = 4;
    private const int Length = 256;
    private readonly int _threads = Math.Min(2, Environment.ProcessorCount);

    private static readonly ModelSpec Gpt2Small = Gpt2Family.Spec(blocks: 12, width: 768, heads: 12, vocabulary: 50257, positions: 1024);

    public void Run()
    {
        Console.WriteLine($"# {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {ProcessorName()}");
        Console.WriteLine($"# Strata {typeof(Tensor).Assembly.GetName().Version!.ToString(3)}, {new CpuEngine(new CpuEngineOptions { Threads = _threads }).Name}; medians of {rounds} alternating rounds");
        Console.WriteLine(pytorch is null ? "# PyTorch: not run" : $"# PyTorch {pytorch.Header.GetProperty("torch").GetString()}, {pytorch.Header.GetProperty("blas").GetString()}");
        Console.WriteLine();
        Console.WriteLine($"{"work",-62}{"measured",12}{"target",12}");
        Products(1024, 3072, 768);
        Products(128, 768, 768);
        Model model = Model.Random(Gpt2Small, 0, new ModelOptions { Engine = new CpuEngine(new CpuEngineOptions { Threads = _threads }) });
        TokenRows rows = RandomRows();
        pytorch?.Ask(new JsonObject { ["cmd"] = "setup", ["seed"] = 0 });
        Forward(model, rows);
        Capture(model, rows);
        Sweeps(model, rows);
    }

    /// <summary>A matrix product as networks run it (weights laid out once) and with b packed in the call, against the FMA peak of the same rounds.</summary>
    private void Products(int m, int n, int k)
    {
        double flops = 2.0 * m * n * k;
        int repeat = (int)Math.Ceiling(3e10 / flops);
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

        const int iterations = 50_000_000;
        double[] seconds = Medians(rounds, Timed(() => FmaPeak.Run(iterations)), Product(1, true), Product(1, false), Product(_threads, true), Product(_threads, false));
        double peak = FmaPeak.Flops(iterations) / seconds[0], one = repeat * flops / seconds[1], packing = repeat * flops / seconds[2];
        string shape = $"{m}x{n}x{k}";
        Row($"product {shape}, 1 thread, of the FMA peak ({peak / 1e9:0} GFLOP/s)", one / peak, ">= 0.80");
        Row($"product {shape}, {_threads} threads, times 1 thread", seconds[1] / seconds[3], ">= 1.7");
        Row($"  the same with b packed in the call, of the FMA peak", packing / peak, "");
        Row($"  the same with b packed in the call, times 1 thread", seconds[2] / seconds[4], "");
    }

    private void Forward(Model model, TokenRows rows)
    {
        Func<double> strata = Timed(() => Evaluation.Run(model, rows));
        if (pytorch is null)
        {
            Row($"forward {Batch}x{Length} with loss, seconds", Medians(rounds, strata)[0], "");
            return;
        }

        double[] seconds = Medians(rounds, strata, () => pytorch.Seconds(Request("forward", 1)), () => pytorch.Seconds(Request("forward", _threads)));
        Row($"forward {Batch}x{Length} with loss ({seconds[0]:0.00} s): PyTorch's time over ours", Math.Min(seconds[1], seconds[2]) / seconds[0], ">= 1.0");
    }

    /// <summary>The blocks without hooks, with hooks that do nothing, and with every resid_post kept or pooled.</summary>
    private void Capture(Model model, TokenRows rows)
    {
        LayerPlan plan = model.Plans.Identity();
        HookCatalog catalog = new(model.Spec, plan);
        TokenBatch batch = new(rows.Sequences);
        void Blocks(HookSession? hooks)
        {
            using TensorScope scope = model.Engine.OpenScope();
            new BatchRun(model, batch, hooks, null).Run(scope, plan);
        }

        CaptureRequest request = new() { Points = ["blocks.*.resid_post"], Announce = _ => { } };
        double[] seconds = Medians(rounds * 2 + 1,
            Timed(() => Blocks(null)),
            Timed(() => Blocks(new HookSession(catalog, model.Spec, [], [], null))),
            Timed(() => model.Capture(rows, request)),
            Timed(() => model.Capture(rows, request with { Pooling = Pooling.Mean })));
        Row("empty capture over the plain forward pass", seconds[1] / seconds[0], "about 1");
        Row("capture of all resid_post over the plain forward pass", seconds[2] / seconds[0], "<= 1.05");
        Row("  the same, pooled by mean", seconds[3] / seconds[0], "<= 1.05");
    }

    private void Sweeps(Model model, TokenRows rows)
    {
        IReadOnlyList<LayerPlan> plans = model.Plans.AllWindows();
        SweepResult last = null!;
        model.Engine.ResetPeak();
        Evaluation.Run(model, rows);
        long one = model.Engine.PeakPooledBytes;
        model.Engine.ResetPeak();
        List<Func<double>> pieces =
        [
            Timed(() => last = Sweep.Run(model, rows, plans)),
            Timed(() =>
            {
                foreach (LayerPlan plan in plans) Evaluation.Run(model, rows, plan);
            }),
        ];
        if (pytorch is not null) pieces.Add(() => pytorch.Seconds(SweepRequest(plans)));
        double[] seconds = Medians(Math.Max(1, rounds / 3), [.. pieces]);
        double saved = PromisedGain(model.Spec, plans, last);
        if (pytorch is not null) Row($"sweep of {plans.Count} plans ({seconds[0]:0.0} s): PyTorch's loop over ours", seconds[2] / seconds[0], ">= 1.3");
        Row($"sweep: own loop over sweep, of the {saved:0.00} that saved FLOPs promise", seconds[1] / seconds[0] / saved, ">= 0.9");
        Row("sweep: peak working memory over that of one evaluation", (double)model.Engine.PeakPooledBytes / one, "<= 1.5");
    }

    /// <summary>FLOPs of a loop over FLOPs of the tree; the unembedding runs once per plan in both.</summary>
    private static double PromisedGain(ModelSpec spec, IReadOnlyList<LayerPlan> plans, SweepResult sweep)
    {
        double unembedding = PlanCost.Of(new LayerPlan(spec.Blocks, []), spec).FlopsPerToken;
        double attention = 4.0 * spec.Heads * spec.HeadWidth * (Length + 1) / 2;
        double block = PlanCost.Of(LayerPlan.Parse("0", spec.Blocks), spec).FlopsPerToken - unembedding + attention;
        return (sweep.LoopBlockEvaluations * block + plans.Count * unembedding) / (sweep.BlockEvaluations * block + plans.Count * unembedding);
    }

    private JsonObject SweepRequest(IReadOnlyList<LayerPlan> plans)
    {
        JsonObject request = Request("sweep", _threads);
        request["plans"] = new JsonArray(plans.Select(plan => (JsonNode)new JsonArray(plan.Executions.Select(e => (JsonNode)LayerPlan.BlockOf(e)).ToArray())).ToArray());
        return request;
    }

    private static JsonObject Request(string command, int threads) => new() { ["cmd"] = command, ["batch"] = Batch, ["length"] = Length, ["threads"] = threads, ["repeat"] = 1 };

    private static TokenRows RandomRows()
    {
        SeededRandom random = new(1);
        return new TokenRows("random ids", Enumerable.Range(0, Batch).Select(_ => Enumerable.Range(0, Length).Select(_ => random.NextInt(Gpt2Small.Vocabulary)).ToArray()).ToArray());
    }

    private static void Row(string work, double measured, string target) => Console.WriteLine($"{work,-62}{measured,12:0.00}{target,12}");

    private static string ProcessorName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : RuntimeInformation.ProcessArchitecture.ToString();
}
