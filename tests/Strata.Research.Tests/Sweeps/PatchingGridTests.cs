using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests.Sweeps;

/// <summary>A patching grid gives what whole runs with one patch each give.</summary>
public class PatchingGridTests
{
    [Theory]
    [InlineData("gpt2", "resid_pre", null)]
    [InlineData("gpt2", "mlp_out", "0, 2, 1, 4")]
    [InlineData("llama", "resid_pre", null)]
    [InlineData("llama", "attn.z", "0..2, parallel(1..4), 2, attn(3), 3")]
    [InlineData("llama", "attn.k", null)]
    [InlineData("llama", "resid_pre", "0..4, attn(4)")]
    [InlineData("llama", "resid_post", "1..4, 1, 0")]
    [InlineData("parallel", "attn_out", null)]
    [InlineData("parallel", "resid_pre", "0..3, mlp(4)")]
    [InlineData("window", "resid_mid", null)]
    [InlineData("mamba2", "resid_pre", null)]
    [InlineData("mamba2", "ssm_out", "4, 2, 0")]
    public void AGridEqualsWholeRunsWithOnePatchEach(string family, string place, string? text)
    {
        CpuEngine engine = new();
        Model model = Networks.Make(family, engine);
        int[] clean = Networks.Rows(11).Sequences[0], corrupted = [.. clean];
        (corrupted[3], corrupted[4]) = ((clean[3] + 7) % 53, (clean[4] + 9) % 53);
        LayerPlan? plan = text is null ? null : model.Plans.Parse(text);
        PatchingMetric all = new("all scores", (logits, ofClean) => logits[5] + 2 * logits[11] - 3 * logits[40] + ofClean[7]);
        string? told = null;
        PatchingGrid grid = PatchingGrid.Run(model, clean, corrupted, all, new PatchingOptions { Place = place, Plan = plan, TokensPerBatch = 40, Announce = line => told = line });

        float[] Scores(int[] ids, params Intervention[] changes) =>
            model.Capture(new TokenRows("one", [ids]), new CaptureRequest { Points = ["logits"], Plan = plan, Interventions = changes, Announce = _ => { } }).Samples("logits")[0].Row(ids.Length - 1).ToArray();
        float[] cleanScores = Scores(clean);
        Activations values = model.Capture(new TokenRows("clean", [clean]), new CaptureRequest { Points = [$"blocks.*.{place}"], Plan = plan, Announce = _ => { } });
        Assert.Equal(values.Points, grid.Points);
        Assert.Equal(all.Of(cleanScores, cleanScores), grid.Clean, 1e-5);
        Assert.Equal(all.Of(Scores(corrupted), cleanScores), grid.Corrupted, 1e-5);
        for (int i = 0; i < grid.Points.Count; i++)
        {
            for (int position = 0; position < clean.Length; position++)
            {
                string point = grid.Points[i].Contains('#') ? grid.Points[i] : grid.Points[i] + "#0";
                Intervention patch = Intervention.Set(point, values.Samples(grid.Points[i])[0].Row(position).ToArray()).At(PositionSelection.Parse($"{position}"));
                Assert.Equal(all.Of(Scores(corrupted, patch), cleanScores), grid.Values[i, position], 1e-5);
            }
        }

        // Before the prompts differ a patch changes nothing; that of the last stream at the last position brings everything back.
        Assert.Equal(grid.Corrupted, grid.Values[0, 1], 1e-5);
        if (place == "resid_post") Assert.Equal(1, grid.Restored()[grid.Points.Count - 1, 10], 1e-4);
        Assert.True(grid.TokenBlocks < grid.LoopTokenBlocks);
        Assert.Equal(model.Spec.StateSpace is not null, told!.Contains("state space"));
        Assert.Equal(grid.Points.Count * 11, grid.ToTable().Rows);
        Assert.Equal((0, 0L), (engine.OpenScopes, engine.PooledBytesInUse));
    }

    [Fact]
    public void MetricsAreWhatTheirNamesSay()
    {
        float[] logits = [1, 2, -1], clean = [0.5f, 0, 3];
        double[] p = Softmax(clean), q = Softmax(logits);
        Assert.Equal(Enumerable.Range(0, 3).Sum(i => p[i] * Math.Log(p[i] / q[i])), PatchingMetric.KlFromClean.Of(logits, clean), 12);
        Assert.Equal(0, PatchingMetric.KlFromClean.Of(clean, clean), 12);
        Assert.Equal(3, PatchingMetric.LogitDifference(1, 2).Of(logits, clean), 12);
        Assert.Equal(-Math.Log(q[0]), PatchingMetric.Loss(0).Of(logits, clean), 12);

        static double[] Softmax(float[] x) => [.. x.Select(v => Math.Exp(v) / x.Sum(w => Math.Exp(w)))];
    }

    [Fact]
    public void WhatCannotBePatchedIsRefused()
    {
        Model model = Networks.Make("gpt2");
        PatchingMetric metric = PatchingMetric.Loss(1);
        Assert.Contains("one length", Assert.Throws<StrataException>(() => PatchingGrid.Run(model, [1, 2], [1, 2, 3], metric)).Message);
        Assert.Contains("matrix", Assert.Throws<StrataException>(() => PatchingGrid.Run(model, [1, 2], [1, 3], metric, new PatchingOptions { Place = "attn.pattern" })).Message);
        Assert.Throws<StrataException>(() => PatchingGrid.Run(model, [1, 2], [1, 3], metric, new PatchingOptions { Place = "resid_pro" }));
        Assert.Throws<StrataException>(() => PatchingGrid.Run(model, [1, 2], [1, 99], metric));
        using ReferenceRun run = new(model, [1, 2, 3]);
        PositionChange Change(string point, int position, string at) => new(position, [Intervention.Zero(point).At(PositionSelection.Parse(at))]);
        Assert.Throws<StrataException>(() => run.Changed(2, [Change("blocks.1.resid_pre", 1, "1")]));
        Assert.Throws<StrataException>(() => run.Changed(2, [Change("blocks.3.resid_pre", 1, "0..2")]));
        Assert.Throws<StrataException>(() => run.Changed(2, [Change("blocks.3.resid_pre", 3, "3")]));
        Assert.Throws<StrataException>(() => run.Changed(2, [Change("ln_final.normalized", 1, "1")]));
        Assert.Throws<StrataException>(() => run.Changed(5, [Change("blocks.3.resid_pre", 1, "1")]));
        Assert.Throws<StrataException>(() => run.Changed(1, []));
    }
}
