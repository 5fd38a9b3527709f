using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests.Sweeps;

/// <summary>A sweep gives what its plans give one by one, with less work and bounded memory.</summary>
public class SweepTests
{
    private static readonly ModelSpec Llama =
        LlamaFamily.Spec(blocks: 5, width: 24, heads: 4, keyValueHeads: 2, mlpWidth: 40, vocabulary: 53, positions: 32) with { HeadWidth = 8, InitializerRange = 0.3f };

    private static readonly ModelSpec Gpt2 = Gpt2Family.Spec(blocks: 5, width: 24, heads: 4, vocabulary: 53, positions: 32) with { InitializerRange = 0.3f };

    private static readonly ModelSpec GptNeoX = Gpt2 with { ParallelResidual = true };

    public static TheoryData<string> Families => ["gpt2", "llama"];

    [Theory]
    [MemberData(nameof(Families))]
    public void ASweepEqualsItsPlansRunOneByOne(string family)
    {
        Model model = Make(family);
        TokenRows rows = Rows(9, 1, 17, 4, 30);
        List<LayerPlan> plans = [.. model.Plans.AllWindows(), .. Painters.Over(model.Plans, 1..4).Select(p => p.Plan), model.Plans.Parse("0, attn(1), mlp(2), 3*2"), model.Plans.Identity(), model.Plans.Identity()];
        SweepOptions options = new() { TokensPerBatch = 20, Scorer = Even };
        SweepResult sweep = Sweep.Run(model, rows, plans, options);
        Assert.Equal(plans.Count, sweep.Results.Count);
        for (int i = 0; i < plans.Count; i++)
        {
            Assert.Equal(Numbers(Evaluation.Run(model, rows, plans[i], options)), Numbers(sweep.Results[i]));
            Assert.Equal(plans[i].ToString(), sweep.Results[i].Provenance.Plan);
            // Other batches only sum the same losses in another order.
            Assert.Equal(Evaluation.Run(model, rows, plans[i], options with { TokensPerBatch = 1000 }).Loss, sweep.Results[i].Loss, 12);
        }

        Assert.True(sweep.BlockEvaluations < sweep.LoopBlockEvaluations);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void TheSameUnderInterventions(string family)
    {
        Model model = Make(family);
        TokenRows rows = Rows(9, 17);
        LayerPlan[] plans = [model.Plans.Identity(), model.Plans.Skip(3..4), model.Plans.Swap(1, 3), model.Plans.Parallel(3..5)];
        SweepOptions options = new() { Interventions = [Intervention.Zero("blocks.1.attn_out"), Intervention.Scale("ln_final.normalized", 0.5f)] };
        SweepResult sweep = Sweep.Run(model, rows, plans, options);
        for (int i = 0; i < plans.Length; i++)
        {
            Assert.Equal(Evaluation.Run(model, rows, plans[i], options).Loss, sweep.Results[i].Loss);
            Assert.NotEqual(Evaluation.Run(model, rows, plans[i]).Loss, sweep.Results[i].Loss);
        }
    }

    [Fact]
    public void PlansOfTheLargestLengthDoNotOverflowTheStack()
    {
        Model model = Model.Random(Gpt2 with { Blocks = 1, Width = 2, Heads = 1, KeyValueHeads = 1, HeadWidth = 2, MlpWidth = 2 }, 1);
        LayerPlan longest = model.Plans.Repeat(0, LayerPlan.MaxExecutions), shorter = model.Plans.Repeat(0, LayerPlan.MaxExecutions - 1);
        SweepResult sweep = Sweep.Run(model, Rows(2), [longest, shorter]);
        Assert.Equal(LayerPlan.MaxExecutions, sweep.BlockEvaluations);
        Assert.Equal(2 * LayerPlan.MaxExecutions - 1, sweep.LoopBlockEvaluations);
    }

    [Fact]
    public void BlockEvaluationsAreCounted()
    {
        Model model = Make("gpt2");
        // Windows of 5 blocks: 5 on the trunk but the last, which no plan needs; after each window [s, e) its 5 - e remaining blocks.
        SweepResult sweep = Sweep.Run(model, Rows(8), model.Plans.AllWindows());
        Assert.Equal(4 + Enumerable.Range(0, 5).Sum(s => Enumerable.Range(s + 1, 5 - s).Sum(e => 5 - e)), sweep.BlockEvaluations);
        Assert.Equal(Enumerable.Range(1, 5).Sum(length => (6 - length) * (5 - length)), sweep.LoopBlockEvaluations);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20_000)]
    [InlineData(1 << 28)]
    public void MemoryIsBoundedAndToldBefore(long siblings)
    {
        CpuEngine engine = new();
        Model model = Model.Random(Gpt2 with { Blocks = 12 }, 1, new ModelOptions { Engine = engine });
        TokenRows rows = Rows(32, 32), many = Rows([.. Enumerable.Repeat(32, 16)]);
        engine.ResetPeak();
        Evaluation.Run(model, siblings == 0 ? rows : many);
        long one = engine.PeakPooledBytes;
        engine.ResetPeak();
        SweepWork work = null!;
        Sweep.Run(model, rows, model.Plans.AllWindows(), new SweepOptions { SiblingBytes = siblings, Announce = w => work = w });
        // Alone a step needs what one evaluation needs, together what one of 512 tokens needs; beside it the streams that were announced.
        Assert.True(engine.PeakPooledBytes <= 1.1 * one + work.StreamBytes, $"{engine.PeakPooledBytes:N0} bytes against {one:N0} of one evaluation and {work.StreamBytes:N0} of streams");
        Assert.InRange(work.StreamBytes, 1, siblings == 0 ? 13 * 4 * 64 * 24 : siblings + 30 * 4 * 64 * 24);
        Assert.Equal(0, engine.PooledBytesInUse);
        Assert.Equal(0, engine.OpenScopes);
    }

