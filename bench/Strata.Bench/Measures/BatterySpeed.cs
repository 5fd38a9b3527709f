using System.Diagnostics;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Bench.Measures;

/// <summary>What a battery of 15 measures over all layers of the Othello network costs beside the plain forward pass over the same games.</summary>
/// <param name="model">Folder of the network.</param>
/// <param name="games">How many games.</param>
/// <param name="rounds">Measured rounds; one unmeasured round comes before them.</param>
internal sealed class BatterySpeed(string model, int games, int rounds)
{
    private static readonly string[] Names =
    [
        "prompt-entropy", "dataset-entropy", "effective-rank", "participation-ratio", "stable-rank", "pca-dimension", "alpha-req", "curvature", "anisotropy", "drift", "norm", "block-influence", "token-homogeneity", "intra-sentence", "two-nn",
    ];

    /// <summary>Measures and writes the table.</summary>
    public void Run()
    {
        Model network = Model.Load(model, new ModelOptions { Announce = _ => { } });
        int[][] held = DataSet.Read(Path.Combine(model, "games-test.jsonl")).Tokens(network).Sequences.ToArray();
        TokenRows rows = new("games", Enumerable.Range(0, games).Select(i => held[i % held.Length]).ToArray());
        Console.WriteLine($"# {network}; {games} games ({held.Length} distinct), {rows.Tokens} tokens; .NET {Environment.Version}, {Environment.ProcessorCount} cores; median of {rounds} alternating rounds");
        Console.WriteLine($"# {Names.Length} measures at {network.Spec.Blocks} layers: {string.Join(", ", Names)}\n");
        string bytes = "";
        Cost[] costs = Costs(
            () => network.PlanCapture(rows, new CaptureRequest { Points = [$"blocks.{network.Spec.Blocks - 1}.resid_post"], Announce = _ => { } }).Stream(_ => { }),
            () => bytes = MeasureBattery.Run(network, rows, Names, new BatteryRequest { Control = false }).Table.Provenance.Settings["measure.bytes"],
            () => Eigenvalues(network, rows),
            () => Pairs(network));
        Cost plain = costs[0], all = costs[1], eigen = costs[2], pairs = costs[3];
        Console.WriteLine($"{"",-40}{"wall",10}{"CPU",10}");
        Row("forward pass to the last layer", plain);
        Row("battery of 15 measures, everything", all);
        Row("  of it eigenvalues", eigen);
        Row("  of it distances of pairs (two-nn)", pairs);
        Row("  the pass with what is left", all - eigen - pairs);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nbattery less eigenvalues, over the forward pass  {(all - eigen).Wall / plain.Wall:0.00}   target <= 1.5   (in CPU time {(all - eigen).Cpu / plain.Cpu:0.00})"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  less the distances of pairs too               {(all - eigen - pairs).Wall / plain.Wall:0.00}                   (in CPU time {(all - eigen - pairs).Cpu / plain.Cpu:0.00})"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"accumulators  {double.Parse(bytes, CultureInfo.InvariantCulture) / 1e6:0.0} MB, whatever the number of games"));
    }

    /// <summary>Medians over the rounds of what each piece of work costs, in turn; one round before them is not measured.</summary>
    private Cost[] Costs(params Action[] work)
    {
        List<Cost>[] costs = [.. work.Select(_ => new List<Cost>())];
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < work.Length; i++)
            {
                Cost cost = Cost.Of(work[i]);
                if (round >= 0) costs[i].Add(cost);
            }
        }

        return [.. costs.Select(c => new Cost(Median(c.Select(x => x.Wall)), Median(c.Select(x => x.Cpu))))];
    }

    /// <summary>The spectra that the battery takes, of matrices as large: one per prompt and layer, and four of the width per layer.</summary>
    private static void Eigenvalues(Model network, TokenRows rows)
    {
        Random random = new(1);
        RealMatrix Gram(int size)
        {
            RealMatrix x = new(size, size);
            for (int i = 0; i < x.Values.Length; i++) x.Values[i] = random.NextDouble() - 0.5;
            return Products.RowGram(x);
        }

        int length = rows.Sequences[0].Length, width = network.Spec.Width, blocks = network.Spec.Blocks;
        RealMatrix small = Gram(Math.Min(length, width)), large = Gram(width);
        Parallel.For(0, rows.Count * blocks, _ => SymmetricEigenvalues.OfGram(new RealMatrix((double[])small.Values.Clone(), small.Rows, small.Columns)));
        for (int i = 0; i < 3 * blocks; i++) SymmetricEigenvalues.OfGram(new RealMatrix((double[])large.Values.Clone(), width, width));
    }

    /// <summary>The neighbours of as many rows as two-nn takes, once per layer.</summary>
    private static void Pairs(Model network)
    {
        int most = new MeasureOptions().MaxRows!.Value;
        Random random = new(2);
        Strata.Tensors.FloatMatrix rows = new(Enumerable.Range(0, most * network.Spec.Width).Select(_ => (float)random.NextDouble()).ToArray(), most, network.Spec.Width);
        Activations activations = new(Pooling.Mean, ["x"], new Dictionary<string, IReadOnlyList<Strata.Tensors.FloatMatrix>> { ["x"] = [rows] }, new Provenance());
        for (int i = 0; i < network.Spec.Blocks; i++) Strata.Research.Measures.Get("two-nn").Compute(activations, "x");
    }

    private static double Median(IEnumerable<double> values) => Peer.Alternating.Median([.. values]);

    private static void Row(string what, Cost cost) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-40}{cost.Wall,8:0.000} s{cost.Cpu,8:0.000} s"));

    /// <summary>Seconds that a piece of work takes, and those of processors that it uses: the second say more where the machine has other work.</summary>
    private readonly record struct Cost(double Wall, double Cpu)
    {
        public static Cost Of(Action work)
        {
            GC.Collect();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            work();
            return new Cost(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        }

        public static Cost operator -(Cost a, Cost b) => new(a.Wall - b.Wall, a.Cpu - b.Cpu);
    }
}
