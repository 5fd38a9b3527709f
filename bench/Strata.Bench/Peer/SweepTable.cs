using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Research;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer;

/// <summary>
/// Sweeps and interventions on the shape of GPT-2 small, beside loops in PyTorch and beside what the operations that they save promise. All pieces of a row alternate.
/// </summary>
/// <param name="pytorch">The peer, or null.</param>
/// <param name="rounds">Alternating rounds.</param>
/// <param name="few">Where time is short: one head of each block, and PyTorch patches one position in 32 instead of one in 8.</param>
internal sealed class SweepTable(PythonWorker? pytorch, int rounds, bool few)
{
    private const int Blocks = 12;
    private const int Heads = 12;
    private const int FmaIterations = 50_000_000;
    private readonly int _threads = Math.Min(2, Environment.ProcessorCount);

    /// <summary>Prints rows.</summary>
    /// <param name="rows">Names of rows; none for all: heads, patching, siblings, painters.</param>
    public void Run(IReadOnlyCollection<string> rows)
    {
        Model model = Model.Random(Gpt2Family.Spec(Blocks, width: 768, Heads, vocabulary: 50257, positions: 1024), 0, new ModelOptions { Engine = new CpuEngine(new CpuEngineOptions { Threads = _threads }) });
        pytorch?.Ask(new JsonObject { ["cmd"] = "setup", ["seed"] = 0 });
        Console.WriteLine($"# {Environment.ProcessorCount} cores, {model.Engine.Name}; medians of {rounds} alternating rounds; times PyTorch: {(pytorch is null ? "not run" : pytorch.Header.GetProperty("torch").GetString())}, {_threads} threads");
        Console.WriteLine($"{"work",-78}{"measured",12}{"target",12}");
        (string Name, Action<Model> Row)[] all = [("heads", HeadAblation), ("patching", Patching), ("siblings", Siblings), ("painters", PaintersBattery)];
        foreach ((string name, Action<Model> row) in all) if (rows.Count == 0 || rows.Contains(name)) row(model);
    }

    /// <summary>All heads, or one of each block, which costs what the others do.</summary>
    private void HeadAblation(Model model)
    {
        TokenRows rows = RandomRows(model, 8, 128);
        Variant[] variants = [.. Variant.Heads(model).Where(v => !few || v.Part == 0)];
        JsonObject request = Request("ablate", 8, 128);
        request["heads"] = new JsonArray([.. variants.Select(v => (JsonNode)new JsonArray(v.Block!.Value, v.Part!.Value))]);
        double[] seconds = Measure(() => VariantSweep.Run(model, rows, variants), request);
        double flops = rows.Tokens * (variants.Sum(v => (Blocks - v.Block!.Value) * Block(model, 128)) + Blocks * Block(model, 128) + (variants.Length + 1) * Unembedding(model));
        Compare($"zero-ablation of {variants.Length} of 144 heads, loss on 8x128", seconds, 1, flops, 2);
    }

    /// <summary>The whole grid; PyTorch runs some positions, each of which costs the same.</summary>
    private void Patching(Model model)
    {
        const int length = 64;
        int stride = few ? 32 : 8;
        int[][] prompts = [.. RandomRows(model, 2, length).Sequences];
        JsonObject request = Request("patch", 1, length);
        request["cells"] = new JsonArray([.. Enumerable.Range(0, Blocks).SelectMany(b => Enumerable.Range(0, length / stride).Select(p => (JsonNode)new JsonArray(b, p * stride)))]);
        PatchingGrid grid = null!;
        double[] seconds = Measure(() => grid = PatchingGrid.Run(model, prompts[0], prompts[1], PatchingMetric.LogitDifference(1, 2)), request);
        double flops = grid.TokenBlocks * Block(model, length) + Blocks * length * Unembedding(model);
        Compare($"patching grid {Blocks} x {length}, last-position metric (PyTorch: 1 in {stride}, times {stride})", seconds, stride, flops, 8);
    }

    /// <summary>Small data: siblings together against each alone, on the way to the rule for how many rows run together.</summary>
    private void Siblings(Model model)
    {
        IReadOnlyList<LayerPlan> plans = model.Plans.AllWindows();
        foreach (int tokens in (int[])[16, 64, 128, 256])
        {
            TokenRows rows = RandomRows(model, 1, tokens);
            double[] seconds = Medians(rounds, Timed(() => Sweep.Run(model, rows, plans)), Timed(() => Sweep.Run(model, rows, plans, new SweepOptions { SiblingBytes = 0 })));
            Row($"{plans.Count} windows on 1x{tokens} ({seconds[0]:0.00} s): each plan alone over siblings together", seconds[1] / seconds[0], "");
        }
    }

    /// <summary>Eight strategies (the shuffle with three seeds) over every centred span.</summary>
    private void PaintersBattery(Model model)
    {
        LayerPlan[] plans = [.. Enumerable.Range(0, 3).SelectMany(seed => Painters.Centred(model.Plans, seed)).Where((m, i) => i < 30 || m.Method == "shuffle").Select(m => m.Plan)];
        TokenRows rows = RandomRows(model, 8, 256);
        SweepResult last = null!;
        double[] seconds = Medians(Math.Max(1, rounds / 3), Timed(() => last = Sweep.Run(model, rows, plans)), Timed(() =>
        {
            foreach (LayerPlan plan in plans) Evaluation.Run(model, rows, plan);
        }));
        double block = Block(model, 256), unembedding = Unembedding(model) * plans.Length;
        double promised = (last.LoopBlockEvaluations * block + unembedding) / (last.BlockEvaluations * block + unembedding);
        Row($"painters' battery, {plans.Length} plans on 8x256 ({seconds[0]:0.0} s): own loop over sweep, of the {promised:0.00} promised", seconds[1] / seconds[0] / promised, ">= 0.95");
    }

    private double[] Measure(Action strata, JsonObject request)
    {
        List<Func<double>> pieces = [Timed(() => FmaPeak.Run(FmaIterations)), Timed(strata)];
        if (pytorch is not null) pieces.Add(() => pytorch.Seconds(request));
        return Medians(rounds, [.. pieces]);
    }

    /// <summary>PyTorch's time over ours, and what share of the machine's peak ours is.</summary>
    private void Compare(string work, double[] seconds, int times, double flops, double target)
    {
        double peak = _threads * FmaPeak.Flops(FmaIterations) / seconds[0];
        Row($"{work} ({seconds[1]:0.0} s, {flops / seconds[1] / peak:P0} of the FMA peak)", seconds.Length > 2 ? times * seconds[2] / seconds[1] : double.NaN, $">= {target:0.0}");
    }

    /// <summary>Operations per token of a block, attention over half of the context included.</summary>
    private static double Block(Model model, int length) =>
        (PlanCost.Of(model.Plans.Identity(), model.Spec).FlopsPerToken - Unembedding(model)) / Blocks + 4.0 * model.Spec.Width * (length + 1) / 2;

    private static double Unembedding(Model model) => PlanCost.Of(new LayerPlan(Blocks, []), model.Spec).FlopsPerToken;

    private JsonObject Request(string command, int batch, int length) => new() { ["cmd"] = command, ["batch"] = batch, ["length"] = length, ["threads"] = _threads, ["repeat"] = 1 };

    private static TokenRows RandomRows(Model model, int count, int length)
    {
        SeededRandom random = new(1);
        return new TokenRows("random ids", [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => random.NextInt(model.Spec.Vocabulary)).ToArray())]);
    }

    private static void Row(string work, double measured, string target) => Console.WriteLine($"{work,-90}{measured,8:0.00}{target,10}");
}
