using Strata.Models;
using Xunit;

namespace Strata.Research.Tests;

public class AtlasTests
{
    private static readonly AtlasOptions Few = new() { Measures = ["norm", "block-influence", "max-activation"], MeasureOptions = new MeasureOptions { Bootstrap = 0 }, LensTokens = 40, SweepTokens = 50, CapturedTokens = 64 };

    [Fact]
    public void PartsAreThoseOfTheLibraryOnTheFirstRowsAndSaySo()
    {
        TokenRows rows = RandomNetwork.Rows(8);
        Research.Atlas atlas = Research.Atlas.Run(RandomNetwork.Model, rows, Few);
        BatteryRequest request = new() { Points = ["blocks.0.resid_pre", "blocks.*.resid_post"], Options = Few.MeasureOptions };
        MeasureTable battery = MeasureBattery.Run(RandomNetwork.Model, rows, Few.Measures, request);
        Assert.Equal(battery.Table["value"].Numbers, atlas.Measures.Table["value"].Numbers);
        Assert.Equal(battery.Table["random weights"].Numbers, atlas.Measures.Table["random weights"].Numbers);

        // 16 tokens a row: 2 rows for the lens, 3 for the sweep, 4 for the comparison.
        Assert.Equal(LogitLens.Read(RandomNetwork.Model, rows.Take(2)).ToTable()["loss"].Numbers, atlas.Lens!["loss"].Numbers);
        Assert.Equal(Evaluation.Run(RandomNetwork.Model, rows.Take(3)).Loss, atlas.WithoutBlocks!.Results[0].Loss, 1e-9);
        Assert.Equal(5, atlas.WithoutBlocks.Results.Count);
        Activations kept = RandomNetwork.Model.Capture(rows.Take(4), "blocks.0.resid_pre", "blocks.*.resid_post");
        Assert.Equal(ComparisonMatrix.Compute(kept, kept, "cka-debiased", new ComparisonOptions { Controls = false }).Values, atlas.Layers!.Values);
        Assert.Equal(3, atlas.Notes.Count);
        Assert.Contains(atlas.Notes, n => n.Contains("first 2 of 8 rows"));
        Assert.Null(atlas.Probes);
        Assert.Equal(5, atlas.Model.Points.Count(p => p.Name.EndsWith("resid_post") || p.Name == "blocks.0.resid_pre"));
    }

    [Fact]
    public void WhatANetworkCannotDoIsLeftOutWithAReason()
    {
        Model both = Model.Random(Gpt2Family.Spec(blocks: 2, width: 16, heads: 2, vocabulary: 30, positions: 20) with { Causal = false }, 1);
        Research.Atlas atlas = Research.Atlas.Run(both, Research.Atlas.RandomRows(both, 5, 40, seed: 2), Few with { Control = false });
        Assert.Null(atlas.WithoutBlocks);
        Assert.Contains(atlas.Notes, n => n.StartsWith("The loss without each block was left out:"));
        Assert.NotNull(atlas.Layers);
        Assert.Null(atlas.Measures.Control);
        Assert.All(atlas.Rows.Sequences, s => Assert.Equal(20, s.Length));
        Assert.Equal(Research.Atlas.RandomRows(both, 5, 40, seed: 2).Hash, atlas.Rows.Hash);
        Assert.NotEqual(Research.Atlas.RandomRows(both, 5, 40, seed: 3).Hash, atlas.Rows.Hash);
        Assert.Contains("\"norm\"", Assert.Throws<StrataException>(() => Research.Atlas.Run(both, atlas.Rows, Few with { Measures = ["normm"] })).Message);
    }
}
