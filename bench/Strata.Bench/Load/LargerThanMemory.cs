using System.Diagnostics;
using System.Globalization;
using Strata.Models;
using Strata.Research;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Load;

/// <summary>
/// A checkpoint three times as large as the memory that the operating system allows the process, page cache included: capture, evaluation and a sweep run within it, give the numbers
/// that they give without a limit, and take how long beside reading the file once from front to back.
/// </summary>
/// <param name="gigabytes">Size of the checkpoint.</param>
/// <param name="tokens">Tokens of the one batch that is captured and evaluated.</param>
internal sealed class LargerThanMemory(double gigabytes, int tokens)
{
    private const int Rounds = 5;

    /// <summary>Measures and writes the table.</summary>
    public void Run()
    {
        string folder = Directory.CreateTempSubdirectory("strata-larger-").FullName;
        try
        {
            RandomLlama.Write(folder, gigabytes);
            long bytes = new FileInfo(Path.Combine(folder, RandomLlama.File)).Length, allowed = bytes / 3;
            string[] whole = Child(folder, 0, allowed: null), limited = Child(folder, allowed / 2, allowed);
            Console.WriteLine($"# .NET {Environment.Version}, {Environment.ProcessorCount} cores; {bytes / 1e9:0.00} GB in bfloat16, {allowed / 1e6:0} MB allowed by a control group (page cache included), {allowed / 2e6:0} MB of them for weights; {tokens} tokens; medians of {Rounds} rounds, each from the disk");
            double read = Number(limited[1]);
            Row("reading the file once, s", read, "");
            Row("Model.Load, s", Number(limited[2]), "");
            Row("capture of all streams, s", Number(limited[3]), "");
            Row("  over reading the file", Number(limited[3]) / read, "<= 2");
            Row("evaluation, s", Number(limited[4]), "");
            Row("  over reading the file", Number(limited[4]) / read, "<= 2");
            Row("sweep of 3 plans (2.5 times the blocks), s", Number(limited[5]), "");
            Row("all in memory: capture, s", Number(whole[3]), "");
            Row("all in memory: evaluation, s", Number(whole[4]), "");
            Row("most resident memory over what is allowed", Number(limited[6]) / allowed, "");
            Row("  pages of files at the end, perhaps counted elsewhere", Number(limited[7]) / allowed, "");
            Console.WriteLine(whole[0] == limited[0] ? "The numbers are the same to the last bit." : $"THE NUMBERS DIFFER: {limited[0]}, expected {whole[0]}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One process: loads the model within a limit (0 for none), captures, evaluates and sweeps; writes a digest of the numbers, then medians of seconds, and bytes.</summary>
    public static void RunChild(string folder, long limit, int tokens)
    {
        string file = Path.Combine(folder, RandomLlama.File);
        Model model = null!;
        double load = Timed(() => model = Model.Load(folder, new ModelOptions { MemoryLimit = limit == 0 ? null : limit }))();
        // The hash of the weights, which every result names, reads the file once more.
        _ = model.Hash;
        SeededRandom random = new(3);
        TokenRows rows = new("random ids", [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, tokens / 4).Select(_ => random.NextInt(model.Spec.Vocabulary)).ToArray())]);
        CaptureRequest request = new() { Points = ["blocks.*.resid_post"], Pooling = Pooling.Mean, Announce = _ => { } };
        SweepOptions quiet = new() { Announce = _ => { } };
        int half = model.Spec.Blocks / 2;
        LayerPlan[] plans = [model.Plans.Identity(), model.Plans.Parse($"0..{half}"), model.Plans.Parse($"0..{half}, {half}..{model.Spec.Blocks}, {half}")];
        Activations streams = null!;
        Evaluation evaluation = null!;
        SweepResult sweep = null!;
        double[] seconds = Medians(
            Rounds,
            FromDisk(file, () => ProcessMemory.ReadThrough(file)),
            FromDisk(file, () => streams = model.Capture(rows, request)),
            FromDisk(file, () => evaluation = Evaluation.Run(model, rows, options: quiet)),
            FromDisk(file, () => sweep = Sweep.Run(model, rows, plans, quiet)));
        string numbers = string.Join('/', sweep.Results.Append(evaluation).Select(result => result.Loss.ToString("R", CultureInfo.InvariantCulture)));
        double sum = streams.Points.Sum(point => streams.Rows(point).Values.Sum(value => Math.Abs((double)value)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sum:R}/{numbers} {seconds[0]} {load} {seconds[1]} {seconds[2]} {seconds[3]} {ProcessMemory.Status("VmHWM")} {ProcessMemory.Status("RssFile")}"));
    }

    /// <summary>An action that begins with the file out of the cache.</summary>
    private static Func<double> FromDisk(string file, Action work) => () =>
    {
        FileCache.Drop(file);
        return Timed(work)();
    };

    private string[] Child(string folder, long limit, long? allowed)
    {
        FileCache.Drop(Path.Combine(folder, RandomLlama.File));
        string command = string.Create(CultureInfo.InvariantCulture, $"exec dotnet '{typeof(LargerThanMemory).Assembly.Location}' larger-once '{folder}' {limit} {tokens}");
        using MemoryGroup? group = allowed is long bytes ? new MemoryGroup(bytes) : null;
        using Process child = Process.Start(new ProcessStartInfo("sh", ["-c", group is null ? command : $"echo $$ > '{group.Processes}' && {command}"]) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? output.Trim().Split(' ') : throw new InvalidOperationException($"The measured process ended with {child.ExitCode}.");
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static void Row(string what, double measured, string target) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-60}{measured,8:0.00}{target,12}"));
}
