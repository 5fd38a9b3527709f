using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Erasers, shifted rows, the online code, depths, and controls that catch what should be caught.</summary>
public class ErasureTests
{
    private static (FloatMatrix Rows, LabelSet Labels) Planted(int n = 400, int width = 12, int classes = 2, int seed = 1, double strength = 1.5)
    {
        Random random = new(seed);
        int[] labels = Enumerable.Range(0, n).Select(_ => random.Next(classes)).ToArray();
        Matrix<double> mixing = Samples.Rotation(width, seed + 1);
        FloatMatrix plain = Samples.Make(n, width, (i, j) => (j < classes && labels[i] == j ? strength : 0) + (1 + 0.3 * j) * Samples.Normal(random) + 2);
        return (Samples.FromMathNet(Samples.ToMathNet(plain) * mixing), new LabelSet("planted", labels, Enumerable.Range(0, classes).Select(c => $"{c}").ToArray(), Enumerable.Range(0, n).Select(i => i / 8).ToArray()));
    }

    [Fact]
    public void LeaceLeavesNoCovarianceWithTheLabels()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(10), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            int classes = 2 + seed % 3;
            (FloatMatrix rows, LabelSet labels) = Planted(200, 9, classes, seed);
            Eraser eraser = Eraser.Leace(rows, labels);
            FloatMatrix erased = eraser.Apply(rows), again = eraser.Apply(erased);
            double covariance = Enumerable.Range(0, classes).Max(c => ClassMean(erased, labels, c).Subtract(Mean(erased)).L2Norm());
            double difference = again.Values.Zip(erased.Values, (a, b) => Math.Abs(a - b)).Max();

