using System.Diagnostics;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Bench.Load;

/// <summary>
/// Mixed work for as long as is asked: captures (kept, pooled, spilled to a file, streamed through measures), sweeps, probes, generation and a network beyond its allowed memory, over
/// and over. What the process holds in memory at the end of each round must stay where it was.
/// </summary>
/// <param name="folder">A checkpoint.</param>
/// <param name="minutes">How long.</param>
internal sealed class Soak(string folder, double minutes)
{
    private const int DifferentRounds = 3;

    /// <summary>Works, and writes a line a minute and the verdict.</summary>
    public void Run()
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"# .NET {Environment.Version}, {Environment.ProcessorCount} cores; {minutes:0.#} minutes of rounds, resident memory after each (collected)"));
        Stopwatch time = Stopwatch.StartNew();
        List<long> resident = [];
        double told = 0;
        for (int round = 0; time.Elapsed.TotalMinutes < minutes || resident.Count == 0; round++)
        {
            Round(round % DifferentRounds);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            // What is kept is asked for, not what the collector holds back for speed.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            // Methods are compiled again while they are found to be hot.
            if (time.Elapsed.TotalMinutes > minutes / 10) resident.Add(ProcessMemory.Status("VmRSS"));
            if (resident.Count == 0 || time.Elapsed.TotalMinutes < told) continue;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.Elapsed.TotalMinutes,6:0.0} min  {round + 1,6} rounds  {resident[^1] / 1e6,8:0.0} MB"));
            told = Math.Floor(time.Elapsed.TotalMinutes) + 1;
        }

        double first = Middle(resident[..Math.Max(1, resident.Count / 10)]), last = Middle(resident[^Math.Max(1, resident.Count / 10)..]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{resident.Count} rounds after a tenth of the time for warming up: median of the first tenth {first / 1e6:0.0} MB, of the last {last / 1e6:0.0} MB, {(last / first) - 1:+0.0%;-0.0%} (target: within 2 %); least {resident.Min() / 1e6:0.0} MB, most {resident.Max() / 1e6:0.0} MB"));
    }

    private void Round(int round)
    {
        Model model = Model.Load(folder, new ModelOptions { MemoryLimit = round == 0 ? 2_000_000 : null });
        SeededRandom random = new(round);
        TokenRows rows = new("random ids", [.. Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, 1 + random.NextInt(59)).Select(_ => random.NextInt(model.Spec.Vocabulary)).ToArray())]);
        CaptureRequest request = new() { Points = ["blocks.*.resid_post", "blocks.2.attn.pattern"], Announce = _ => { } };
        Activations kept = model.Capture(rows, request), spilled = model.Capture(rows, request with { MemoryLimit = 1 });
        Activations pooled = model.Capture(rows, request with { Points = ["*.resid_*"], Pooling = Pooling.Mean });
        if (!kept.Rows("blocks.3.resid_post").Values.AsSpan().SequenceEqual(spilled.Rows("blocks.3.resid_post").Values)) throw new InvalidOperationException("What was spilled differs.");
        ComparisonMatrix.Compute(pooled, pooled, "cka-debiased");
        MeasureBattery.Run(model, rows, ["prompt-entropy", "curvature", "two-nn", "anisotropy"]);
        List<LayerPlan> plans = [model.Plans.Identity(), .. Enumerable.Range(0, 6).Select(i => model.Plans.Skip(i..(i + 2))), model.Plans.Parse("0..3, parallel(3..6), 6..8")];
        Sweep.Run(model, rows, plans, new SweepOptions { Announce = _ => { } });
        model.Generate(new TokenRows("prompts", rows.Sequences.Take(3).Select(s => s[..Math.Min(20, s.Length)]).ToArray()), new GenerationRequest { MaxNew = 20, StopIds = [], Seed = round, Temperature = 1 });
    }

    private static double Middle(IEnumerable<long> values)
    {
        long[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
