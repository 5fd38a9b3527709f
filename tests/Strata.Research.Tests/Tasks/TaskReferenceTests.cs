using System.Runtime.InteropServices;
using System.Text.Json;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>The scores of every type of task against scikit-learn, SciPy and the definitions of trec_eval; the draws of rows against NumPy and Python.</summary>
public sealed class TaskReferenceTests
{
    private const int Count = 240, Width = 24;

    /// <summary>Texts are numbered, and each has a made embedding: four groups, columns of very different size; some texts share theirs, so that there are ties.</summary>
    private static FloatMatrix Embeddings { get; } = Made();

    [SkippableFact]
    public void AgreeWithScikitLearnAndTrecEval()
    {
        Python.Require("sklearn", "python3-sklearn");
        Dictionary<string, (EmbeddingTask Task, object[] Asked)> tasks = Tasks();
        JsonElement found = Reference(tasks.ToDictionary(t => t.Key, t => t.Value.Asked));
        foreach ((string name, (EmbeddingTask task, _)) in tasks)
        {
            TaskScores scores = task.Score(Of(task));
            JsonElement expected = found.GetProperty(name);
            if (task.Kind == TaskKind.Classification) CheckClassification((ClassificationTask)task, scores, expected);
            else if (task.Kind == TaskKind.Clustering) CheckClustering(scores, expected);
            else Same(name, expected, scores.Scores);
            Assert.True(scores.Scores.ContainsKey(task.MainScore));
        }

        Assert.Equal(3, tasks["summarization"].Task.Score(Of(tasks["summarization"].Task)).LeftOut);
        Assert.Equal(1, tasks["reranking"].Task.Score(Of(tasks["reranking"].Task)).LeftOut);
        JsonElement correlations = found.GetProperty("correlations");
        for (int i = 0; i < Lists.Length; i++)
        {
            (double[] x, double[] y) = Lists[i];
            Assert.Equal(correlations[i][0].GetDouble(), Correlations.Pearson(x, y), 1e-12);
            Assert.Equal(correlations[i][1].GetDouble(), Correlations.Spearman(x, y), 1e-12);
            Assert.Equal(correlations[i][2].GetDouble(), Correlations.Distance(x, y), 1e-12);
        }
    }

    /// <summary>Softmax regression in the span of few rows is that in all columns: the gradient of the penalised loss is zero there, and scikit-learn's own coordinates are not needed to see it.</summary>
    [Theory]
    [InlineData(2, 16)]
    [InlineData(4, 20)]
    [InlineData(3, 90)]
    public void FewRowsOrMany_TheFitIsAMinimumInAllColumns(int classes, int rows)
    {
        int[] labels = Enumerable.Range(0, rows).Select(i => i % classes).ToArray();
        FloatMatrix x = Samples.Make(rows, Width, (i, j) => Embeddings[i + 7, j]);
        RealMatrix weights = UndersampledSoftmax.Fit(x, labels, classes, c: 1);
        double[,] gradient = new double[classes, Width + 1];
        for (int i = 0; i < rows; i++)
        {
            double[] scores = Enumerable.Range(0, classes).Select(k => Enumerable.Range(0, Width).Sum(j => weights[k, j] * x[i, j]) + weights[k, Width]).ToArray();
            double[] p = LogisticProbe.Probabilities(scores);
            for (int k = 0; k < classes; k++)
            {
                double residual = p[k] - (labels[i] == k ? 1 : 0);
                for (int j = 0; j < Width; j++) gradient[k, j] += residual * x[i, j];
                gradient[k, Width] += residual;
            }
        }

        // Two classes stand for one score, whose penalty is half as large on each of two.
        double penalty = classes == 2 ? 2 : 1;
        double largest = Enumerable.Range(0, rows).Max(i => Enumerable.Range(0, Width).Max(j => Math.Abs((double)x[i, j])));
        for (int k = 0; k < classes; k++)
        {
            for (int j = 0; j <= Width; j++) Assert.Equal(0, gradient[k, j] + (j < Width ? penalty * weights[k, j] : 0), 1e-4 * largest);
        }
    }

    /// <summary>Trained networks have a few dimensions that are thousands of times larger than the others; the search still ends, and what it finds reads the rows it was fitted to.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1e2)]
    [InlineData(1e4)]
    [InlineData(1e-5)]
    public void MassiveActivationsDoNotStopTheFit(double largest)
    {
        Random random = new(17);
        for (int draw = 0; draw < 10; draw++)
        {
            int classes = 2 + draw % 5;
            int[] labels = Enumerable.Range(0, 8 * classes).Select(i => i % classes).ToArray();
            FloatMatrix x = Samples.Make(labels.Length, 96, (i, j) => j switch { 0 => largest * (3 + 0.3 * Samples.Normal(random)), 1 => -largest * (1 + 0.1 * Samples.Normal(random)), _ => Math.Min(1, largest) * (Samples.Normal(random) + (j % classes == labels[i] ? 1 : 0)) });
            RealMatrix weights = UndersampledSoftmax.Fit(x, labels, classes, c: 1);
            Assert.True(weights.Values.All(double.IsFinite));
            if (largest >= 1) Assert.Equal(labels, LinearProbe.Read(RealMatrix.From(x), [weights])[0]);
        }
    }