            // The mean stays, the map is a projection, and its rank is one less than the classes.
            return covariance < 1e-4 && difference < 1e-4 && eraser.Rank == classes - 1 && (Mean(erased) - Mean(rows)).L2Norm() < 1e-4;
        }));
    }

    [Fact]
    public void LeaceChangesTheRowsLeast()
    {
        (FloatMatrix rows, LabelSet labels) = Planted(600, 10, 3);
        double Change(Eraser eraser)
        {
            Matrix<double> difference = Samples.ToMathNet(eraser.Apply(rows)) - Samples.ToMathNet(rows);
            return difference.FrobeniusNorm();
        }

        Assert.True(Change(Eraser.Leace(rows, labels)) <= Change(Eraser.MeanDifference(rows, labels)) * (1 + 1e-6));
    }

    [Theory]
    [InlineData("mean-difference")]
    [InlineData("inlp")]
    [InlineData("leace")]
    public void ErasedLabelsAreNotReadAndARandomSubspaceLeavesThem(string method)
    {
        (FloatMatrix rows, LabelSet labels) = Planted(1600, 10, 2, strength: 4);
        Activations activations = Samples.Pooled(rows);
        ErasureResult result = Assert.Single(ErasureSweep.Run(activations, labels, [method]).Results);
        Assert.True(result.Before > 0.85, $"{result.Before}");
        Assert.True(result.RandomAfter > 0.7, $"{result.RandomAfter}");
        if (method != "mean-difference") Assert.InRange(result.After, 0.35, 0.62);
        else Assert.True(result.After < result.Before);
    }

    [Theory]
    [InlineData("mean-difference")]
    [InlineData("leace")]
    public void AnEraserIsTheSameDuringTheForwardPass(string method)
    {
        Model model = Model.Random(LlamaFamily.Spec(blocks: 3, width: 16, heads: 2, keyValueHeads: 2, mlpWidth: 24, vocabulary: 31, positions: 32) with { InitializerRange = 0.3f }, 1);
        Random random = new(4);
        TokenRows data = new("random", Enumerable.Range(0, 12).Select(_ => Enumerable.Range(0, 10).Select(_ => random.Next(31)).ToArray()).ToArray());
        const string point = "blocks.1.resid_post";
        Activations plain = model.Capture(data, point);
        LabelSet labels = new("even", data.Sequences.SelectMany(s => s.Select(id => id % 2)).ToArray(), ["even", "odd"], data.Sequences.SelectMany((s, i) => s.Select(_ => i)).ToArray());
        Eraser eraser = Eraser.Fit(method, plain.Rows(point), labels);
        Activations changed = model.Capture(data, new CaptureRequest { Points = [point], Interventions = [eraser.At(point)], Announce = _ => { } });
        FloatMatrix expected = eraser.Apply(plain.Rows(point)), actual = changed.Rows(point);
        for (int i = 0; i < expected.Values.Length; i++) Assert.Equal(expected.Values[i], actual.Values[i], 1e-4);
        ErasureResult result = Assert.Single(ErasureSweep.Run(plain, labels, [method], network: (model, data)).Results);
        Assert.Equal(Evaluation.Run(model, data).Loss, result.Loss);
        Assert.NotEqual(result.Loss, result.ErasedLoss);
        Assert.NotEqual(result.RandomLoss, result.ErasedLoss);
    }

    [Fact]
    public void WhatCannotBeErasedIsRefused()
    {
        (FloatMatrix rows, LabelSet labels) = Planted(40);
        Assert.Contains("\"leace\"", Assert.Throws<StrataException>(() => Eraser.Fit("leece", rows, labels)).Message);
        Assert.Contains("two classes", Assert.Throws<StrataException>(() => Eraser.Leace(rows, labels with { Labels = new int[40] })).Message);
        Assert.Throws<StrataException>(() => Intervention.Erase("embed", rows, rows.Slice(0, 3), new float[12]));
        Assert.Throws<StrataException>(() => Eraser.Leace(rows, labels).Apply(Samples.Gaussian(3, 4, 1)));
    }

    [Fact]
    public void ShiftedRowsJudgeAndALeakedLayerIsNotChosenByWhatItIsTestedOn()
    {
        // Column 0 tells the class everywhere; column 1 tells it better, but the other way round where rows are shifted.
        Random random = new(5);
        const int n = 1200;
        int[] labels = Enumerable.Range(0, n).Select(_ => random.Next(2)).ToArray();
        bool[] shifted = Enumerable.Range(0, n).Select(i => i / 10 % 3 == 0).ToArray();
        double Sign(int i) => labels[i] == 1 ? 1 : -1;
        FloatMatrix robust = Samples.Make(n, 4, (i, j) => (j == 0 ? 2 * Sign(i) : 0) + Samples.Normal(random));
        FloatMatrix spurious = Samples.Make(n, 4, (i, j) => (j == 0 ? 3 * Sign(i) * (shifted[i] ? -1 : 1) : 0) + 0.5 * Samples.Normal(random));
        Activations activations = Samples.Of(Pooling.Mean, ("blocks.0.resid_post", [robust]), ("blocks.1.resid_post", [spurious]));
        LabelSet set = new("class", labels, ["a", "b"], Enumerable.Range(0, n).Select(i => i / 10).ToArray());
        ShiftSweep sweep = ShiftSweep.Run(activations, set, new ShiftSplit(shifted));
        Assert.Equal("blocks.0.resid_post", sweep.Selected.Point);
        Assert.True(sweep.Results[1].TestAccuracy > 0.98 && sweep.Results[1].ShiftedAccuracy < 0.05);
        Assert.InRange(sweep.Results[0].ShiftedAccuracy, 0.93, 1);
        Assert.True(sweep.Results[0].WorstGroup <= sweep.Results[0].ShiftedAccuracy);
        Assert.InRange(sweep.Results[0].ControlAccuracy, 0.2, 0.8);
        Assert.True(sweep.Results[0].Shift < 0.1);
        Assert.Throws<StrataException>(() => ShiftSweep.Run(activations, set with { Groups = new int[n] }, new ShiftSplit(shifted)));
    }

    [Fact]
    public void OnlineCodesAreShortForReadableLabelsOnly()
    {
        (FloatMatrix rows, LabelSet labels) = Planted(600, 6, 2, strength: 8);
        OnlineCodeResult read = OnlineCode.Run(rows, labels);
        Assert.Equal(600, read.UniformBits);
        Assert.True(read.Compression > 2, $"{read.Compression}");
        Assert.InRange(read.ControlBits, 560, 760);
        Assert.Equal(600, read.Portions.Sum(p => p.Rows));
        Table table = OnlineCode.Sweep(Samples.Pooled(rows), [labels]);
        Assert.Equal(read.Bits, table["bits"].Numbers[0]);
    }

    [Fact]
    public void DepthsOfKnownCurves()
    {
        ConceptDepth depth = ConceptDepth.Of([0.5, 0.51, 0.6, 0.8, 0.81, 0.81, 0.9, 0.9, 0.91, 0.91]);
        Assert.Equal((0.2, 0.9, 0.7), (depth.Jump, depth.Convergence, depth.Settled));
        ConceptDepth flat = ConceptDepth.Of([0.5, 0.5, 0.5, 0.5]);
        Assert.True(double.IsNaN(flat.Jump));
        Assert.Equal((0.75, 0.25), (flat.Convergence, flat.Settled));
        Assert.True(double.IsNaN(ConceptDepth.Of([0.5, 0.9]).Settled));
    }

    [Theory]
    [InlineData("knn")]
    [InlineData("nearest-centre")]
    [InlineData("k-sparse")]
    [InlineData("logistic-ovr")]
    public void APlantedLeakIsCaughtByTheControl(string name)
    {
        // Rows that say which sequence they are from, and one label per sequence: split by row, any label could be read; split by sequence, none can.
        Random random = new(7);
        const int n = 600;
        FloatMatrix rows = Samples.Make(n, 60, (i, j) => i / 10 == j ? 5 : 0.1 * Samples.Normal(random));
        int[] perSequence = Enumerable.Range(0, 60).Select(_ => random.Next(2)).ToArray();
        LabelSet labels = new("coin", Enumerable.Range(0, n).Select(i => perSequence[i / 10]).ToArray(), ["a", "b"], Enumerable.Range(0, n).Select(i => i / 10).ToArray());
        ProbeResult bySequence = Research.Probes.Get(name).Fit(rows, labels);
        Assert.InRange(bySequence.TestAccuracy, 0.1, 0.85);
        ProbeResult leaked = Research.Probes.Get(name).Fit(rows, labels with { Groups = Enumerable.Range(0, n).ToArray() });
        if (name is "knn" or "logistic-ovr") Assert.True(leaked.TestAccuracy > 0.97, $"{leaked.TestAccuracy}");

        // Shuffled labels stay at chance whatever the rows leak.
        Assert.InRange(bySequence.ControlAccuracy, 0.35, 0.65);
        Assert.InRange(leaked.ControlAccuracy, 0.35, 0.65);
    }

    [Fact]
    public void ASparseProbeUsesAsManyFeaturesAsItSays()
    {
        Random random = new(2);
        int[] labels = Enumerable.Range(0, 500).Select(_ => random.Next(2)).ToArray();
        FloatMatrix rows = Samples.Make(500, 20, (i, j) => (j is 4 or 11 ? (labels[i] == 1 ? 1.5 : -1.5) : 0) + Samples.Normal(random));
        LabelSet set = new("class", labels, ["a", "b"], Enumerable.Range(0, 500).Select(i => i / 5).ToArray());
        ProbeResult two = new SparseProbe().Fit(rows, set, new ProbeOptions { Grid = [2] });
        Assert.Equal([4, 11], Enumerable.Range(0, 20).Where(j => two.Linear!.Direction(0)[j] != 0));
        ProbeResult one = new SparseProbe().Fit(rows, set, new ProbeOptions { Grid = [1] });
        Assert.Single(Enumerable.Range(0, 20), j => one.Linear!.Direction(0)[j] != 0);
        Assert.True(two.TestAccuracy > one.TestAccuracy);
        Assert.Throws<StrataException>(() => new SparseProbe().Fit(rows, set, new ProbeOptions { Grid = [1.5] }));
    }

    [Fact]
    public void NumbersAreReadAtEveryPointBesideTheirControls()
    {
        FloatMatrix rows = Samples.Gaussian(400, 6, 3);
        Activations activations = Samples.Pooled(rows), twin = Samples.Pooled(Samples.Gaussian(400, 6, 4));
        TargetSet target = new("sum", Enumerable.Range(0, 400).Select(i => rows[i, 0] - 2.0 * rows[i, 3]).ToArray(), Enumerable.Range(0, 400).Select(i => i / 8).ToArray());
        Table table = RegressionSweep.Run(activations, [target], twin: twin).Table;
        Assert.True(table["test R2"].Numbers[0] > 0.999);
        Assert.InRange(table["control"].Numbers[0], -0.3, 0.2);
        Assert.InRange(table["random weights"].Numbers[0], -0.3, 0.2);
    }

    private static Vector<double> Mean(FloatMatrix rows) => Samples.ToMathNet(rows).ColumnSums() / rows.Rows;

    private static Vector<double> ClassMean(FloatMatrix rows, LabelSet labels, int c) => Mean(rows.Select(Enumerable.Range(0, rows.Rows).Where(i => labels.Labels[i] == c).ToArray()));
}
