using System.Globalization;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>A battery gives what each measure gives on captured activations, keeps no more for more data, and stands beside its control.</summary>
public class BatteryTests
{
    private static readonly string[] Fifteen =
    [
        "prompt-entropy", "dataset-entropy", "effective-rank", "participation-ratio", "stable-rank", "pca-dimension", "alpha-req", "curvature", "anisotropy", "drift", "norm", "block-influence", "token-homogeneity", "position-share", "two-nn",
    ];

    [Theory]
    [InlineData(40)]
    [InlineData(2048)]
    public void EqualsEveryMeasureOnCapturedActivations(int tokensPerBatch)
    {
        TokenRows rows = RandomNetwork.Rows(40);
        MeasureInputs inputs = RandomNetwork.Inputs(rows);
        CaptureRequest all = new() { Points = ["blocks.1.*"], Announce = _ => { } };
        Activations captured = RandomNetwork.Model.Capture(rows, all);
        MeasureInputs capturedInputs = inputs with { Views = inputs.ViewRows.Select(v => RandomNetwork.Model.Capture(v, all)).ToArray() };
        MeasureOptions options = new() { MaxRows = 200, FitFrom = 3, FitTo = 20, MinContexts = 3, PerSample = true, Heads = 4 };
        foreach (IGrouping<string, Measure> together in Research.Measures.All.GroupBy(m => RandomNetwork.PointsOf(m)[0].Replace("*", "1")))
        {
            BatteryRequest request = new() { Points = [together.Key], Inputs = inputs, Control = false, Options = options, TokensPerBatch = tokensPerBatch };
            MeasureTable battery = MeasureBattery.Run(RandomNetwork.Model, rows, together.Select(m => m.Name).ToArray(), request);
            foreach (Measure measure in together)
            {
                MeasureValue expected = measure.Compute(captured, together.Key, options, capturedInputs), value = battery.Values[measure.Name][together.Key];
                Assert.Equal((expected.Count, expected.LeftOut, expected.LeftOutReason, expected.Where), (value.Count, value.LeftOut, value.LeftOutReason, value.Where));
                // The stream's own batches may round a float32 state otherwise.
                Assert.True(Math.Abs(expected.Value - value.Value) <= 1e-4 * Math.Max(1, Math.Abs(expected.Value)), $"{measure.Name}: {value.Value} streamed, {expected.Value} captured");
                Assert.Equal(expected.PerSample.Count, value.PerSample.Count);
            }
        }
    }

    [Fact]
    public void TopEigendirectionsAreTakenAwayInAPassOfTheirOwn()
    {
        TokenRows rows = RandomNetwork.Rows(30);
        MeasureTable At(int top, params string[] names) => MeasureBattery.Run(RandomNetwork.Model, rows, names, new BatteryRequest { Control = false, Options = new MeasureOptions { RemoveTop = top, FitFrom = 2, FitTo = 20 } });
        MeasureTable all = At(0, "alpha-req", "block-influence"), less = At(3, "alpha-req", "block-influence", "norm");
        // The spectrum without its three largest values, to what float32 keeps of it.
        IReadOnlyList<double> before = all.Values["alpha-req"]["blocks.2.resid_post"].Curve!.Y, after = less.Values["alpha-req"]["blocks.2.resid_post"].Curve!.Y;
        for (int i = 0; i < 20; i++) Assert.Equal(before[i + 3], after[i], 1e-4 * before[3]);
        Assert.Equal("3", less.Table.Provenance.Settings["measure.remove-top"]);
        Assert.False(all.Table.Provenance.Settings.ContainsKey("measure.remove-top"));

        Activations captured = RandomNetwork.Model.Capture(rows, new CaptureRequest { Points = ["blocks.*.resid_pre", "blocks.*.resid_post"], Announce = _ => { } });
        MeasureTable same = MeasureTable.Compute(captured, ["block-influence", "norm"], new MeasureOptions { RemoveTop = 3 });
        foreach (string name in (string[])["block-influence", "norm"]) Assert.Equal(same.Values[name]["blocks.2.resid_post"].Value, less.Values[name]["blocks.2.resid_post"].Value, 1e-4);
        Assert.Contains("32 dimensions", Assert.Throws<StrataException>(() => At(32, "norm")).Message);
    }

