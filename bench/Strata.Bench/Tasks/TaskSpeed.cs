using System.Diagnostics;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Bench.Tasks;

/// <summary>What embedding tasks cost at 13 layers beside one layer, scores included: a GPT-2 of 12 blocks with random weights, and texts of random words whose classes show in their words.</summary>
/// <param name="width">Width of the network.</param>
/// <param name="rounds">Measured rounds; one unmeasured round comes before them.</param>
internal sealed class TaskSpeed(int width, int rounds)
{
    private const int Words = 1000, Classes = 8;

    /// <summary>Measures and writes the table.</summary>
    public void Run()
    {
        string folder = Directory.CreateTempSubdirectory("strata-tasks-").FullName;
        try
        {
            Model model = Network(folder);
            EmbeddingTask[] tasks = [Classification(), Clustering(), Pairs(), Similarity(), Retrieval()];
            TaskTexts texts = new(model, tasks);
            Console.WriteLine($"# {model}; {texts.Rows.Count} distinct texts, {texts.Rows.Tokens} tokens; .NET {Environment.Version}, {Environment.ProcessorCount} cores; median of {rounds} alternating rounds");
            Console.WriteLine($"# {string.Join(", ", tasks.Select(t => t.ToString()))}\n");
            Measure(model, tasks, texts);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Measure(Model model, EmbeddingTask[] tasks, TaskTexts texts)
    {
        TaskRequest all = new() { Control = false, Announce = _ => { } }, one = all with { Points = ["blocks.11.resid_post"] };
        List<Time> oneLayer = [], thirteen = [], forward = [];
        TaskEmbeddings? embeddings = null;
        for (int round = -1; round < rounds; round++)
        {
            Time single = Take(() => TaskSweep.Run(model, tasks, one)), many = Take(() => TaskSweep.Run(model, tasks, all)), pass = Take(() => embeddings = TaskEmbeddings.Run(model, texts, all, default));
            if (round < 0) continue;
            oneLayer.Add(single);
            thirteen.Add(many);
            forward.Add(pass);
        }

        Row("one layer, scored", Median(oneLayer));
        Row("13 layers, scored", Median(thirteen));
        Row("  the pass that keeps 13 layers", Median(forward));
        foreach (EmbeddingTask task in tasks)
            Row($"  scores of {task.Name}, one after another", Take(() => { foreach (string point in embeddings!.Points) task.Score(embeddings.Of(task, point, Pooling.Mean)); }));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n13 layers over one  {Median(thirteen).Wall / Median(oneLayer).Wall:0.00} of time, {Median(thirteen).Processor / Median(oneLayer).Processor:0.00} of processor time   target <= 1.6"));
    }

    private Model Network(string folder)
    {
        Model.Random(Gpt2Family.Spec(blocks: 12, width: width, heads: width / 64, vocabulary: Words + 2, positions: 64), 1).Save(folder);
        WordLevelTokenizer.Write(folder, [.. Enumerable.Range(0, Words).Select(i => $"w{i}"), "<pad>", "<start>"], Words, Words + 1, 64);
        return Model.Load(folder, new ModelOptions { Announce = _ => { } });
    }

    private static ClassificationTask Classification() => new("classification", Rows(400, 1), Rows(400, 2));

    private static ClusteringTask Clustering() => new("clustering", Rows(600, 3).Select(r => (r.Text, (IReadOnlyList<string>)[r.Label])).ToArray());

    private static PairClassificationTask Pairs() => new("pairs", Paired(5).Select(p => (p.First.Text, p.Second.Text, p.First.Label == p.Second.Label)).ToArray());

    private static StsTask Similarity() => new("sts", Paired(6).Select(p => (p.First.Text, p.Second.Text, (double)Math.Abs(p.First.Label[0] - p.Second.Label[0]))).ToArray());

    /// <summary>A third of the pairs are of one class.</summary>
    private static IEnumerable<((string Text, string Label) First, (string Text, string Label) Second)> Paired(int seed)
    {
        (string, string)[] second = Rows(300, seed);
        return Rows(300, 4).Select((first, i) => (first, second[(i + i % 3) % second.Length]));
    }

    private static RetrievalTask Retrieval()
    {
        (string Text, string Label)[] corpus = Rows(600, 3), queries = Rows(200, 7);
        return new RetrievalTask("retrieval", corpus.Select((d, i) => ($"d{i}", d.Text)).ToArray(), queries.Select((q, i) => ($"q{i}", q.Text)).ToArray(),
            queries.SelectMany((q, i) => corpus.Select((d, j) => (q, d, j)).Where(p => p.d.Label == q.Label && p.j % 10 == i % 10).Select(p => ($"q{i}", $"d{p.j}", 1))).ToArray());
    }

    /// <summary>Texts of 16 to 47 words; a third of the words are those of the class.</summary>
    private static (string Text, string Label)[] Rows(int count, int seed)
    {
        Random random = new(seed);
        return Enumerable.Range(0, count).Select(i => (string.Join(' ', Enumerable.Range(0, 16 + random.Next(32)).Select(_ => $"w{(random.Next(3) == 0 ? i % Classes * 20 + random.Next(20) : random.Next(Words))}")), $"{(char)('a' + i % Classes)}")).ToArray();
    }

    /// <summary>Time that passed, and that the processors worked for this process: the second says more on a machine that others use.</summary>
    private readonly record struct Time(double Wall, double Processor);

    private static Time Take(Action work)
    {
        GC.Collect();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        work();
        return new Time(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    private static Time Median(List<Time> times) => times.OrderBy(t => t.Wall).ElementAt(times.Count / 2);

    private static void Row(string what, Time time) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-48}{time.Wall,8:0.000} s{time.Processor,10:0.000} s of processors"));
}
