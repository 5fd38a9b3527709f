using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Bench.Load;

/// <summary>
/// How long a bfloat16 checkpoint takes until it is ready for its first forward pass, over the time of reading its file, and what the process then holds in memory,
/// over the file's size. Each round is a process of its own, so that start-up compilation counts as it does for a user.
/// </summary>
/// <param name="gigabytes">Size of the checkpoint.</param>
/// <param name="rounds">Measured rounds; one unmeasured round comes before them.</param>
internal sealed class LoadTable(double gigabytes, int rounds)
{
    private const int Width = 2048, MlpWidth = 5632, Vocabulary = 32_000;
    private const string File = "model.safetensors";

    /// <summary>Measures and writes the table.</summary>
    public void Run()
    {
        string folder = Directory.CreateTempSubdirectory("strata-load-").FullName;
        try
        {
            WriteCheckpoint(folder);
            long bytes = new FileInfo(Path.Combine(folder, File)).Length;
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
        ReadThrough(Path.Combine(folder, File));
        double through = Stopwatch.GetElapsedTime(began).TotalSeconds;
        began = Stopwatch.GetTimestamp();
        ReadIntoMemory(Path.Combine(folder, File));
        double read = Stopwatch.GetElapsedTime(began).TotalSeconds;
        began = Stopwatch.GetTimestamp();
        Model model = Model.Load(folder);
        double load = Stopwatch.GetElapsedTime(began).TotalSeconds;
        long loaded = Status("VmRSS");
        model.Capture(new TokenRows("one token", [[1]]), new CaptureRequest { Points = ["logits"], Announce = _ => { } });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{read} {through} {load} {loaded} {Status("VmRSS")} {Status("VmHWM")}"));
    }

    private static void ReadThrough(string path)
    {
        byte[] buffer = new byte[1 << 22];
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        while (stream.Read(buffer) > 0) continue;
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

    /// <summary>A Llama of as many blocks as fill the size; one random table serves all of its matrices.</summary>
    private void WriteCheckpoint(string folder)
    {
        long block = 2L * (4L * Width * Width + 3L * Width * MlpWidth), tables = 2L * 2 * Vocabulary * Width;
        int blocks = Math.Max(1, (int)Math.Round((gigabytes * 1e9 - tables) / block));
        System.IO.File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"model_type":"llama","num_hidden_layers":{{blocks}},"hidden_size":{{Width}},"intermediate_size":{{MlpWidth}},"num_attention_heads":16,"num_key_value_heads":16,
             "vocab_size":{{Vocabulary}},"max_position_embeddings":2048,"rms_norm_eps":1e-6,"rope_theta":10000.0,"hidden_act":"silu","tie_word_embeddings":false}
            """);
        SeededRandom random = new(1);
        float[] numbers = new float[Vocabulary * Width];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = (float)(random.NextDouble() - 0.5) * 0.04f;
        SafetensorsSource Source(string name, params int[] shape) => new(name, shape, DType.BFloat16, () => numbers.AsMemory(0, shape.Aggregate(1, (a, b) => a * b)));
        List<SafetensorsSource> tensors = [Source("model.embed_tokens.weight", Vocabulary, Width), Source("model.norm.weight", Width), Source("lm_head.weight", Vocabulary, Width)];
        for (int i = 0; i < blocks; i++)
        {
            string prefix = $"model.layers.{i}.";
            tensors.AddRange([Source(prefix + "input_layernorm.weight", Width), Source(prefix + "post_attention_layernorm.weight", Width)]);
            tensors.AddRange(new[] { "q", "k", "v", "o" }.Select(map => Source($"{prefix}self_attn.{map}_proj.weight", Width, Width)));
            tensors.AddRange([Source(prefix + "mlp.gate_proj.weight", MlpWidth, Width), Source(prefix + "mlp.up_proj.weight", MlpWidth, Width), Source(prefix + "mlp.down_proj.weight", Width, MlpWidth)]);
        }

        SafetensorsWriter.Write(Path.Combine(folder, File), tensors);
    }

    private static void Row(string what, double measured, string target) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-50}{measured,8:0.00}{target,12}"));

    private static double Median(Measurement[] all, Func<Measurement, double> of)
    {
        double[] sorted = [.. all.Select(of).Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>A line of this process's memory, in bytes.</summary>
    private static long Status(string name) =>
        1024 * long.Parse(System.IO.File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', '\t').First(part => part.Length > 0 && char.IsDigit(part[0])), CultureInfo.InvariantCulture);

    private sealed record Measurement(double Read, double Through, double Load, double Loaded, double Used, double Peak);
}
