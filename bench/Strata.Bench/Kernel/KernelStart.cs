using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Strata.Bench.Peer;

namespace Strata.Bench.Kernel;

/// <summary>How long Jupyter kernels take from the start of their process to a first result, Strata's and ipykernel in turn, and what they use while idle.</summary>
/// <param name="jupyter">The client that starts them.</param>
/// <param name="tool">The command line of the strata tool.</param>
/// <param name="model">A checkpoint for the first plot.</param>
/// <param name="rounds">Measured rounds; one unmeasured round comes before them.</param>
internal sealed class KernelStart(PythonWorker jupyter, IReadOnlyList<string> tool, string model, int rounds)
{
    private const string Sum = "1+1";
    private const double IdleSeconds = 5;

    /// <summary>Measures and writes the table.</summary>
    public void Run()
    {
        string[] strata = [.. tool, "jupyter", "run", "-f"];
        string plot = $$"""
            Model model = Model.Load({{JsonSerializer.Serialize(model)}});
            Activations acts = model.Capture(DataSet.Read({{JsonSerializer.Serialize(Path.Combine(model, "games-test.jsonl"))}}).Tokens(model).Take(16), "blocks.*.resid_post");
            double[] ranks = [.. MeasureTable.Compute(acts, ["effective-rank"]).Values["effective-rank"].Values.Select(v => v.Value)];
            double[] blocks = [.. ranks.Select((_, i) => (double)i)];
            Figure.Lines("effective rank", "block", "effective rank", new LineSeries("trained", blocks, ranks))
            """;
        Console.WriteLine($"# ipykernel {jupyter.Header.GetProperty("ipykernel").GetString()}, Python {jupyter.Header.GetProperty("python").GetString()}, jupyter_client {jupyter.Header.GetProperty("jupyter_client").GetString()}");
        Console.WriteLine($"# {string.Join(' ', tool.Select(Path.GetFileName))}, .NET {Environment.Version}, {Environment.ProcessorCount} cores; {rounds} alternating rounds");

        List<Timing> ours = [], theirs = [], plots = [];
        for (int round = -1; round < rounds; round++)
        {
            Timing our = Time(strata, Sum), their = Time(null, Sum), first = Time(strata, plot);
            if (round < 0) continue;
            ours.Add(our);
            theirs.Add(their);
            plots.Add(first);
        }

        Console.WriteLine($"\n{"from start to",-34}{"median",8}{"least",8}{"most",8}{"CPU",8}");
        Row("Strata: 1+1", ours);
        Row("ipykernel: 1+1", theirs);
        Row("Strata: model, capture, plot", plots);
        Console.WriteLine(FormattableString.Invariant($"\n1+1, Strata over ipykernel          {Median(ours, t => t.Seconds) / Median(theirs, t => t.Seconds),6:0.00}   target <= 2.5"));
        Console.WriteLine(FormattableString.Invariant($"  the same in CPU seconds           {Median(ours, t => t.Cpu) / Median(theirs, t => t.Cpu),6:0.00}"));
        Console.WriteLine(FormattableString.Invariant($"first plot in seconds               {Median(plots, t => t.Seconds),6:0.00}   target <= 5"));
        Console.WriteLine(FormattableString.Invariant($"CPU while idle for {IdleSeconds:0} s: Strata {Idle(strata):0.00} s, ipykernel {Idle(null):0.00} s"));
    }

    private Timing Time(string[]? argv, string code)
    {
        JsonElement answer = Start(argv, code, idle: 0);
        return new Timing(answer.GetProperty("seconds").GetDouble(), answer.GetProperty("cpu").GetDouble());
    }

    private double Idle(string[]? argv) => Start(argv, Sum, IdleSeconds).GetProperty("idle").GetDouble();

    private JsonElement Start(string[]? argv, string code, double idle) => jupyter.Ask(new JsonObject
    {
        ["cmd"] = "start",
        ["argv"] = argv is null ? null : new JsonArray(argv.Select(word => (JsonNode)word).ToArray()),
        ["code"] = code,
        ["idle"] = idle,
    });

    private static void Row(string work, IReadOnlyList<Timing> times) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{work,-34}{Median(times, t => t.Seconds),8:0.00}{times.Min(t => t.Seconds),8:0.00}{times.Max(t => t.Seconds),8:0.00}{Median(times, t => t.Cpu),8:0.00}"));

    private static double Median(IEnumerable<Timing> times, Func<Timing, double> value) => Alternating.Median(times.Select(value).ToArray());

    /// <summary>What one start took: seconds on the clock, and seconds of all processors in the kernel's process, which other work on the machine hardly changes.</summary>
    private readonly record struct Timing(double Seconds, double Cpu);
}
