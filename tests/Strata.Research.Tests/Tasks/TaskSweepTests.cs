using System.Text.Json;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Tasks on a network: one pass, controls, MTEB's files, correlation with measures.</summary>
public sealed class TaskSweepTests
{
    private static readonly TaskRequest Quiet = new() { Announce = _ => { } };
    private static readonly Lazy<Model> Othello = new(() => Model.Load(Repository.Othello, new ModelOptions { Announce = _ => { } }));
    private static readonly Lazy<EmbeddingTask[]> Small = new(MakeSmall);
    private static readonly Lazy<TaskSweep> Sweep = new(() => TaskSweep.Run(Othello.Value, Small.Value, Quiet with { Poolings = [Pooling.Mean, Pooling.Last, Pooling.First] }));

    [Fact]
    public void OnePassIsARunPerLayerBitForBit()
    {
        string[] points = ["blocks.0.resid_pre", "blocks.3.resid_post", "blocks.7.resid_post"];
        foreach (string point in points)
        {
            foreach (Pooling pooling in new[] { Pooling.Mean, Pooling.Last, Pooling.First })
            {
                TaskSweep alone = TaskSweep.Run(Othello.Value, [Small.Value[0], Small.Value[3]], Quiet with { Points = [point], Poolings = [pooling], TokensPerBatch = 100, Control = false });
                foreach (TaskScore score in alone.Scores)
                {
                    TaskScore among = Sweep.Value.Scores.Single(s => s.Task == score.Task && s.Point == point && s.Pooling == pooling);
                    Assert.Equal(score.Result.Scores, among.Result.Scores);
                }
            }
        }
    }

    [Fact]
    public void EmbeddingsAreThePooledCaptureOfEachText()
    {
        TaskEmbeddings embeddings = TaskEmbeddings.Run(Othello.Value, Small.Value, Quiet with { Poolings = [Pooling.Mean, Pooling.Last] });
        EmbeddingTask task = Small.Value[1];
        TokenRows rows = new("texts", task.Texts.Select(text => Othello.Value.Tokenize(text).Ids).ToArray());
        Assert.All(rows.Sequences, s => Assert.Equal(Research.Othello.Start, s[0]));
        foreach (Pooling pooling in new[] { Pooling.Mean, Pooling.Last })
        {
            Activations captured = Othello.Value.Capture(rows, new CaptureRequest { Points = ["blocks.*.resid_post"], Pooling = pooling, Announce = _ => { } });
            foreach (string point in captured.Points) Assert.Equal(captured.Rows(point).Values, embeddings.Of(task, point, pooling).Values);
        }

        Assert.Contains("<start>", embeddings.Notes[0]);
        Assert.Throws<StrataException>(() => embeddings.Of(Small.Value[1], "blocks.3.resid_mid", Pooling.Mean));
        Assert.Throws<StrataException>(() => embeddings.Of(task, "blocks.3.resid_post", Pooling.First));
    }

    [Fact]
    public void ThePositionsThatArePooledCanLeaveOutTheFirst()
    {
        TaskRequest request = Quiet with { Points = ["blocks.0.resid_pre"], Poolings = [Pooling.First] };
        FloatMatrix with = TaskEmbeddings.Run(Othello.Value, [Small.Value[0]], request).Of(Small.Value[0], "blocks.0.resid_pre", Pooling.First);
        FloatMatrix without = TaskEmbeddings.Run(Othello.Value, [Small.Value[0]], request with { Positions = PositionSelection.Parse("1..") }).Of(Small.Value[0], "blocks.0.resid_pre", Pooling.First);
        Assert.All(Enumerable.Range(1, with.Rows - 1), i => Assert.True(with.Row(i).SequenceEqual(with.Row(0))));
        Assert.Contains(Enumerable.Range(1, with.Rows - 1), i => !without.Row(i).SequenceEqual(without.Row(0)));
    }

    [Fact]
    public void ControlsAreTheTwinAndTheDealtOutLabels()
    {
        TaskSweep sweep = Sweep.Value;
        Assert.Equal(9 * 3 * Small.Value.Length, sweep.Scores.Count);
        TaskSweep twin = TaskSweep.Run(Othello.Value.RandomTwin(42), [Small.Value[0]], Quiet with { Control = false, Points = ["blocks.5.resid_post"] });
        int at = Array.FindIndex([.. sweep.Scores], s => s.Task == Small.Value[0] && s.Point == "blocks.5.resid_post" && s.Pooling == Pooling.Mean);
        Assert.Equal(twin.Scores[0].Main, sweep.RandomWeights![at].Main);
        Assert.Equal(sweep.RandomWeights[at].Main, sweep.Table["random weights"].Numbers[at]);

        // The classes are the last moves' halves of the board, which the last position holds: a reader finds them, and does not when the labels were dealt out.
        TaskScore[] last = sweep.Scores.Where(s => s.Task == Small.Value[0] && s.Pooling == Pooling.Last).ToArray();
        double[] dealt = sweep.Shuffled!.Where(s => s.Task.Name == Small.Value[0].Name && s.Pooling == Pooling.Last).Select(s => s.Main).ToArray();
        Assert.True(last.Max(s => s.Main) >= 0.85, $"{last.Max(s => s.Main)}");
        Assert.InRange(dealt.Average(), 0.35, 0.65);

        // The first position is the same token in every text, and tells nothing.
        Assert.All(sweep.Scores.Where(s => s.Task == Small.Value[0] && s.Pooling == Pooling.First), s => Assert.InRange(s.Main, 0.3, 0.7));
        Assert.Equal(0, last[0].Depth);
        Assert.Equal(1, last[^1].Depth);
        Assert.Equal(Small.Value.Length, sweep.Table["best"].Texts.Count(b => b == "*"));
        Assert.Equal(last.Max(s => s.Main), sweep.Best(Small.Value[0].Name).Main);
    }