    [Fact]
    public void WaysToWriteOneComputationAreRunOnce()
    {
        Model model = Make("gpt2");
        LayerPlan[] plans = [model.Plans.Identity(), model.Plans.Parse("0, attn(1), mlp(1), 2..5"), model.Plans.Parse("0..3, parallel(3), 4"), model.Plans.Parse("attn(0), attn(0), mlp(0), 1..5")];
        SweepResult sweep = Sweep.Run(model, Rows(9), plans);
        Assert.Equal(5 + 5.5, sweep.BlockEvaluations);
        Assert.Equal(sweep.Results[0].Loss, sweep.Results[1].Loss);
        Assert.Equal(sweep.Results[0].Loss, sweep.Results[2].Loss);
        Assert.NotEqual(sweep.Results[0].Loss, sweep.Results[3].Loss);
        // The halves of a block whose attention and MLP read the same stream are no block.
        Model parallel = Model.Random(GptNeoX, 1);
        Assert.NotEqual(Evaluation.Run(parallel, Rows(9)).Loss, Evaluation.Run(parallel, Rows(9), parallel.Plans.Parse("attn(0), mlp(0), 1..5")).Loss);
    }

    [Fact]
    public void PlansWithoutHopeAreGivenUpByTheRuleAndSaySo()
    {
        Model model = Make("gpt2");
        // The network's own words, so that it predicts them best as it is.
        TokenRows prompts = new("prompts", [.. Enumerable.Range(0, 20).Select(i => (int[])[i])]);
        TokenRows rows = new("own words", [.. model.Generate(prompts, new GenerationRequest { MaxNew = 11 }).NewTokens.Select((ids, i) => (int[])[i, .. ids])]);
        LayerPlan[] plans = [.. model.Plans.AllWindows(), .. Painters.Over(model.Plans, 1..4).Select(m => m.Plan)];
        SweepOptions options = new() { TokensPerBatch = 36, Scorer = Even };
        SweepResult full = Sweep.Run(model, rows, plans, options);
        // A factor between the plans: some are given up, some are not.
        double identity = Evaluation.Run(model, rows, options: options).Loss, median = full.Results.Select(r => r.Loss).Order().ElementAt(plans.Length / 2);
        Assert.True(median > identity);
        StopRule rule = new(Math.Round(median / identity, 4), 5);
        List<Evaluation> came = [];
        SweepResult stopped = Sweep.Run(model, rows, plans, options with { StopWhen = rule, Evaluated = came.Add });
        Assert.Equal(stopped.Results.OrderBy(r => r.Plan.ToString()), came.OrderBy(r => r.Plan.ToString()));
        Assert.InRange(stopped.Results.Count(r => r.Stopped is not null), 1, plans.Length - 1);
        for (int i = 0; i < plans.Length; i++)
        {
            Evaluation one = stopped.Results[i];
            if (one.Stopped is not StoppedEarly early)
            {
                Assert.Equal(Numbers(full.Results[i]), Numbers(one));
                continue;
            }

            // Whole batches of three rows, the first of them that holds five or later; and the rule holds there by an independent count.
            Assert.True(early.Rows >= 6 && early.Rows % 3 == 0 && early.Rows < 20);
            double[] Losses(LayerPlan plan) => [.. Enumerable.Range(0, early.Rows).Select(row => Evaluation.Run(model, rows.Only(row), plan).Loss)];
            double[] losses = Losses(plans[i]);
            double mean = losses.Average(), deviation = Math.Sqrt(losses.Sum(l => (l - mean) * (l - mean)) / (losses.Length - 1));
            Assert.True(mean - 1.645 * deviation / Math.Sqrt(losses.Length) > rule.Factor * Losses(model.Plans.Identity()).Average() - 1e-9);
            Assert.Equal(mean, early.Loss, 6);
            Assert.True(double.IsNaN(one.Loss) && double.IsNaN(one.Top1) && one.Score is double.NaN);
        }

        Assert.Contains($"the rule {rule}", stopped.ToTable().Notes[1]);
        Assert.Equal(rule.ToString(), stopped.Provenance.Settings["stop-when"]);
    }

