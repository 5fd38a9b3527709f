using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>What the hook points of state spaces mean, and what changing them does.</summary>
[Collection(PytorchCollection.Name)]
public class StateSpaceTests(PytorchSuite suite)
{
    private const int Tokens = 14;

    private static readonly TokenRows Rows = TestModels.RowsOf(Tokens);

    [SkippableTheory]
    [InlineData("mamba2-base")]
    [InlineData("mamba2-switches")]
    public void ThePatternTimesTheInputsPlusTheSkipIsTheOutput(string variant)
    {
        Model model = suite.Load(variant);
        StateSpaceSpec spec = model.Spec.Block(2).StateSpace!;
        Activations acts = model.Capture(Rows, TestModels.Quiet("blocks.2.ssm.*"));
        FloatMatrix x = acts.Rows("blocks.2.ssm.conv"), y = acts.Rows("blocks.2.ssm.y"), pattern = acts.Rows("blocks.2.ssm.pattern");
        ReadOnlySpan<float> skip = model.Weights.Blocks[2].StateSpace!.System.Skip.Span;
        Assert.Equal((spec.Heads * Tokens, Tokens), (pattern.Rows, pattern.Columns));
        for (int channel = 0; channel < spec.Channels; channel++)
        {
            int head = channel / spec.HeadWidth;
            for (int t = 0; t < Tokens; t++)
            {
                double sum = skip[head] * (double)x[t, channel];
                for (int s = 0; s < Tokens; s++) sum += pattern[(head * Tokens) + t, s] * (double)x[s, channel];
                Assert.Equal(sum, y[t, channel], 2e-5);
            }
        }
    }

    [SkippableTheory]
    [InlineData("mamba-base")]
    [InlineData("mamba2-base")]
    public void TheStateIsWhatTheStepsWriteAndWhatTheOutputReads(string variant)
    {
        Model model = suite.Load(variant);
        StateSpaceSpec spec = model.Spec.Block(1).StateSpace!;
        Activations acts = model.Capture(Rows, TestModels.Quiet("blocks.1.ssm.*"));
        FloatMatrix state = acts.Rows("blocks.1.ssm.state"), x = acts.Rows("blocks.1.ssm.conv"), y = acts.Rows("blocks.1.ssm.y");
        FloatMatrix delta = acts.Rows("blocks.1.ssm.delta"), b = acts.Rows("blocks.1.ssm.B"), c = acts.Rows("blocks.1.ssm.C");
        SelectiveSystem system = model.Weights.Blocks[1].StateSpace!.System;
        for (int channel = 0; channel < spec.Channels; channel += 5)
        {
            int head = channel / spec.HeadWidth, group = head / (spec.Heads / spec.Groups);
            for (int t = 1; t < Tokens; t++)
            {
                double read = system.Skip.Span[head] * (double)x[t, channel];
                for (int n = 0; n < spec.StateSize; n++)
                {
                    double decay = Math.Exp(delta[t, head] * (double)system.A.Span[(head * system.A.Shape.Columns) + (n % system.A.Shape.Columns)]);
                    int at = (channel * spec.StateSize) + n, shared = (group * spec.StateSize) + n;
                    Assert.Equal((decay * state[t - 1, at]) + (delta[t, head] * (double)x[t, channel] * b[t, shared]), state[t, at], 1e-5);
                    read += (double)state[t, at] * c[t, shared];
                }

                Assert.Equal(read, y[t, channel], 2e-5);
            }
        }
    }

