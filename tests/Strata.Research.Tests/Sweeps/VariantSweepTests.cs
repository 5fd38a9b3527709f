using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Sweeps;

/// <summary>Variants that run together, from where they differ on, give what they give one by one.</summary>
public sealed class VariantSweepTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-variants-");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string> Families => ["gpt2", "llama", "parallel", "mamba2"];

    [Theory]
    [MemberData(nameof(Families))]
    public void VariantsEqualEvaluationsOneByOne(string family)
    {
        Model model = Networks.Make(family);
        TokenRows rows = Networks.Rows(9, 1, 17, 4, 30);
        SweepOptions options = new() { TokensPerBatch = 31, Scorer = Networks.Even };
        List<Variant> variants = [.. Variants(model, rows)];
        VariantSweepResult sweep = VariantSweep.Run(model, rows, variants, null, options);
        Assert.Equal(Evaluation.Run(model, rows, null, options).Loss, sweep.Unchanged.Loss, 1e-6);
        for (int i = 0; i < variants.Count; i++)
        {
            Evaluation one = Evaluation.Run(model, rows, null, options with { Interventions = variants[i].Interventions });
            Assert.Equal(one.Loss, sweep.Results[i].Loss, 1e-6);
            Assert.Equal((one.Top1, one.Score, one.Tokens), (sweep.Results[i].Top1, sweep.Results[i].Score, sweep.Results[i].Tokens));
            Assert.Equal(one.Provenance.Interventions, sweep.Results[i].Provenance.Interventions);
        }

        Assert.True(sweep.BlockEvaluations < sweep.LoopBlockEvaluations);
        // One at a time, in another order, in other batches.
        variants.Reverse();
        VariantSweepResult alone = VariantSweep.Run(model, rows, variants, null, options with { SiblingBytes = 0, TokensPerBatch = 1000 });
        for (int i = 0; i < variants.Count; i++) Assert.Equal(sweep.Results[^(i + 1)].Loss, alone.Results[i].Loss, 1e-6);
    }

    [Fact]
    public void VariantsOfAPlanUnderCommonInterventionsAreThatOfThePlan()
    {
        Model model = Networks.Make("llama");
        TokenRows rows = Networks.Rows(9, 17);
        LayerPlan plan = model.Plans.Parse("0, parallel(1..3), 1, attn(2), mlp(4), 3*2");
        Intervention common = Intervention.Scale("blocks.1.mlp_out", 0.5f);
        Variant[] variants =
        [
            new("second run", [Intervention.Zero("blocks.1.attn_out#1")]), new("within parallel", [Intervention.Zero("blocks.2.attn.z").OnHead(1)]),
            new("first run alone", [Intervention.Zero("blocks.3.mlp_out#0")]), new("all runs", [Intervention.Zero("blocks.3.mlp_out")]),
        ];
        SweepOptions options = new() { Interventions = [common] };
        VariantSweepResult sweep = VariantSweep.Run(model, rows, variants, plan, options);
        Assert.Equal(Evaluation.Run(model, rows, plan, options).Loss, sweep.Unchanged.Loss, 1e-6);
        for (int i = 0; i < variants.Length; i++)
            Assert.Equal(Evaluation.Run(model, rows, plan, options with { Interventions = [common, .. variants[i].Interventions] }).Loss, sweep.Results[i].Loss, 1e-6);
        Assert.Equal(4, sweep.Results.Select(r => r.Loss).Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HeadsAreReplacedInTurn(bool mean)
    {
        Model model = Networks.Make("llama");
        TokenRows rows = Networks.Rows(12, 9);
        VariantSweepResult heads = VariantSweep.Heads(model, rows, mean);
        double[,] added = heads.AddedLoss();
        Assert.Equal((5, 4), (added.GetLength(0), added.GetLength(1)));
        Activations z = model.Capture(rows, new CaptureRequest { Points = ["blocks.*.attn.z"], Announce = _ => { } });
        Intervention change = mean ? Intervention.Mean("blocks.3.attn.z", z) : Intervention.Zero("blocks.3.attn.z");
        double one = Evaluation.Run(model, rows, null, new SweepOptions { Interventions = [change.OnHead(2)] }).Loss;
        Assert.Equal(one - Evaluation.Run(model, rows).Loss, added[3, 2], 1e-6);
        Table table = heads.ToTable();
        Assert.Equal(20, table.Rows);
        Assert.Equal(added[3, 2], table["added loss"].Numbers[14]);
    }

    [Fact]
    public void ASweepOfVariantsStoppedAgainAndAgainComesToItsEnd()
    {
        Model model = Networks.Make("gpt2");
        TokenRows rows = Networks.Rows(9, 17, 12, 8);
        IReadOnlyList<Variant> variants = Variant.Heads(model);
        SweepOptions options = new() { TokensPerBatch = 20 };
        VariantSweepResult whole = VariantSweep.Run(model, rows, variants, null, options);
        VariantSweepResult? result = null;
        int stops = 0;
        while (result is null)
        {
            using CancellationTokenSource stop = new();
            int reports = 0;
            try
            {
                SweepOptions kept = options with { Results = _folder.FullName, Progress = new Networks.Reports(_ => { if (++reports % 11 == 0) stop.Cancel(); }) };
                result = VariantSweep.Run(model, rows, variants, null, kept, stop.Token);
            }
            catch (OperationCanceledException)
            {
                stops++;
            }
        }

        Assert.InRange(stops, 2, 100);
        Assert.Equal(whole.Results.Select(r => r.Loss), result.Results.Select(r => r.Loss));
        SweepWork? work = null;
        VariantSweep.Run(model, rows, variants, null, options with { Results = _folder.FullName, Announce = w => work = w });
        Assert.Equal(variants.Count + 1, work!.Known);
    }

    [Fact]
    public void WhatIsNoVariantIsRefused()
    {
        Model model = Networks.Make("gpt2");
        TokenRows rows = Networks.Rows(9);
        Assert.Throws<StrataException>(() => VariantSweep.Run(model, rows, []));
        Assert.Throws<StrataException>(() => VariantSweep.Run(model, rows, [new("none", [Intervention.Zero("blocks.9.attn_out")])]));
        Assert.Throws<StrataException>(() => VariantSweep.Run(model, rows, [new("columns", [Intervention.Zero("blocks.0.mlp.post").OnColumns(90..97)])]));
        Assert.Throws<StrataException>(() => VariantSweep.Run(model, rows, [new("columns of a head", [Intervention.Zero("blocks.0.attn.z").OnHead(1).OnColumns(0..2)])]));
        Assert.Throws<StrataException>(() => VariantParts.Columns(0));
        Assert.Throws<StrataException>(() => VariantParts.Parse("heads"));
        Assert.Throws<StrataException>(() => Variant.Each(model, Intervention.Zero("blocks.*.attn.pattern"), VariantParts.Columns(4)));
        Assert.Throws<StrataException>(() => Variant.Each(model, Intervention.Zero("blocks.*.mlp_out"), VariantParts.Heads));
        Assert.Throws<StrataException>(() => Variant.Heads(Networks.Make("mamba2")));
    }

    private static IEnumerable<Variant> Variants(Model model, TokenRows rows)
    {
        Intervention Set(string point, int columns) => Intervention.Set(point, [.. Enumerable.Range(0, columns).Select(i => 0.1f * i)]);
        yield return new("embedding", [Intervention.Scale("embed", 0.7f)]);
        yield return new("final norm", [Intervention.Scale("ln_final.normalized", 0.5f)]);
        yield return new("logits", [Intervention.Scale("logits", 0.5f).At(PositionSelection.Parse("1..3"))]);
        yield return new("stream", [Set("blocks.2.resid_pre", 24).At(PositionSelection.Parse("^1, 0..2"))]);
        yield return new("two blocks", [Intervention.Zero("blocks.3.resid_post").At(PositionSelection.Parse("2")), Intervention.Add("blocks.1.resid_pre", new float[24], 1)]);
        yield return new("project", [Intervention.ProjectOut("blocks.4.resid_post", [.. Enumerable.Range(0, 24).Select(i => (float)i)])]);
        yield return new("all streams", [Intervention.Scale("blocks.*.resid_pre", 0.9f)]);
        if (model.Spec.StateSpace is not null)
        {
            yield return new("state", [Intervention.Scale("blocks.1.ssm.state", 0.5f).At(PositionSelection.Parse("1..4"))]);
            yield return new("head of the state space", [Intervention.Zero("blocks.2.ssm.y").OnHead(1)]);
            yield break;
        }

        Activations reference = model.Capture(rows, new CaptureRequest { Points = ["blocks.*.attn.z", "blocks.*.mlp.post"], Announce = _ => { } });
        IEnumerable<Variant> Neurons(Intervention change) => Variant.Each(model, change, VariantParts.Columns(25));
        yield return new("pattern", [Intervention.Zero("blocks.1.attn.pattern").OnHead(0)]);
        yield return new("scores", [Intervention.Scale("blocks.2.attn.scores", 0.5f).OnHead(3)]);
        yield return new("keys", [Intervention.Zero("blocks.2.attn.k").OnHead(1)]);
        foreach (Variant variant in Variant.Heads(model).Concat(Variant.Heads(model, reference)).Where((_, i) => i % 3 == 0)) yield return variant;
        foreach (Variant variant in Neurons(Intervention.Zero("blocks.*.mlp.post")).Concat(Neurons(Intervention.Mean("blocks.*.mlp.post", reference))).Where((_, i) => i % 4 == 1)) yield return variant;
    }
}
