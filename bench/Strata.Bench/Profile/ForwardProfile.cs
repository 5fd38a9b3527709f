using System.Globalization;
using Strata.Bench.Peer;
using Strata.Bench.Peer.Rows;
using Strata.Models;
using Strata.Research;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Profile;

/// <summary>Where the time of the forward pass and of decoding goes, and how near each part is to the machine's peak in the same rounds.</summary>
internal static class ForwardProfile
{
    public static void Run(int rounds)
    {
        int threads = Math.Min(2, Environment.ProcessorCount);
        for (int used = 1; used <= threads; used++)
        {
            ProfiledEngine engine = new(new CpuEngineOptions { Threads = used });
            Model model = Model.Random(PeerBench.Gpt2Small, 0, new ModelOptions { Engine = engine, Announce = _ => { } });
            TokenRows rows = PeerBench.Tokens(ForwardRows.Batch, ForwardRows.Length), prompt = PeerBench.Tokens(1, 16);
            Table($"forward {ForwardRows.Batch}x{ForwardRows.Length} with loss", rounds, used, engine, () => Evaluation.Run(model, rows));
            Table("decode 16+64", rounds, used, engine, () => model.Generate(prompt, new GenerationRequest { MaxNew = 64, StopIds = [] }));
        }
    }

    private static void Table(string what, int rounds, int threads, ProfiledEngine engine, Action run)
    {
        List<Dictionary<string, ProfiledEngine.Work>> seen = [];
        double[][] seconds = Rounds(rounds, Timed(() =>
        {
            engine.Clear();
            run();
            seen.Add(new(engine.Done));
        }), Timed(() => Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => FmaPeak.Run(PeerBench.PeakIterations))));

        double peak = threads * FmaPeak.Flops(PeerBench.PeakIterations) / seconds[1].Min(), all = Median(seconds[0]);
        double flops = seen[^1].Values.Sum(work => work.Flops);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{what}, {threads} thread{(threads == 1 ? "" : "s")}, peak {peak / 1e9:0} GFLOP/s"));
        Console.WriteLine($"{"",-32}{"seconds",10}{"of all",9}{"GFLOP/s",10}{"of peak",10}");
        Row("all", all, all, flops, peak);
        double named = 0;
        foreach ((string name, ProfiledEngine.Work work) in seen[^1].OrderByDescending(pair => pair.Value.Seconds))
        {
            double median = Median([.. seen.Skip(1).Select(round => round[name].Seconds)]);
            Row(name, median, all, work.Flops, peak);
            named += median;
        }

        Row("between operations", all - named, all, 0, peak);
    }

    private static void Row(string name, double seconds, double all, double flops, double peak)
    {
        string rate = flops == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{flops / seconds / 1e9,10:0}{flops / seconds / peak,10:0.00}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-32}{seconds,10:0.000}{seconds / all,9:0.000}{rate}"));
    }
}
