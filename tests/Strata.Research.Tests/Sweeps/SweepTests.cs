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

    [Fact]
    public void MemoryDoesNotGrowWithTheNumberOfPlans()
    {
        CpuEngine engine = new();
        Model model = Model.Random(Gpt2 with { Blocks = 12 }, 1, new ModelOptions { Engine = engine });
        TokenRows rows = Rows(32, 32, 32, 32);
        engine.ResetPeak();
        Evaluation.Run(model, rows);
        long one = engine.PeakPooledBytes;
        engine.ResetPeak();
        Sweep.Run(model, rows, model.Plans.AllWindows());
        Assert.True(engine.PeakPooledBytes <= 1.5 * one, $"{engine.PeakPooledBytes:N0} bytes against {one:N0} of one evaluation");
        Assert.Equal(0, engine.PooledBytesInUse);
        Assert.Equal(0, engine.OpenScopes);
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