    [Fact]
    public void WhatIsWrittenForMtebIsReadBack() => Data.Files.InFolder(folder =>
    {
        IReadOnlyList<string> files = MtebFiles.Write(Sweep.Value, folder);
        Assert.Equal(Sweep.Value.Scores.Count, files.Count);
        JsonElement result = JsonDocument.Parse(File.ReadAllText(files.First(f => f.EndsWith("last-square.json", StringComparison.Ordinal)))).RootElement;
        JsonElement scores = result.GetProperty("scores").GetProperty("test")[0];
        Assert.Equal(["dataset_revision", "task_name", "mteb_version", "scores", "evaluation_time", "kg_co2_emissions"], result.EnumerateObject().Select(p => p.Name));
        Assert.Equal(10, scores.GetProperty("scores_per_experiment").GetArrayLength());
        Assert.Equal("default", scores.GetProperty("hf_subset").GetString());
        Assert.Equal(JsonValueKind.Array, scores.GetProperty("languages").ValueKind);

        IReadOnlyList<MtebResult> read = MtebResult.Read(folder);
        Assert.Equal(files.Count, read.Count);
        foreach (TaskScore score in Sweep.Value.Scores)
        {
            MtebResult own = read.Single(r => r.Task == score.Task.Name && r.Model == $"strata/othello--{score.Point}-{score.Pooling.ToString().ToLowerInvariant()}");
            Assert.Equal(score.Main, own.Scores.GetValueOrDefault("main_score", double.NaN));
            foreach ((string name, double value) in score.Result.Scores) Assert.Equal(value, own.Scores.GetValueOrDefault(name, double.NaN));
        }

        Table beside = MtebResult.Compare(Sweep.Value, read.Where(r => r.Model == "strata/othello--blocks.7.resid_post-mean").ToArray());
        int same = Enumerable.Range(0, beside.Rows).First(i => beside["point"].Texts[i] == "blocks.7.resid_post" && beside["pooling"].Texts[i] == "mean");
        Assert.Equal(0, beside["difference"].Numbers[same]);

        // As MTEB itself writes: without a description of the model, undefined scores as NaN, several subsets.
        string theirs = Path.Combine(folder, "other", "org__net", "abc");
        Directory.CreateDirectory(theirs);
        File.WriteAllText(Path.Combine(theirs, "last-square.json"), """{"dataset_revision": "1", "task_name": "last-square", "mteb_version": "2.20.0", "scores": {"test": [{"accuracy": 0.75, "ap": NaN, "all": [NaN, -Infinity], "main_score": 0.75, "hf_subset": "en", "languages": ["eng-Latn"]}]}, "evaluation_time": 1.5}""");
        MtebResult foreign = Assert.Single(MtebResult.Read(Path.Combine(folder, "other")));
        Assert.Equal(("org/net", "abc", "en", 0.75, false), (foreign.Model, foreign.Revision, foreign.Subset, foreign.Scores["accuracy"], foreign.Scores.ContainsKey("ap")));
        File.WriteAllText(Path.Combine(theirs, "broken.json"), "{\"task_name\": 3}");
        Assert.Contains("task_name", Assert.Throws<InvalidFileException>(() => MtebResult.Read(theirs)).Message);
        return 0;
    });

    [Fact]
    public void MeasuresAreCorrelatedWithScoresAtTheirCommonPoints()
    {
        Table joined = MeasureTaskCorrelation.Run(Othello.Value, Sweep.Value, ["norm", "prompt-entropy"], Quiet);
        Assert.Equal(2 * 3 * Small.Value.Length, joined.Rows);
        MeasureTable measures = MeasureBattery.Run(Othello.Value, Sweep.Value.Texts, ["norm"], new BatteryRequest { Points = ["blocks.*.resid_post"], Control = false });
        Table own = MeasureTaskCorrelation.Of(measures, Sweep.Value);
        double[] x = measures.Values["norm"].Values.Select(v => v.Value).ToArray();
        double[] y = Sweep.Value.Scores.Where(s => s.Task == Small.Value[0] && s.Pooling == Pooling.Mean && s.Point != "blocks.0.resid_pre").Select(s => s.Main).ToArray();
        Assert.Equal((8.0, 1.0), (own["n"].Numbers[0], own["left out"].Numbers[0]));
        Assert.Equal(MathNet.Numerics.Statistics.Correlation.Pearson(x, y), own["pearson"].Numbers[0], 1e-12);
        Assert.Equal(MathNet.Numerics.Statistics.Correlation.Spearman(x, y), own["spearman"].Numbers[0], 1e-12);
        Assert.Contains("labels", Assert.Throws<StrataException>(() => MeasureTaskCorrelation.Check(["cdnv"])).Message);
    }