    private static void CheckClassification(ClassificationTask task, TaskScores scores, JsonElement expected)
    {
        int[][] draws = expected.GetProperty("draws").Deserialize<int[][]>()!;
        Assert.Equal(draws, task.Draws(42));
        for (int e = 0; e < draws.Length; e++) Same(task.Name, expected.GetProperty("runs")[e], scores.Runs[e]);
        Same(task.Name, expected.GetProperty("mean"), scores.Scores);
        Assert.InRange(scores.Scores["accuracy"], 0.4, 0.99);
    }

    private static void CheckClustering(TaskScores scores, JsonElement expected)
    {
        MersenneTwister random = MersenneTwister.OfPython(42);
        Assert.Equal(expected.GetProperty("sample").Deserialize<int[]>()!, MersenneTwister.OfPython(42).Sample(Count, 40));
        foreach (int[] drawn in expected.GetProperty("draws").Deserialize<int[][]>()!) Assert.Equal(drawn, random.Choices(Count, drawn.Length));
        for (int run = 0; run < scores.Runs.Count; run++) Same($"clustering {run}", expected.GetProperty("runs")[run], scores.Runs[run]);
        Assert.Equal(scores.Runs.Average(r => r["v_measure"]), scores.Scores["v_measure"], 1e-12);
    }

    private static void Same(string name, JsonElement expected, IReadOnlyDictionary<string, double> scores)
    {
        foreach (JsonProperty score in expected.EnumerateObject())
            Assert.True(Math.Abs(score.Value.GetDouble() - scores[score.Name]) < 1e-9, $"{name}: {score.Name} is {scores[score.Name]}, expected {score.Value}");
    }

    private static Dictionary<string, (EmbeddingTask, object[])> Tasks()
    {
        int[] all = Enumerable.Range(0, Count).ToArray(), train = all[..120], test = all[120..];
        int[] four = Array.ConvertAll(all, i => i % 4), two = Array.ConvertAll(all, i => i % 4 / 2);
        (int, int)[] pairs = Array.ConvertAll(all[..100], i => (i, i % 3 == 0 ? (i + 4) % 100 : (i + 1 + i % 7) % 100));
        bool[] same = pairs.Select((p, i) => i % 11 == 0 ? i % 2 == 0 : p.Item1 % 4 == p.Item2 % 4).ToArray();
        double[] judged = pairs.Select((p, i) => Math.Round((p.Item1 % 4 == p.Item2 % 4 ? 3 : 1) + i * 7 % 5 * 0.4, 1)).ToArray();
        ClusteringTask clustering = new("clustering", all.Select(i => (T(i), (IReadOnlyList<string>)[$"{four[i]}"])).ToArray(), new ClusteringProtocol { Clusterings = 3, DocumentsPerClustering = 500 });
        return new()
        {
            ["two"] = Classification("two", train, test, two),
            ["four"] = Classification("four", train, test, four),
            ["clustering"] = (clustering, ["clustering", new { rows = all, labels = four, per_run = 500, centres = Centres(all, 3, 500, 4) }]),
            ["pairs"] = (new PairClassificationTask("pairs", pairs.Zip(same, (p, s) => (T(p.Item1), T(p.Item2), s)).ToArray()), ["pair_classification", new { pairs = pairs.Select(p => new[] { p.Item1, p.Item2 }), labels = same.Select(s => s ? 1 : 0) }]),
            ["sts"] = (new StsTask("sts", pairs.Zip(judged, (p, s) => (T(p.Item1), T(p.Item2), s)).ToArray()), ["sts", new { pairs = pairs.Select(p => new[] { p.Item1, p.Item2 }), scores = judged }]),
            ["retrieval"] = Retrieval(all[..200], all[200..220]),
            ["reranking"] = Reranking(),
            ["summarization"] = Summarization(),
        };
    }

    private static (EmbeddingTask, object[]) Classification(string name, int[] train, int[] test, int[] labels) => (
        new ClassificationTask(name, train.Select(i => (T(i), $"{labels[i]}")).ToArray(), test.Select(i => (T(i), $"{labels[i]}")).ToArray(), new ClassificationProtocol { Experiments = 5, SamplesPerLabel = 6 }),
        ["classification", new { train, labels = train.Select(i => labels[i]), test, test_labels = test.Select(i => labels[i]), experiments = 5, per_label = 6 }]);

    private static (EmbeddingTask, object[]) Retrieval(int[] documents, int[] queries)
    {
        string[] ids = documents.Select(d => $"d{d * 37 % 1000}").ToArray();
        Dictionary<string, int>[] judged = queries.Select((q, n) => documents.Where(d => d % 4 == q % 4 && d * 13 % 5 < 2 || d % 50 == n).ToDictionary(d => ids[d], d => d * 3 % 4)).ToArray();
        (string, string, int)[] judgements = judged.SelectMany((j, q) => j.Select(g => ($"q{q}", g.Key, g.Value))).ToArray();
        return (new RetrievalTask("retrieval", documents.Select((d, i) => (ids[i], T(d))).ToArray(), queries.Select((q, n) => ($"q{n}", T(q))).ToArray(), judgements), ["retrieval", new { documents, ids, queries, judged }]);
    }