    [Fact]
    public void TheCodingRateOfHeadsAddsUpOverHeads()
    {
        TokenRows rows = RandomNetwork.Rows(5);
        MeasureValue heads = MeasureBattery.Run(RandomNetwork.Model, rows, ["coding-rate-heads"], new BatteryRequest { Points = ["blocks.1.attn.z"], Control = false }).Values["coding-rate-heads"]["blocks.1.attn.z"];
        Assert.Equal(4, heads.Curve!.Y.Count);
        Assert.Equal(heads.Value, heads.Curve.Y.Sum(), 1e-9);
        Activations mixed = RandomNetwork.Model.Capture(rows, new CaptureRequest { Points = ["blocks.1.attn.z"], Announce = _ => { } });
        // One head is the whole row.
        Assert.Equal(Research.Measures.Get("coding-rate").Compute(mixed, "blocks.1.attn.z").Value, Research.Measures.Get("coding-rate-heads").Compute(mixed, "blocks.1.attn.z", new MeasureOptions { Heads = 1 }).Value, 1e-9);
        Assert.Contains("heads=N", Assert.Throws<StrataException>(() => Research.Measures.Get("coding-rate-heads").Compute(mixed, "blocks.1.attn.z")).Message);
        Assert.Contains("5 heads", Assert.Throws<StrataException>(() => Research.Measures.Get("coding-rate-heads").Compute(mixed, "blocks.1.attn.z", new MeasureOptions { Heads = 5 })).Message);
    }

    [Fact]
    public void MemoryDoesNotGrowWithTheData()
    {
        long Bytes(int rows) => long.Parse(Run(RandomNetwork.Rows(rows)).Table.Provenance.Settings["measure.bytes"], CultureInfo.InvariantCulture);
        MeasureTable Run(TokenRows rows) => MeasureBattery.Run(RandomNetwork.Model, rows, Fifteen, new BatteryRequest { Control = false, Options = new MeasureOptions { MaxRows = 100, FitFrom = 2, FitTo = 20 } });
        // Enough rows that every buffer is full: 256 rows of moments, of tokens and of prompts.
        Assert.Equal(Bytes(300), Bytes(900));
    }

