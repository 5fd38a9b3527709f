using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

public class ProbeTests
{
    public static TheoryData<string> Names => new() { "ridge", "logistic", "logistic-ovr", "nearest-centre" };

    /// <summary>Rows of 30 groups whose class is in the first two columns, with noise, and an offset and scale per column.</summary>
    private static (FloatMatrix Rows, LabelSet Labels) Separable(int rows = 600, int classes = 3, double noise = 0.15, int seed = 1)
    {
        Random random = new(seed);
        int[] labels = Enumerable.Range(0, rows).Select(_ => random.Next(classes)).ToArray();
        FloatMatrix x = Samples.Make(rows, 12, (i, j) =>
        {
            double angle = 2 * Math.PI * labels[i] / classes;
            double signal = j == 0 ? Math.Cos(angle) : j == 1 ? Math.Sin(angle) : 0;
            return (signal + (j < 2 ? noise : 1) * Samples.Normal(random)) * (j + 0.5) + 3 * j;
        });
        return (x, new LabelSet("class", labels, Enumerable.Range(0, classes).Select(c => $"c{c}").ToArray(), Enumerable.Range(0, rows).Select(i => i / 20).ToArray()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SeparableLabelsAreRead(string name)
    {
        (FloatMatrix rows, LabelSet labels) = Separable();
        ProbeResult result = Research.Probes.Get(name).Fit(rows, labels);
        Assert.True(result.TestAccuracy > 0.97, $"{result.TestAccuracy}");
        Assert.InRange(result.MajorityAccuracy, 0.2, 0.5);
        Assert.InRange(result.ControlAccuracy, 0.15, 0.5);
        Assert.True(result.Selectivity > 0.4);
        Assert.Equal(result.TestRows, result.Confusion.Cast<int>().Sum());
        Assert.Equal(result.TestAccuracy, Enumerable.Range(0, 3).Sum(c => result.Confusion[c, c]) / (double)result.TestRows, 12);
        Assert.Equal(600, result.TrainRows + result.TestRows);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void RandomLabelsAreReadAtChance(string name)
    {
        double sum = 0;
        for (int seed = 0; seed < 6; seed++)
        {
            Random random = new(seed);
            int[] labels = Enumerable.Range(0, 800).Select(_ => random.Next(2)).ToArray();
            sum += Research.Probes.Get(name).Fit(Samples.Gaussian(800, 10, seed), new LabelSet("coin", labels, ["a", "b"], Enumerable.Range(0, 800).Select(i => i / 10).ToArray())).TestAccuracy / 6;
        }

        Assert.InRange(sum, 0.44, 0.56);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TestRowsDoNotLeakIntoTraining(string name)
    {
        (FloatMatrix rows, LabelSet labels) = Separable();
        Probe probe = Research.Probes.Get(name);
        ProbeOptions options = new() { Control = false };
        ProbeResult before = probe.Fit(rows, labels, options);
        GroupsOfTest(probe, rows, labels, out HashSet<int> test);

        // Test rows moved far away and their labels changed: a probe that saw any of them would come out otherwise.
        FloatMatrix disturbed = Samples.Make(rows.Rows, rows.Columns, (i, j) => test.Contains(labels.Groups[i]) ? 1e4 * (j + 1) : rows[i, j]);
        LabelSet changed = labels with { Labels = labels.Labels.Select((l, i) => test.Contains(labels.Groups[i]) ? (l + 1) % 3 : l).ToArray() };
        ProbeResult after = probe.Fit(disturbed, changed, options);
        Assert.Equal(before.Regularisation, after.Regularisation);
        Assert.Equal(before.TrainAccuracy, after.TrainAccuracy);
        for (int c = 0; c < 3; c++)
        {
            Assert.Equal(before.Linear!.Direction(c).ToArray(), after.Linear!.Direction(c).ToArray());
            Assert.Equal(before.Linear!.Bias(c), after.Linear!.Bias(c));
        }
    }

    /// <summary>Finds the test groups from outside: those whose labels can change without changing the readout.</summary>
    private static void GroupsOfTest(Probe probe, FloatMatrix rows, LabelSet labels, out HashSet<int> test)
    {
        test = [];
        ProbeOptions options = new() { Control = false, Grid = [0.1] };
        double[] reference = probe.Fit(rows, labels, options).Linear!.Direction(0).ToArray();
        foreach (int group in labels.Groups.Distinct())
        {
            LabelSet changed = labels with { Labels = labels.Labels.Select((l, i) => labels.Groups[i] == group ? (l + 1) % 3 : l).ToArray() };
            if (probe.Fit(rows, changed, options).Linear!.Direction(0).SequenceEqual(reference)) test.Add(group);
        }

        Assert.Equal(8, test.Count);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheSameSeedGivesTheSameResult(string name)
    {
        (FloatMatrix rows, LabelSet labels) = Separable(noise: 0.6);
        Probe probe = Research.Probes.Get(name);
        ProbeResult a = probe.Fit(rows, labels), b = probe.Fit(rows, labels);
        Assert.Equal(a.Linear!.Direction(1).ToArray(), b.Linear!.Direction(1).ToArray());
        Assert.Equal((a.TestAccuracy, a.ControlAccuracy, a.Regularisation), (b.TestAccuracy, b.ControlAccuracy, b.Regularisation));
        ProbeResult other = probe.Fit(rows, labels, new ProbeOptions { Seed = 5 });
        Assert.NotEqual(a.Linear!.Direction(1).ToArray(), other.Linear!.Direction(1).ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SetsFittedTogetherComeOutAsIfFittedAlone(string name)
    {
        (FloatMatrix rows, LabelSet first) = Separable(noise: 0.5);
        LabelSet second = first with { Name = "parity", Labels = first.Labels.Select(l => l % 2).ToArray(), ClassNames = ["even", "odd"] };
        LabelSet partial = first with { Name = "partial", Labels = first.Labels.Select((l, i) => i % 3 == 0 ? -1 : l).ToArray() };
        Probe probe = Research.Probes.Get(name);
        IReadOnlyList<ProbeResult> together = probe.Fit(rows, [first, partial, second]);
        foreach ((LabelSet set, ProbeResult result) in new[] { first, partial, second }.Zip(together))
        {
            ProbeResult alone = probe.Fit(rows, set);
            Assert.Equal(set.Name, result.Labels);
            Assert.Equal((alone.TestAccuracy, alone.ControlAccuracy, alone.Regularisation), (result.TestAccuracy, result.ControlAccuracy, result.Regularisation));
        }

        Assert.Equal((0, 200), (together[0].LeftOut, together[1].LeftOut));
        Assert.Equal(400, together[1].TrainRows + together[1].TestRows);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ReadoutReadsRawActivations(string name)
    {
        (FloatMatrix rows, LabelSet labels) = Separable(noise: 0.6);
        ProbeResult result = Research.Probes.Get(name).Fit(rows, labels);
        int[] read = result.Readout.Predict(rows);
        double all = read.Zip(labels.Labels).Count(p => p.First == p.Second);
        Assert.Equal(result.TrainAccuracy * result.TrainRows + result.TestAccuracy * result.TestRows, all, 6);
        Assert.Throws<StrataException>(() => result.Readout.Predict(Samples.Gaussian(2, 5, 1)));
    }

    [Fact]
    public void RidgeSolvesItsNormalEquations()
    {
        (FloatMatrix rows, LabelSet labels) = Separable(noise: 0.6);
        const double lambda = 0.03;
        LinearReadout readout = new RidgeProbe().Fit(rows, labels, new ProbeOptions { Grid = [lambda], Control = false }).Linear!;
        (Matrix<double> z, int[] y, double[] deviation) = Training(rows, labels, new RidgeProbe());
        for (int c = 0; c < 3; c++)
        {
            Vector<double> target = Vector<double>.Build.Dense(y.Length, i => y[i] == c ? 1 : -1);
            Vector<double> expected = (z.TransposeThisAndMultiply(z) / y.Length + lambda * Matrix<double>.Build.DenseIdentity(z.ColumnCount)).Solve(z.TransposeThisAndMultiply(target - target.Average()) / y.Length);
            for (int j = 0; j < z.ColumnCount; j++) Assert.Equal(expected[j], readout.Direction(c)[j] * deviation[j], 9);
        }
    }

    [Theory]
    [InlineData(2, 0.01)]
    [InlineData(3, 1)]
    public void LogisticStandsWhereItsGradientVanishes(int classes, double strength)
    {
        (FloatMatrix rows, LabelSet labels) = Separable(classes: classes, noise: 0.8);
        LinearReadout readout = new LogisticProbe().Fit(rows, labels, new ProbeOptions { Grid = [strength], Control = false }).Linear!;
        (Matrix<double> z, int[] y, double[] deviation) = Training(rows, labels, new LogisticProbe());
        Matrix<double> gradient = Matrix<double>.Build.Dense(classes, z.ColumnCount);
        double[] constants = new double[classes];
        foreach ((int row, int i) in TrainingRows(rows, labels, new LogisticProbe()).Select((row, i) => (row, i)))
        {
            double[] scores = readout.Scores(rows.Row(row));
            double sum = scores.Sum(Math.Exp);
            for (int c = 0; c < classes; c++)
            {
                double residual = (Math.Exp(scores[c]) / sum - (y[i] == c ? 1 : 0)) / y.Length;
                gradient.SetRow(c, gradient.Row(c) + residual * z.Row(i));
                constants[c] += residual;
            }
        }

        for (int c = 0; c < classes; c++)
        {
            for (int j = 0; j < z.ColumnCount; j++) Assert.Equal(0, gradient[c, j] + readout.Direction(c)[j] * deviation[j] / (strength * y.Length), 5e-6);
            Assert.Equal(0, constants[c], 5e-6);
        }
    }

    /// <summary>The training rows, standardised naively.</summary>
    private static (Matrix<double> Z, int[] Labels, double[] Deviation) Training(FloatMatrix rows, LabelSet labels, Probe probe)
    {
        int[] train = TrainingRows(rows, labels, probe);
        Matrix<double> z = Samples.ToMathNet(rows.Select(train));
        double[] deviation = new double[z.ColumnCount];
        for (int j = 0; j < z.ColumnCount; j++)
        {
            double mean = z.Column(j).Average();
            deviation[j] = Math.Sqrt(z.Column(j).Average(v => (v - mean) * (v - mean)));
            z.SetColumn(j, (z.Column(j) - mean) / deviation[j]);
        }

        return (z, train.Select(i => labels.Labels[i]).ToArray(), deviation);
    }

    private static int[] TrainingRows(FloatMatrix rows, LabelSet labels, Probe probe)
    {
        // Three-class labels only move under (l + 1) % 3, so the split is found with such labels; it depends on groups and seed alone.
        LabelSet three = labels with { Labels = Enumerable.Range(0, rows.Rows).Select(i => i % 3).ToArray(), ClassNames = ["a", "b", "c"] };
        GroupsOfTest(probe, rows, three, out HashSet<int> test);
        return Enumerable.Range(0, rows.Rows).Where(i => !test.Contains(labels.Groups[i])).ToArray();
    }

    [Fact]
    public void AClassThatTrainingNeverSawIsNeverRead()
    {
        (FloatMatrix rows, LabelSet labels) = Separable();
        LabelSet more = labels with { ClassNames = ["a", "b", "c", "never"] };
        foreach (Probe probe in Research.Probes.All)
        {
            ProbeResult result = probe.Fit(rows, more);
            Assert.True(result.TestAccuracy > 0.97);
            Assert.DoesNotContain(3, result.Readout.Predict(rows));
        }
    }

    [Fact]
    public void RidgeReadsNumbers()
    {
        FloatMatrix rows = Samples.Gaussian(500, 9, 3);
        Random random = new(4);
        double[] values = Enumerable.Range(0, 500).Select(i => 2 * rows[i, 0] - rows[i, 5] + 4 + 0.1 * Samples.Normal(random)).ToArray();
        values[7] = double.NaN;
        RegressionResult result = new RidgeProbe().Regress(rows, new TargetSet("sum", values, Enumerable.Range(0, 500).Select(i => i / 10).ToArray()));
        Assert.True(result.TestR2 > 0.99);
        Assert.InRange(result.ControlR2, -0.3, 0.15);
        Assert.Equal(499, result.TrainRows + result.TestRows);
        Assert.Equal([2, 0, 0, 0, 0, -1, 0, 0, 0], result.Readout.Direction(0).ToArray().Select(v => Math.Round(v, 1)));
        Assert.Equal(4, result.Readout.Bias(0), 1);
    }

    [Fact]
    public void WrongLabelsAreRefused()
    {
        (FloatMatrix rows, LabelSet labels) = Separable(60);
        Probe probe = new RidgeProbe();
        Assert.Contains("59 labels", Assert.Throws<StrataException>(() => probe.Fit(rows, labels with { Labels = labels.Labels[1..] })).Message);
        Assert.Contains("label 3 in row 0", Assert.Throws<StrataException>(() => probe.Fit(rows, labels with { Labels = Enumerable.Repeat(3, 60).ToArray() })).Message);
        Assert.Contains("at least 3", Assert.Throws<StrataException>(() => probe.Fit(rows, labels with { Groups = new int[60] })).Message);
        Assert.Contains("no labelled row", Assert.Throws<StrataException>(() => probe.Fit(rows, labels with { Labels = Enumerable.Repeat(-1, 60).ToArray() })).Message);
        Assert.Contains("TestShare", Assert.Throws<StrataException>(() => probe.Fit(rows, labels, new ProbeOptions { TestShare = 1 })).Message);
        Assert.Contains("\"ridge\"", Assert.Throws<StrataException>(() => Research.Probes.Get("rige")).Message);
    }

    [Fact]
    public void SweepComparesPointsAndARandomTwin()
    {
        (FloatMatrix rows, LabelSet labels) = Separable();
        LabelSet halves = labels with { Name = "half", Labels = labels.Labels.Select(l => Math.Min(l, 1)).ToArray(), ClassNames = ["a", "b"] };
        FloatMatrix noise = Samples.Gaussian(600, 12, 99);
        Activations trained = Samples.Of(Pooling.Mean, ("embed", [noise]), ("blocks.3.resid_post", [rows]));
        Activations random = Samples.Of(Pooling.Mean, ("embed", [noise]), ("blocks.3.resid_post", [noise]));
        ProbeSweep sweep = ProbeSweep.Run(trained, [labels, halves], twin: random);
        Assert.Equal(4, sweep.Table.Rows);
        Assert.Equal([-1.0, -1, 3, 3], sweep.Table["block"].Numbers);
        Assert.Equal(["class", "half", "class", "half"], sweep.Table["labels"].Texts);
        Assert.True(sweep.Table["test accuracy"].Numbers[2] > 0.97);
        Assert.InRange(sweep.Table["random weights"].Numbers[2], 0.15, 0.5);
        Assert.Equal(sweep.Results["embed"][1].TestAccuracy, sweep.Table["test accuracy"].Numbers[1]);
        Assert.Contains("ridge", sweep.Table.Provenance.Settings["probe"]);
        Assert.Throws<StrataException>(() => ProbeSweep.Run(trained, [labels, labels]));
    }

    [Fact]
    public void GroupsFollowTheSequences()
    {
        Activations tokens = Samples.Tokens(Samples.Gaussian(2, 3, 1), Samples.Gaussian(3, 3, 2));
        Assert.Equal([0, 0, 1, 1, 1], SequenceOfRows.Of(tokens, Samples.Point));
        Assert.Equal([0, 1, 2, 3], SequenceOfRows.Of(Samples.Pooled(Samples.Gaussian(4, 3, 1)), Samples.Point));
    }
}
