using System.Diagnostics;
using System.Text;
using Strata.Models;

namespace Strata.Bench.Tokenizers;

/// <summary>
/// Megabytes of English per second on one core, for each of the small tokenizers in <c>tests/data/tokenizers</c>. The English is that of the machine's own licences and manuals;
/// each tokenizer is measured over the whole text once with an empty memory of words ("first pass"), and then over it again, the median of several rounds.
/// </summary>
internal static class TokenizerSpeed
{
    private const int TextBytes = 4 << 20;
    private const int Rounds = 5;

    private static readonly string[] Places = ["/usr/share/common-licenses", "/usr/share/doc", "/usr/share/perl"];

    public static void Run(string folder)
    {
        string[] lines = English();
        long bytes = lines.Sum(line => (long)Encoding.UTF8.GetByteCount(line));
        Console.WriteLine($"# {lines.Length:N0} paragraphs, {bytes / 1e6:F1} MB of English, one thread, median of {Rounds} rounds");
        Console.WriteLine($"{"tokenizer",-20}{"model",-12}{"first pass",12}{"MB/s",8}{"bytes/token",14}");
        foreach (string path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            // The code is warm, the memory of words empty.
            Encode(Tokenizer.Load(path, null), lines[..Math.Min(lines.Length, 1_000)]);
            Tokenizer tokenizer = Tokenizer.Load(path, null);
            double first = Seconds(() => Encode(tokenizer, lines));
            long tokens = lines.Sum(line => (long)tokenizer.Encode(line).Ids.Length);
            double seconds = Median(() => Encode(tokenizer, lines));
            Console.WriteLine($"{Path.GetFileNameWithoutExtension(path),-20}{tokenizer.ModelName,-12}{bytes / 1e6 / first,12:F1}{bytes / 1e6 / seconds,8:F1}{(double)bytes / tokens,14:F2}");
        }
    }

    private static void Encode(Tokenizer tokenizer, string[] lines)
    {
        foreach (string line in lines) tokenizer.Encode(line);
    }

    private static double Median(Action work)
    {
        double[] seconds = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            seconds[i] = Seconds(work);
        }

        Array.Sort(seconds);
        return seconds[Rounds / 2];
    }

    private static double Seconds(Action work)
    {
        Stopwatch watch = Stopwatch.StartNew();
        work();
        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>Paragraphs of texts that hold mostly ASCII letters.</summary>
    private static string[] English()
    {
        List<string> paragraphs = [];
        long length = 0;
        EnumerationOptions everywhere = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };
        foreach (string file in Places.Where(Directory.Exists).SelectMany(place => Directory.EnumerateFiles(place, "*", everywhere)).Order(StringComparer.Ordinal))
        {
            if (length >= TextBytes) break;
            if (Path.GetExtension(file) is ".gz" or ".png" or ".js" or ".css" or ".html" or ".xz" or ".bz2" or ".json" || new FileInfo(file) is not { Exists: true, Length: > 2048 and < 1 << 20 }) continue;
            foreach (string paragraph in File.ReadAllText(file).Split("\n\n"))
            {
                if (paragraph.Length < 80 || paragraph.Count(c => char.IsAsciiLetter(c) || c == ' ') < paragraph.Length * 0.85) continue;
                paragraphs.Add(paragraph + "\n\n");
                length += paragraph.Length;
            }
        }

        return length > 1 << 18 ? [.. paragraphs] : throw new InvalidOperationException($"Fewer than 256 kB of English were found in {string.Join(", ", Places)}.");
    }
}