    [Fact]
    public void TasksOfOthelloAreTheSameEachTime()
    {
        IReadOnlyList<EmbeddingTask> tasks = EmbeddingTasks.Find(["othello"]);
        Assert.Equal([TaskKind.Classification, TaskKind.Clustering, TaskKind.Sts, TaskKind.Retrieval], tasks.Select(t => t.Kind));
        foreach ((EmbeddingTask task, EmbeddingTask again) in tasks.Zip(EmbeddingTasks.Find(OthelloTasks.Names.Select(n => n.Name)))) Assert.Equal(task.Texts, again.Texts);
        TaskSweep sweep = TaskSweep.Run(Othello.Value, [tasks[0], tasks[3]], Quiet with { Points = ["blocks.6.resid_post"], Control = false });
        Assert.All(sweep.Scores, s => Assert.InRange(s.Main, 0.3, 1));
    }

    [Theory]
    [InlineData("blocks.0.attn.pattern", "matrix per text")]
    [InlineData("blocks.9.resid_post", "blocks.9.resid_post")]
    public void PointsWithoutEmbeddingsAreRefused(string point, string advice) =>
        Assert.Contains(advice, Assert.Throws<StrataException>(() => TaskSweep.Run(Othello.Value, Small.Value, Quiet with { Points = [point] })).Message);

    [Fact]
    public void WhatCannotBeRunIsRefused()
    {
        Assert.Contains("tokenizer", Assert.Throws<StrataException>(() => TaskSweep.Run(RandomNetwork.Model, Small.Value, Quiet)).Message);
        Assert.Contains("named", Assert.Throws<StrataException>(() => TaskSweep.Run(Othello.Value, [Small.Value[0], Small.Value[0]], Quiet)).Message);
        Assert.Contains("\"mean\"", Assert.Throws<StrataException>(() => TaskRequest.ParsePoolings(["maen"])).Message);
        Assert.Contains("othello-phase", Assert.Throws<StrataException>(() => EmbeddingTasks.Find(["othello-phas"])).Message);
        FloatMatrix broken = new(new float[Small.Value[0].Texts.Count * 2], Small.Value[0].Texts.Count, 2);
        broken.Values[3] = float.NaN;
        Assert.Contains("NaN", Assert.Throws<StrataException>(() => Small.Value[0].Score(broken)).Message);
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => TaskSweep.Run(Othello.Value, Small.Value, Quiet, source.Token));
    }

    [Fact]
    public void LongTextsKeepTheirBeginning()
    {
        string game = string.Join(' ', Enumerable.Repeat("c4 c3 d3 c5", 40));
        StsTask task = new("long", [(game, "c4", 1), ("c4 c3", "c4", 2)]);
        TaskSweep sweep = TaskSweep.Run(Othello.Value, [task], Quiet with { Control = false });
        Assert.Contains(sweep.Table.Notes, n => n.Contains("1 of 3 texts were cut to 61 tokens"));
        Assert.Equal(61, sweep.Texts.Sequences.Max(s => s.Length));
    }

    private static EmbeddingTask[] MakeSmall()
    {
        int[][] games = Research.Othello.Games(120, 7).Data.Rows.Select(row => row.Tokens!.Where(t => t < Research.Othello.MoveCount).ToArray()).ToArray();
        string Text(int game, int moves) => string.Join(' ', games[game].Take(moves).Select(t => Research.Othello.Vocabulary[t]));
        string Half(int game) => Research.Othello.Vocabulary[games[game][7 + game % 5]][0] < 'e' ? "left" : "right";
        (string, string)[] halves = Enumerable.Range(0, games.Length).Select(i => (Text(i, 8 + i % 5), Half(i))).ToArray();
        return
        [
            new ClassificationTask("last-square", halves[..60], halves[60..]),
            new ClusteringTask("clusters", halves.Select(h => (h.Item1, (IReadOnlyList<string>)[h.Item2])).ToArray(), new ClusteringProtocol { Clusterings = 2, DocumentsPerClustering = 200 }),
            new PairClassificationTask("pairs", Enumerable.Range(0, 100).Select(i => (halves[i].Item1, halves[i + 1].Item1, halves[i].Item2 == halves[i + 1].Item2)).ToArray()),
            new StsTask("similar", Enumerable.Range(0, 100).Select(i => (halves[i].Item1, halves[i + 1].Item1, (double)games[i].Take(8).Intersect(games[i + 1].Take(8)).Count())).ToArray()),
        ];
    }
}
