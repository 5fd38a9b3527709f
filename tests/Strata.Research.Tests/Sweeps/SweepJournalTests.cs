using System.Text;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Sweeps;

/// <summary>A sweep that keeps its results goes on where it was, to the last bit, wherever it was stopped and whoever did the rest.</summary>
public sealed class SweepJournalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-sweep-");
    private readonly Model _model = Model.Random(Gpt2Family.Spec(blocks: 4, width: 16, heads: 2, vocabulary: 31, positions: 24) with { InitializerRange = 0.3f }, 3);
    private readonly TokenRows _rows = Rows(1);

    private IReadOnlyList<LayerPlan> Plans =>
        [_model.Plans.Identity(), .. _model.Plans.AllWindows(), .. Painters.Over(_model.Plans, 1..4).Select(m => m.Plan), _model.Plans.Parse("0, attn(1), mlp(2), 3*2")];

    private SweepOptions Options => new()
    {
        TokensPerBatch = 24,
        Interventions = [Intervention.Scale("ln_final.normalized", 0.5f)],
        Scorer = new Scorer("even", row => (row.Predictions.ToArray().Count(id => id % 2 == 0) / 3.0, row.Ids.Length)),
    };

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void WhereverTheFileIsCutOffTheRestIsEvaluatedAndNothingTwice()
    {
        SweepResult whole = Run(Options);
        Assert.Equal(Numbers(whole), Numbers(Run(In("all"))));
        byte[] written = File.ReadAllBytes(Assert.Single(_folder.GetFiles("all/*")).FullName);
        string name = Assert.Single(_folder.GetFiles("all/*")).Name;
        Random random = new(1);
        for (int i = 0; i < 50; i++)
        {
            string folder = $"cut{i}";
            int kept = random.Next(written.Length);
            _folder.CreateSubdirectory(folder);
            File.WriteAllBytes(Path.Combine(_folder.FullName, folder, name), written[..kept]);
            Assert.Equal(Numbers(whole), Numbers(Run(In(folder))));
            // Lines that were whole are not written again.
            Assert.Equal(Lines(written), _folder.GetFiles(folder + "/*").Sum(file => Lines(File.ReadAllBytes(file.FullName))));
        }
    }

    [Fact]
    public void ASweepStoppedAgainAndAgainComesToItsEnd()
    {
        SweepResult? result = null;
        int stops = 0;
        while (result is null)
        {
            using CancellationTokenSource stop = new();
            int reports = 0;
            SweepOptions options = In("stopped") with { Progress = new Reports(_ => { if (++reports % 17 == 0) stop.Cancel(); }) };
            try
            {
                result = Sweep.Run(_model, _rows, Plans, options, stop.Token);
            }
            catch (OperationCanceledException)
            {
                stops++;
            }
        }

        Assert.InRange(stops, 3, 100);
        Assert.Equal(Numbers(Run(Options)), Numbers(result));
    }

    [Fact]
    public void PartsInAnyOrderMakeTheWhole()
    {
        IReadOnlyList<LayerPlan> plans = Plans;
        int[][] parts = [.. Enumerable.Range(0, 5).Select(k => new SweepPart(k, 5).Select(plans))];
        Assert.Equal(Enumerable.Range(0, plans.Count), parts.SelectMany(part => part).Order());
        Assert.All(parts, part => Assert.InRange(part.Sum(i => plans[i].BlocksRun), 1, plans.Sum(p => p.BlocksRun) / 2));

        SweepOptions options = In("parts");
        foreach (int k in (int[])[3, 0, 4, 3, 1]) Assert.Equal(parts[k].Length, Sweep.Run(_model, _rows, [.. parts[k].Select(i => plans[i])], options).Results.Count);
        string message = Assert.Throws<InvalidFileException>(() => Sweep.Merge(_model, _rows, plans, options)).Message;
        Assert.Contains($"{parts[2].Length} of {plans.Count} plans are not complete", message);
        Assert.Contains($"the first of them {plans[parts[2][0]]}.", message);
        Sweep.Run(_model, _rows, [.. parts[2].Select(i => plans[i])], options);
        Assert.Equal(Numbers(Run(Options)), Numbers(Sweep.Merge(_model, _rows, plans, options)));
    }

    [Fact]
    public void ResultsOfOtherWeightsDataOrInterventionsAreNotTaken()
    {
        SweepWork? work = null;
        SweepOptions options = In("shared") with { Announce = announced => work = announced };
        Run(options);
        Assert.Equal(0, work!.Known);
        Run(options);
        Assert.Equal(Plans.Count, work.Known);

        Assert.Equal(Sweep.Run(_model.RandomTwin(4), _rows, Plans, Options).Results[0].Loss, Sweep.Run(_model.RandomTwin(4), _rows, Plans, options).Results[0].Loss);
        Assert.Equal(0, work.Known);
        Sweep.Run(_model, Rows(2), Plans, options);
        Assert.Equal(0, work.Known);
        Run(options with { Interventions = [Intervention.Scale("ln_final.normalized", 0.25f)] });
        Assert.Equal(0, work.Known);
        Activations reference = _model.Capture(Rows(3), "ln_final.normalized"), other = _model.Capture(Rows(4), "ln_final.normalized");
        Run(options with { Interventions = [Intervention.Mean("ln_final.normalized", reference)] });
        Run(options with { Interventions = [Intervention.Mean("ln_final.normalized", other)] });
        Assert.Equal(0, work.Known);
        Run(options with { Scorer = null });
        Assert.Equal(0, work.Known);
        Run(options);
        Assert.Equal(Plans.Count, work.Known);
    }

    [Fact]
    public void ALineThatIsNoResultIsRefusedUnlessItIsTheLast()
    {
        SweepResult whole = Run(In("broken"));
        string path = Assert.Single(_folder.GetFiles("broken/*")).FullName;
        string[] lines = File.ReadAllLines(path);
        File.WriteAllLines(path, [.. lines[..2], "{\"plan\":\"..\",\"loss\":\"much\"}", .. lines[3..]]);
        InvalidFileException refused = Assert.Throws<InvalidFileException>(() => Run(In("broken")));
        Assert.Contains("line 3 is no result of a sweep", refused.Message);
        Assert.Contains("Remove the line", refused.Message);
        File.WriteAllLines(path, [.. lines[..2], "null"]);
        Assert.Equal(Numbers(whole), Numbers(Run(In("broken"))));
    }

    [Fact]
    public void LossesThatAreNoNumberAreKeptToo()
    {
        SweepOptions options = In("nan") with { Interventions = [Intervention.Scale("ln_final.normalized", float.NaN)] };
        Assert.True(double.IsNaN(Run(options).Results[0].Loss));
        SweepWork? work = null;
        Assert.True(double.IsNaN(Run(options with { Announce = announced => work = announced }).Results[0].Loss));
        Assert.Equal(Plans.Count, work!.Known);
    }

    [Theory]
    [InlineData("8/8", "counted from 0")]
    [InlineData("-1/8", "write K/N")]
    [InlineData("1", "write K/N")]
    [InlineData("0/0", "counted from 0")]
    public void APartThatDoesNotExistIsRefused(string text, string part) => Assert.Contains(part, Assert.Throws<StrataException>(() => SweepPart.Parse(text)).Message);

    [Fact]
    public void ThePlanOfWorkCountsWhatIsShared()
    {
        SweepWork? work = null;
        LayerPlan[] plans = [_model.Plans.Identity(), _model.Plans.Parse("0..3"), _model.Plans.Parse("0..2, 3")];
        Sweep.Run(_model, _rows, plans, new SweepOptions { Announce = announced => work = announced });
        // 0, 1, then 2 with its end and 3, and 3 by itself.
        Assert.Equal((5.0, 10.0, 3), (work!.BlockEvaluations, work.LoopBlockEvaluations, work.Plans));
        double block = PlanCost.Of(_model.Plans.Parse("0..2"), _model.Spec).FlopsPerToken - PlanCost.Of(_model.Plans.Parse("0"), _model.Spec).FlopsPerToken;
        double end = PlanCost.Of(_model.Plans.Parse("0"), _model.Spec).FlopsPerToken - block;
        Assert.Equal((5 * block + 3 * end) * _rows.Tokens, work.Flops, 1e-6);
        // Block 3 runs twice at once: two streams that are read, their copies and what comes out.
        Assert.Equal(6L * 4 * _rows.Tokens * 16, work.StreamBytes);
        Sweep.Run(_model, _rows, plans, new SweepOptions { SiblingBytes = 0, Announce = announced => work = announced });
        // The stream that is read and the one that is written.
        Assert.Equal(2L * 4 * _rows.Tokens * 16, work.StreamBytes);
    }

    private SweepOptions In(string folder) => Options with { Results = Path.Combine(_folder.FullName, folder) };

    private SweepResult Run(SweepOptions options) => Sweep.Run(_model, _rows, Plans, options);

    /// <summary>Results that are whole.</summary>
    private static int Lines(byte[] file) => Encoding.UTF8.GetString(file).Split('\n').Count(line => line.StartsWith("{\"plan\"", StringComparison.Ordinal) && line.EndsWith('}'));

    private static (double, double, long, double?)[] Numbers(SweepResult result) => [.. result.Results.Select(r => (r.Loss, r.Top1, r.Tokens, r.Score))];

    private static TokenRows Rows(int seed)
    {
        Random random = new(seed);
        return new TokenRows($"random {seed}", [.. ((int[])[9, 2, 17, 4, 24, 11]).Select(length => Enumerable.Range(0, length).Select(_ => random.Next(31)).ToArray())]);
    }

    private sealed class Reports(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }
}