    [Fact]
    public void StandsBesideANetworkWithRandomWeights()
    {
        TokenRows rows = RandomNetwork.Rows(6);
        MeasureTable with = MeasureBattery.Run(RandomNetwork.Model, rows, ["norm", "curvature"], new BatteryRequest { Options = new MeasureOptions { Seed = 7 } });
        MeasureTable without = MeasureBattery.Run(RandomNetwork.Model, rows, ["norm", "curvature"], new BatteryRequest { Control = false });
        Assert.Null(without.Control);
        Assert.DoesNotContain("random weights", without.Table.Columns.Select(c => c.Name));
        Assert.Equal(without.Table["value"].Numbers, with.Table["value"].Numbers);
        MeasureTable twin = MeasureBattery.Run(RandomNetwork.Model.RandomTwin(7), rows, ["norm", "curvature"], new BatteryRequest { Control = false });
        Assert.Equal(twin.Table["value"].Numbers, with.Table["random weights"].Numbers);
        Assert.All(with.Table["value"].Numbers.Zip(with.Table["random weights"].Numbers), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.Contains("random twin", with.Table.Provenance.Settings["measure.control"]);
    }

    [Fact]
    public void ShuffledLabelsTellClassesFromChance()
    {
        // Labels that the last token decides: the rows of a class are the states of few tokens.
        TokenRows rows = RandomNetwork.Rows(120);
        MeasureInputs inputs = new() { Labels = rows.Sequences.Select(s => new[] { s[^1] % 2 }).ToArray() };
        MeasureTable table = MeasureBattery.Run(RandomNetwork.Model, rows, ["nearest-centre", "label-variance", "norm"], new BatteryRequest { Inputs = inputs });
        double real = table.Values["nearest-centre"]["blocks.0.resid_post"].Value, shuffled = table.ShuffledLabels["nearest-centre"]["blocks.0.resid_post"].Value;
        Assert.True(real > 0.75, $"{real}");
        Assert.InRange(shuffled, 0.3, 0.7);
        Assert.Equal(["label-variance", "nearest-centre"], table.ShuffledLabels.Keys.Order());
        Assert.True(table.ShuffledLabels["label-variance"]["blocks.0.resid_post"].Value < table.Values["label-variance"]["blocks.0.resid_post"].Value);
        Assert.True(double.IsNaN(table.Table["shuffled labels"].Numbers[^1]));
        Assert.Empty(MeasureBattery.Run(RandomNetwork.Model, rows, ["label-variance"], new BatteryRequest { Inputs = inputs, Control = false }).ShuffledLabels);
    }

    [Fact]
    public void WhatAMeasureNeedsIsAskedForBeforeTheNetworkRuns()
    {
        TokenRows rows = RandomNetwork.Rows(4);
        string Refusal(string measure, MeasureInputs inputs) => Assert.Throws<StrataException>(() => MeasureBattery.Run(RandomNetwork.Model, rows, [measure], new BatteryRequest { Inputs = inputs, Control = false })).Message;
        Assert.Contains("Labels", Refusal("cdnv", MeasureInputs.None));
        Assert.Contains("3 labels for 4 sequences", Refusal("cdnv", new MeasureInputs { Labels = [[0], [1], [0]] }));
        Assert.Contains("view", Refusal("infonce", MeasureInputs.None));
        Assert.Contains("token ids", Refusal("self-similarity", MeasureInputs.None));
        Assert.Contains("Factors", Refusal("additive-r2", MeasureInputs.None));
        Assert.Contains("Classifier", Refusal("nc3", RandomNetwork.Inputs(rows) with { Classifier = null }));
        Assert.Contains("no value at any captured point", Refusal("utilized-rank", MeasureInputs.None));
    }

    [Fact]
    public void AnIntervalHoldsTheValueAndShrinksWithTheData()
    {
        MeasureValue Norm(int rows, int bootstrap) => MeasureBattery.Run(RandomNetwork.Model, RandomNetwork.Rows(rows), ["norm"], new BatteryRequest { Control = false, Options = new MeasureOptions { Bootstrap = bootstrap } }).Values["norm"]["blocks.2.resid_post"];
        MeasureValue few = Norm(12, 200), many = Norm(300, 200);
        Assert.InRange(few.Value, few.Low, few.High);
        Assert.InRange(many.Value, many.Low, many.High);
        Assert.True(many.High - many.Low < few.High - few.Low);
        Assert.True(double.IsNaN(Norm(12, 0).Low));
    }

    [Fact]
    public void TheIntervalOfAMeanIsThatOfNormalTheory()
    {
        // 400 sequences of one row each: standard error s/√n, interval ± 1.96 of it.
        double[] lengths = Enumerable.Range(0, 400).Select(i => 5 + Math.Sin(i * 12.9898) * 2).ToArray();
        MeasureValue value = Research.Measures.Get("norm").Compute(Samples.Pooled(Samples.Make(400, 1, (i, _) => lengths[i])), Samples.Point, new MeasureOptions { Bootstrap = 4000 });
        double error = value.Spread / Math.Sqrt(400);
        Assert.InRange((value.High - value.Low) / (2 * 1.96 * error), 0.93, 1.07);
        Assert.InRange((value.High + value.Low) / 2 - value.Value, -0.2 * error, 0.2 * error);
    }

    [Fact]
    public void ParametersAreReadByName()
    {
        MeasureOptions options = MeasureParameters.With(new MeasureOptions(), ["neighbours=7", "variance-share=0.5", "normalization=log-n", "adjusted=true", "max-rows=all", "row=mean"]);
        Assert.Equal((7, 0.5, EntropyNormalization.LogN, true, (int?)null, Pooling.Mean), (options.Neighbours, options.VarianceShare, options.Normalization, options.Adjusted, options.MaxRows, options.Row));
        string Refusal(string text) => Assert.Throws<StrataException>(() => MeasureParameters.With(new MeasureOptions(), [text])).Message;
        Assert.Contains("\"neighbours\"", Refusal("neighbors=7"));
        Assert.Contains("whole number", Refusal("neighbours=many"));
        Assert.Contains("raw, log-n, log-d, max", Refusal("normalization=log"));
        Assert.Contains("VarianceShare", Refusal("variance-share=2"));
        Assert.Contains("fit-from=VALUE", Refusal("fit-from"));
        foreach (Measure measure in Research.Measures.All) Assert.Equal(measure.About.Parameters.Count, MeasureParameters.Of(measure).Count);
    }

    [Fact]
    public void FormsAreReadByName()
    {
        Assert.Equal(MeasureForm.ReferenceOf("skdim"), MeasureForm.Parse("reference:skdim"));
        Assert.Contains("reference:skdim", Assert.Throws<StrataException>(() => MeasureForm.Parse("reference:skdimm")).Message);
        Assert.Contains("information_flow", Assert.Throws<StrataException>(() => MeasureTable.Compute(Samples.Tokens(Samples.Gaussian(4, 4, 1)), ["prompt-entropy", "norm"], new MeasureOptions { Form = MeasureForm.Parse("reference:skdim") })).Message);
        Table mixed = MeasureTable.Compute(Samples.Tokens(Samples.Gaussian(6, 4, 1)), ["curvature", "norm"], new MeasureOptions { Form = MeasureForm.Reference }).Table;
        Assert.Equal(["reference:information_flow", "textbook"], mixed["form"].Texts);
    }
}
