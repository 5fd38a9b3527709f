using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Strata.Models;

namespace Strata.Bench.Load;

/// <summary>
/// How long a bfloat16 checkpoint takes until it is ready for its first forward pass, over the time of reading its file, and what the process then holds in memory,
/// over the file's size. Each round is a process of its own, so that start-up compilation counts as it does for a user.
/// </summary>
/// <param name="gigabytes">Size of the checkpoint.</param>
/// <param name="rounds">Measured rounds; one unmeasured round comes before them.</param>
internal sealed class LoadTable(double gigabytes, int rounds)
{

    /// <summary>Measures and writes the table.</summary>
    public void Run()
    {
        string folder = Directory.CreateTempSubdirectory("strata-load-").FullName;
        try
        {
            RandomLlama.Write(folder, gigabytes);
            long bytes = new FileInfo(Path.Combine(folder, RandomLlama.File)).Length;
            Console.WriteLine($"# .NET {Environment.Version}, {Environment.ProcessorCount} cores; {bytes / 1e9:0.00} GB in bfloat16, page cache warm; medians of {rounds} processes");
            Measurement[] all = [.. Enumerable.Range(-1, rounds + 1).Select(_ => Child(folder)).Skip(1)];
            Row("reading the file into memory, s", Median(all, m => m.Read), "");
            Row("reading the file through a buffer of 4 MB, s", Median(all, m => m.Through), "");
            Row("Model.Load, s", Median(all, m => m.Load), "");
            Row("Model.Load over reading into memory", Median(all, m => m.Load / m.Read), "<= 1.5");
            Row("resident memory after loading over size", Median(all, m => m.Loaded / bytes), "<= 1.15");
            Row("resident memory after a forward pass over size", Median(all, m => m.Used / bytes), "");
            Row("most resident memory over size", Median(all, m => m.Peak / bytes), "");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One process: reads the file, loads the model, runs one token; writes seconds and bytes.</summary>
    public static void RunChild(string folder)
    {
        long began = Stopwatch.GetTimestamp();
        ProcessMemory.ReadThrough(Path.Combine(folder, RandomLlama.File));
        double through = Stopwatch.GetElapsedTime(began).TotalSeconds;
        began = Stopwatch.GetTimestamp();
        ReadIntoMemory(Path.Combine(folder, RandomLlama.File));
        double read = Stopwatch.GetElapsedTime(began).TotalSeconds;
        began = Stopwatch.GetTimestamp();
        Model model = Model.Load(folder);
        double load = Stopwatch.GetElapsedTime(began).TotalSeconds;
        long loaded = ProcessMemory.Status("VmRSS");
        model.Capture(new TokenRows("one token", [[1]]), new CaptureRequest { Points = ["logits"], Announce = _ => { } });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{read} {through} {load} {loaded} {ProcessMemory.Status("VmRSS")} {ProcessMemory.Status("VmHWM")}"));
    }

    /// <summary>The file as a whole in fresh memory, which is given back.</summary>
    private static unsafe void ReadIntoMemory(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte* memory = (byte*)NativeMemory.Alloc((nuint)stream.Length);
        int read;
        for (byte* at = memory; (read = stream.Read(new Span<byte>(at, (int)Math.Min(1 << 24, stream.Length - (at - memory))))) > 0; at += read) continue;
        NativeMemory.Free(memory);
    }

    private static Measurement Child(string folder)
    {
        using Process child = Process.Start(new ProcessStartInfo("dotnet", [typeof(LoadTable).Assembly.Location, "load-once", folder]) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        double[] numbers = [.. output.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
        return new Measurement(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
    }

    private static void Row(string what, double measured, string target) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-50}{measured,8:0.00}{target,12}"));

    private static double Median(Measurement[] all, Func<Measurement, double> of)
    {
        double[] sorted = [.. all.Select(of).Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed record Measurement(double Read, double Through, double Load, double Loaded, double Used, double Peak);
}