    [SkippableTheory]
    [InlineData("mamba-base")]
    [InlineData("mamba2-base")]
    public void AForgottenPastIsNoPast(string variant)
    {
        // With the state of token 5 at zero, later tokens of the block get what they would get if the sequence had begun behind it, but for the convolution.
        Model model = suite.Load(variant);
        Activations plain = model.Capture(Rows, TestModels.Quiet("blocks.0.ssm.*"));
        Activations forgot = model.Capture(Rows, TestModels.Quiet("blocks.0.ssm.*") with { Interventions = [Intervention.Zero("blocks.0.ssm.state").At(PositionSelection.Parse("5"))] });
        FloatMatrix before = plain.Rows("blocks.0.ssm.y"), after = forgot.Rows("blocks.0.ssm.y"), pattern = plain.Rows("blocks.0.ssm.pattern");
        Assert.All(forgot.Rows("blocks.0.ssm.state").Row(5).ToArray(), value => Assert.Equal(0, value));
        Assert.Equal(plain.Rows("blocks.0.ssm.conv").Values, forgot.Rows("blocks.0.ssm.conv").Values);
        for (int t = 0; t < 5; t++) Assert.Equal(before.Row(t).ToArray(), after.Row(t).ToArray());
        for (int t = 5; t < Tokens; t++) Assert.NotEqual(before.Row(t).ToArray(), after.Row(t).ToArray());
        if (model.Spec.Block(0).StateSpace is not { HasHeads: true } spec) return;

        // The difference is what the pattern says of the tokens up to 5.
        FloatMatrix x = plain.Rows("blocks.0.ssm.conv");
        for (int t = 5; t < Tokens; t++)
        {
            double lost = 0;
            for (int s = 0; s <= 5; s++) lost += pattern[(2 * Tokens) + t, s] * (double)x[s, 2 * spec.HeadWidth];
            Assert.Equal(lost, before[t, 2 * spec.HeadWidth] - after[t, 2 * spec.HeadWidth], 2e-5);
        }
    }

    [SkippableTheory]
    [InlineData("mamba-base")]
    [InlineData("mamba-switches")]
    public void StatesAndConvolutionsAreAllThatAContinuationSees(string variant)
    {
        Model model = suite.Load(variant);
        int[] first = Rows.Sequences[0], second = [.. first[..9].Reverse(), .. first[9..]];
        TokenRows source = new("source", [first]), target = new("target", [second]);
        Activations acts = model.Capture(source, TestModels.Quiet("blocks.*.ssm.state", "blocks.*.ssm.conv_pre", "blocks.*.resid_post"));
        Activations plain = model.Capture(target, TestModels.Quiet("blocks.*.resid_post"));
        Intervention[] patches = [.. acts.Points.Where(point => point.Contains("ssm", StringComparison.Ordinal)).Select(point =>
        {
            Range range = point.EndsWith("state", StringComparison.Ordinal) ? 8..9 : (9 - model.Spec.StateSpace!.Taps + 1)..9;
            int columns = acts.Rows(point).Columns, rows = range.End.Value - range.Start.Value;
            return Intervention.Set(point, new FloatMatrix(acts.Rows(point).Values[(range.Start.Value * columns)..(range.End.Value * columns)], rows, columns)).At(PositionSelection.Parse($"{range}"));
        })];
        Activations patched = model.Capture(target, TestModels.Quiet("blocks.*.resid_post") with { Interventions = patches });
        foreach (string point in patched.Points)
        {
            for (int t = 9; t < Tokens; t++)
            {
                Assert.NotEqual(acts.Rows(point).Row(t).ToArray(), plain.Rows(point).Row(t).ToArray());
                for (int i = 0; i < model.Spec.Width; i++) Assert.Equal(acts.Rows(point)[t, i], patched.Rows(point)[t, i], 1e-5f);
            }
        }
    }

    [SkippableFact]
    public void HeadsOfPatternsCanBeSilenced()
    {
        Model model = suite.Load("mamba2-base");
        StateSpaceSpec spec = model.Spec.Block(1).StateSpace!;
        Activations plain = model.Capture(Rows, TestModels.Quiet("blocks.1.ssm.y", "blocks.1.ssm.conv", "blocks.1.ssm.state"));
        Activations silenced = model.Capture(Rows, TestModels.Quiet("blocks.1.ssm.y", "blocks.1.ssm.state") with { Interventions = [Intervention.Zero("blocks.1.ssm.pattern").OnHead(3)] });
        float skip = model.Weights.Blocks[1].StateSpace!.System.Skip.Span[3];
        for (int t = 0; t < Tokens; t++)
        {
            for (int channel = 0; channel < spec.Channels; channel++)
            {
                float expected = channel / spec.HeadWidth == 3 ? skip * plain.Rows("blocks.1.ssm.conv")[t, channel] : plain.Rows("blocks.1.ssm.y")[t, channel];
                Assert.Equal(expected, silenced.Rows("blocks.1.ssm.y")[t, channel], 2e-5f);
            }
        }

        Assert.Equal(plain.Rows("blocks.1.ssm.state").Values, silenced.Rows("blocks.1.ssm.state").Values);
        GenerationRequest request = new() { MaxNew = 6, StopIds = [], Temperature = 4, Seed = 2, Interventions = [Intervention.Scale("blocks.*.ssm.pattern", 3).OnHead(1)] };
        IReadOnlyList<int[]> cached = model.Generate(Rows, request).NewTokens;
        Assert.Equal(model.Generate(Rows, request with { UseCache = false }).NewTokens, cached);
        Assert.NotEqual(model.Generate(Rows, request with { Interventions = [] }).NewTokens, cached);
    }