    [Fact]
    public void RulesAreRead()
    {
        Assert.Equal(new StopRule(1.5, 64), StopRule.Parse(" 1.5x after 64"));
        Assert.Equal("1.5x after 64", StopRule.Parse("1.50 x  after 64 ").ToString());
        foreach (string bad in (string[])["", "1.5x", "1x after 64", "0.5x after 4", "2x after 1", "-2x after 9", "2x after 64 rows", "1e9x after 3", "2x after 99999999999"]) Assert.Throws<StrataException>(() => StopRule.Parse(bad));
    }

    [Fact]
    public void LossIsThatOfTheLogits()
    {
        Model model = Make("llama");
        TokenRows rows = Rows(6, 11);
        Activations logits = model.Capture(rows, new CaptureRequest { Points = ["logits"], Announce = _ => { } });
        double loss = 0;
        int count = 0, hits = 0;
        for (int row = 0; row < rows.Count; row++)
        {
            for (int i = 0; i + 1 < rows.Sequences[row].Length; i++)
            {
                double[] values = logits.Samples("logits")[row].Row(i).ToArray().Select(v => (double)v).ToArray();
                int next = rows.Sequences[row][i + 1];
                loss += Math.Log(values.Sum(Math.Exp)) - values[next];
                hits += Array.IndexOf(values, values.Max()) == next ? 1 : 0;
                count++;
            }
        }

        Evaluation evaluation = Evaluation.Run(model, rows);
        Assert.Equal(count, evaluation.Tokens);
        Assert.Equal(loss / count, evaluation.Loss, 5);
        Assert.Equal((double)hits / count, evaluation.Top1);
        Assert.Equal(Math.Exp(evaluation.Loss), evaluation.Perplexity);
    }

    [Fact]
    public void WhatCannotBeEvaluatedIsRefused()
    {
        Model model = Make("gpt2");
        Assert.Contains("second token", Assert.Throws<StrataException>(() => Evaluation.Run(model, Rows(1, 1))).Message);
        Assert.Contains("5", Assert.Throws<StrataException>(() => Evaluation.Run(model, Rows(4), LayerPlan.Identity(4))).Message);
        Assert.Throws<StrataException>(() => Sweep.Run(model, Rows(4), []));
    }

    [Fact]
    public void CancellationStopsASweepAndReturnsItsMemory()
    {
        CpuEngine engine = new();
        Model model = Model.Random(Gpt2, 1, new ModelOptions { Engine = engine });
        using CancellationTokenSource source = new();
        Sync progress = new(_ => source.Cancel());
        Assert.Throws<OperationCanceledException>(() => Sweep.Run(model, Rows(30, 30), model.Plans.AllWindows(), new SweepOptions { Progress = progress }, source.Token));
        Assert.Equal(0, engine.OpenScopes);
        Assert.Equal(0, engine.PooledBytesInUse);
    }

    private static readonly Provenance Nowhere = new();

    private static Evaluation Numbers(Evaluation evaluation) => evaluation with { Provenance = Nowhere };

    private static Scorer Even { get; } = new("even", row => (row.Predictions.ToArray().Count(id => id % 2 == 0), row.Ids.Length));

    private static Model Make(string family) => Model.Random(family == "gpt2" ? Gpt2 : Llama, 5);

    private static TokenRows Rows(params int[] lengths)
    {
        SeededRandom random = new(2);
        return new TokenRows("random ids", lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.NextInt(53)).ToArray()).ToArray());
    }

    private sealed class Sync(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }
}