    private static (EmbeddingTask, object[]) Reranking()
    {
        (int Query, int[] Positive, int[] Negative)[] queries = Enumerable.Range(0, 12).Select(q => (q, Enumerable.Range(1, 1 + q % 3).Select(i => q + 4 * i).ToArray(), Enumerable.Range(1, 9).Select(i => q + i * 5).ToArray())).ToArray();
        RerankedQuery[] known = queries.Select(q => new RerankedQuery(T(q.Query), q.Positive.Select(T).ToArray(), q.Negative.Select(T).ToArray())).ToArray();
        return (new RerankingTask("reranking", [.. known, new RerankedQuery(T(1), [], [T(2)])]), ["reranking", new { queries = queries.Select(q => new object[] { q.Query, q.Positive, q.Negative }) }]);
    }

    private static (EmbeddingTask, object[]) Summarization()
    {
        (int[] Human, int[] Machine, double[] Relevance)[] texts = Enumerable.Range(0, 8).Select(t => (Enumerable.Range(0, 3).Select(i => t * 11 + i * 4).ToArray(), Enumerable.Range(0, 6).Select(i => t * 9 + i * 5 + 1).ToArray(), Enumerable.Range(0, 6).Select(i => t == 3 ? 2 : i * (t + 3) % 5 * 0.5).ToArray())).ToArray();
        return (new SummarizationTask("summarization", texts.Select(t => new SummarizedText(t.Human.Select(T).ToArray(), t.Machine.Select(T).ToArray(), t.Relevance)).ToArray()), ["summarization", new { texts = texts.Select(t => new object[] { t.Human, t.Machine, t.Relevance }) }]);
    }

    /// <summary>The centres that k-means begins with, so that both begin alike.</summary>
    private static double[][][] Centres(int[] rows, int runs, int drawn, int clusters)
    {
        RealMatrix centred = RealMatrix.Centred(Embeddings.Select(rows));
        MersenneTwister random = MersenneTwister.OfPython(42);
        return Enumerable.Range(0, runs).Select(run =>
        {
            double[] times = new double[rows.Length];
            foreach (int row in random.Choices(rows.Length, drawn)) times[row]++;
            int[] once = Enumerable.Range(0, times.Length).Where(i => times[i] > 0).ToArray();
            RealMatrix here = new(once.SelectMany(i => centred.Row(i).ToArray()).ToArray(), once.Length, Width), centres = KMeans.Begin(here, once.Select(i => times[i]).ToArray(), clusters, new SeededRandom(42 + run));
            return Enumerable.Range(0, clusters).Select(k => centres.Row(k).ToArray()).ToArray();
        }).ToArray();
    }

    private static (double[] X, double[] Y)[] Lists { get; } =
    [
        ([1, 2, 3, 4, 5, 6, 7], [2, 1, 4, 3, 7, 7, 6.5]),
        ([0.3, -1, 2, 2, 5, 0.1], [0.09, 1, 4, 4, 25, 0.01]),
        (Enumerable.Range(0, 13).Select(i => Math.Sin(i)).ToArray(), Enumerable.Range(0, 13).Select(i => Math.Sin(i) * Math.Sin(i) + 0.1 * i).ToArray()),
    ];

    private static string T(int row) => $"text {row}";

    private static FloatMatrix Of(EmbeddingTask task) => Embeddings.Select(task.Texts.Select(text => int.Parse(text[5..])).ToArray());

    private static FloatMatrix Made()
    {
        Random random = new(5);
        FloatMatrix made = Samples.Make(Count, Width, (i, j) => (j == 3 ? 40 : j % 5 + 1) * ((j % 4 == i % 4 ? 0.7 : 0) + Samples.Normal(random)) + (j == 0 ? 30 : 1));
        for (int i = 8; i < Count; i += 16) made.Row(i - 4).CopyTo(made.Row(i));
        return made;
    }

    private static JsonElement Reference(Dictionary<string, object[]> tasks) => Data.Files.InFolder(folder =>
    {
        string rows = Path.Combine(folder, "rows"), request = Path.Combine(folder, "in.json"), result = Path.Combine(folder, "out.json");
        File.WriteAllBytes(rows, MemoryMarshal.AsBytes(Embeddings.Values.AsSpan()).ToArray());
        File.WriteAllText(request, JsonSerializer.Serialize(new { embeddings = new { rows = Count, columns = Width, file = rows }, correlations = Lists.Select(l => new[] { l.X, l.Y }), tasks }));
        Python.RunReference("tasks.py", request, result);
        return JsonDocument.Parse(File.ReadAllText(result)).RootElement.Clone();
    });
}