    [SkippableTheory]
    [InlineData("mamba-base", "blocks.1.ssm.pattern", null, "the mean over 96 channels")]
    [InlineData("mamba-base", "blocks.1.ssm.y", 2, "have none")]
    [InlineData("mamba-base", "blocks.1.ssm.delta", 0, "have none")]
    [InlineData("mamba2-base", "blocks.1.ssm.B", 0, "ssm.conv_pre, gate, conv")]
    [InlineData("mamba2-base", "blocks.1.ssm.y", 6, "heads 0..6")]
    [InlineData("mamba2-base", "blocks.1.attn.z", null, "No hook point")]
    public void WhatHasNoHeadsOrCannotBeChangedIsRefused(string variant, string point, int? head, string reason)
    {
        Model model = suite.Load(variant);
        Intervention intervention = head is int h ? Intervention.Zero(point).OnHead(h) : Intervention.Zero(point);
        Assert.Contains(reason, Assert.Throws<StrataException>(() => model.Capture(Rows, TestModels.Quiet("logits") with { Interventions = [intervention] })).Message);
    }

    [SkippableFact]
    public void HalvesThatDoNotExistAreRefused()
    {
        Model model = suite.Load("mamba-base");
        LayerPlan plan = model.Plans.Parse("0, mlp(2), 3");
        Assert.Contains("Block 2 of this mamba has no MLP", Assert.Throws<StrataException>(() => model.CheckPlan(plan)).Message);
        Assert.Throws<StrataException>(() => model.Capture(Rows, TestModels.Quiet("logits") with { Plan = plan }));
        using TensorScope scope = model.Engine.OpenScope();
        BatchRun run = new(model, new TokenBatch(Rows.Sequences));
        Assert.Throws<StrataException>(() => run.Step(scope, run.Embed(scope), new MlpStep(1), 0));
    }

    [SkippableTheory]
    [InlineData("mamba-base", "state space", "96 channels, 16 states each, convolution of 4 tokens")]
    [InlineData("mamba2-base", "state space", "96 channels in 6 heads and 2 groups, 20 states each, convolution of 4 tokens")]
    [InlineData("mamba-base", "positions", "none")]
    public void FactsAreThoseOfTheConfiguration(string variant, string name, string value) =>
        Assert.Equal(value, Assert.Single(suite.Load(variant).Explain().Facts, fact => fact.Name == name).Value);

    [SkippableFact]
    public void WhatAPureStateSpaceLacksIsSaid()
    {
        ModelExplanation explanation = suite.Load("mamba-base").Explain();
        Assert.Contains(explanation.Limits, line => line.StartsWith("attn.* and attn_out do not exist in any block", StringComparison.Ordinal));
        Assert.Contains(explanation.Limits, line => line.StartsWith("resid_mid, ln2.normalized, mlp.* and mlp_out do not exist in any block", StringComparison.Ordinal));
        Assert.Contains(explanation.Limits, line => line.Contains("ssm.pattern is the mean", StringComparison.Ordinal));
        Assert.DoesNotContain(explanation.Limits, line => line.Contains("positions", StringComparison.Ordinal) && line.Contains("sequences end", StringComparison.Ordinal));
        Assert.DoesNotContain(explanation.Points, point => point.Name.Contains("attn") || point.Name.Contains("mlp") || point.Name.Contains("resid_mid"));
        Assert.Equal("[1, T, T]", explanation.ShapeOf(explanation.Points.First(point => point.Kind == HookKind.SsmPattern)));
        Assert.Equal("[T, 1536]", explanation.ShapeOf(explanation.Points.First(point => point.Kind == HookKind.SsmState)));
    }
}
