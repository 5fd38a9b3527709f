using Strata.Models;
using Xunit;

namespace Strata.Research.Tests;

public class MeasureTableTests
{
    private static Activations TwoBlocks(Pooling pooling = Pooling.None)
    {
        string[] points = ["embed", "blocks.0.resid_pre", "blocks.0.resid_post", "blocks.11.resid_pre", "blocks.11.resid_post"];
        return Samples.Of(pooling, points.Select((p, i) => (p, pooling == Pooling.None ? new[] { Samples.Gaussian(6, 8, i), Samples.Gaussian(1, 8, 50 + i) } : [Samples.Gaussian(20, 8, i)])).ToArray());
    }

    [Fact]
    public void EveryRegisteredMeasureHasAValueOrAReason()
    {
        string[] names = Research.Measures.All.Where(m => m.Needs is MeasureInput.Tokens or MeasureInput.Rows && m.AppliesTo(Samples.Point)).Select(m => m.Name).ToArray();
        MeasureTable result = MeasureTable.Compute(TwoBlocks(), names);
        Assert.Equal(names.Length * 5, result.Table.Rows);
        foreach (MeasureValue value in result.Values.Values.SelectMany(v => v.Values)) Assert.True(!double.IsNaN(value.Value) || value.LeftOutReason is not null);
    }

    [Fact]
    public void TableIsLongAndKnowsBlocks()
    {
        Table table = MeasureTable.Compute(TwoBlocks(), ["norm", "block-influence"]).Table;
        Assert.Equal(["point", "block", "measure", "form", "value", "spread", "low", "high", "n", "left out"], table.Columns.Select(c => c.Name));
        Assert.Equal([-1.0, 0, 0, 11, 11, 0, 11], table["block"].Numbers);
        Assert.Equal("block-influence", table["measure"].Texts[^1]);
        Assert.Equal("none", table.Provenance.Settings["pooling"]);
        Assert.Equal("textbook", table.Provenance.Settings["measure.form"]);
        Assert.Contains("resid_pre", table.Provenance.Settings["measure.block-influence"]);
    }

    [Fact]
    public void NotesSayWhatWasLeftOut()
    {
        Table table = MeasureTable.Compute(TwoBlocks(), ["prompt-entropy"]).Table;
        Assert.All(table["left out"].Numbers, n => Assert.Equal(1, n));
        Assert.Contains(table.Notes, note => note.Contains("prompt-entropy at each of embed, blocks.0.resid_pre and 3 more left out 1: 1 x prompt of fewer than 2 tokens"));
        Assert.Equal("nats", table["value"].Unit);
    }

    [Fact]
    public void WrongRequestsAreRefusedWithAdvice()
    {
        Assert.Contains("\"curvature\"", Assert.Throws<StrataException>(() => MeasureTable.Compute(TwoBlocks(), ["curvatur"])).Message);
        Assert.Contains("pooled (mean)", Assert.Throws<StrataException>(() => MeasureTable.Compute(TwoBlocks(Pooling.Mean), ["prompt-entropy"])).Message);
        Assert.Contains("named twice", Assert.Throws<StrataException>(() => MeasureTable.Compute(TwoBlocks(), ["norm", "norm"])).Message);
        Assert.Throws<StrataException>(() => MeasureTable.Compute(TwoBlocks(), []));
        Assert.Contains("Alpha", Assert.Throws<StrataException>(() => MeasureTable.Compute(TwoBlocks(), ["norm"], new MeasureOptions { Alpha = 0 })).Message);
        Assert.Contains("no value at any captured point", Assert.Throws<StrataException>(
            () => MeasureTable.Compute(Samples.Of(Pooling.None, ("embed", [Samples.Gaussian(3, 3, 1)])), ["block-influence"])).Message);
    }

    [Fact]
    public void CanBeCancelledAndReportsProgress()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => MeasureTable.Compute(TwoBlocks(), ["prompt-entropy"], cancellation: cancelled.Token));
        Recorder recorder = new();
        MeasureTable.Compute(TwoBlocks(), ["norm"], progress: recorder);
        Assert.Equal([1L, 2, 3, 4, 5], recorder.Done);
    }

    private sealed class Recorder : IProgress<WorkProgress>
    {
        public List<long> Done { get; } = [];

        public void Report(WorkProgress value) => Done.Add(value.Done);
    }
}
