using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

public class ComparisonTests
{
    private static double Value(string name, FloatMatrix a, FloatMatrix b) => Research.Comparisons.Get(name).Compute(a, b);

    // Fewer rows than columns (Gram space), a few more, and many more (feature space).
    public static TheoryData<int, int, int> Sizes => new() { { 12, 30, 20 }, { 25, 20, 14 }, { 300, 20, 14 }, { 300, 33, 33 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void BiasedCkaIsThatOfCentredGramMatrices(int n, int d1, int d2)
    {
        (FloatMatrix x, FloatMatrix y) = Related(n, d1, d2);
        Matrix<double> h = Matrix<double>.Build.DenseIdentity(n) - 1.0 / n;
        Matrix<double> k = Gram(x), l = Gram(y);
        double Hsic(Matrix<double> a, Matrix<double> b) => (a * h * b * h).Trace();
        Assert.Equal(Hsic(k, l) / Math.Sqrt(Hsic(k, k) * Hsic(l, l)), Value("cka", x, y), 10);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void DebiasedCkaIsSongsEstimateOnRawGramMatrices(int n, int d1, int d2)
    {
        (FloatMatrix x, FloatMatrix y) = Related(n, d1, d2);
        Matrix<double> k = Gram(x), l = Gram(y);
        k.SetDiagonal(new double[n]);
        l.SetDiagonal(new double[n]);
        Assert.Equal(Song(k, l) / Math.Sqrt(Song(k, k) * Song(l, l)), Value("cka-debiased", x, y), 10);
    }

    private static double Song(Matrix<double> k, Matrix<double> l)
    {
        double n = k.RowCount;
        double sums = k.RowSums().Sum() * l.RowSums().Sum() / ((n - 1) * (n - 2));
        return ((k * l).Trace() + sums - 2 / (n - 2) * (k * l).RowSums().Sum()) / (n * (n - 3));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void ProcrustesIsTheDistanceAfterTheBestRotation(int n, int d1, int d2)
    {
        (FloatMatrix x, FloatMatrix y) = Related(n, d1, d2);
        int width = Math.Max(d1, d2);
        Matrix<double> a = Padded(x, width), b = Padded(y, width);
        var svd = (a.Transpose() * b).Svd();
        Matrix<double> rotation = svd.U * svd.VT;
        Assert.Equal((a * rotation - b).FrobeniusNorm() * (a * rotation - b).FrobeniusNorm(), Value("procrustes", x, y), 7);
    }

    private static Matrix<double> Padded(FloatMatrix m, int width)
    {
        Matrix<double> x = Samples.ToMathNet(m);
        Vector<double> mean = x.ColumnSums() / x.RowCount;
        for (int i = 0; i < x.RowCount; i++) x.SetRow(i, x.Row(i) - mean);
        Matrix<double> result = Matrix<double>.Build.Dense(x.RowCount, width);
        result.SetSubMatrix(0, 0, x / x.FrobeniusNorm());
        return result;
    }

    [Fact]
    public void CosineIsTheMeanOverRows()
    {
        FloatMatrix x = Samples.Make(3, 2, (i, j) => i == 0 ? 0 : j == 0 ? 1 : 0), y = Samples.Make(3, 2, (i, j) => i == 2 && j == 0 ? 0 : 2);
        Assert.Equal((Math.Sqrt(0.5) + 0) / 2, Value("cosine", x, y), 7);
        Assert.Equal(-1, Value("cosine", y, Samples.Make(3, 2, (i, j) => -5 * y[i, j])), 7);
    }

    // What every comparison gives for a side and itself.
    public static TheoryData<string, double> RotationInvariant => new()
    {
        { "cka", 1 }, { "cka-debiased", 1 }, { "cka-rbf", 1 }, { "cka-hsic=song-batch=12", 1 }, { "procrustes", 0 }, { "procrustes-angular", 0 }, { "rsa-rdm=euclidean", 1 }, { "cca", 1 }, { "svcca", 1 },
        { "mutual-knn-k=5-metric=euclidean", 1 }, { "subspace-angle-dims=3", 0 },
    };

    [Theory]
    [MemberData(nameof(RotationInvariant))]
    public void DoNotChangeUnderRotationScaleAndShift(string name, double atIdentity)
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            int n = 30 + seed % 40, d = 3 + seed % 7;
            (FloatMatrix x, FloatMatrix y) = Related(n, d, 4 + seed % 5, seed);
            FloatMatrix moved = Samples.Moved(x, seed + 1, 2.5, -0.75);

            // Neighbours may change places when rows are rounded to float32; an arc cosine near 1 has the root of its resolution.
            double near = name.StartsWith("mutual") ? 0.03 : name.EndsWith("angular") ? 2e-3 : 1e-4;
            bool symmetric = !Research.Comparisons.Get(name).IsSymmetric || Math.Abs(Value(name, x, y) - Value(name, y, x)) < 1e-9;
            double identity = name == "procrustes-angular" ? near : 1e-5;
            return Math.Abs(Value(name, x, moved) - atIdentity) < Math.Max(near == 0.03 ? near : identity, 1e-5) && Math.Abs(Value(name, x, y) - Value(name, moved, y)) < near && symmetric;
        }));
    }

    [Theory]
    [InlineData("cosine-metric")]
    [InlineData("rsa-rdm=cosine-compare=spearman")]
    [InlineData("mutual-knn-k=5")]
    [InlineData("cknna-k=5")]
    [InlineData("relative-anchors=12")]
    [InlineData("relative-anchors=12-similarity=euclidean")]
    [InlineData("relative-anchors=12-compare=mrr")]
    [InlineData("linear-map")]
    public void DoNotChangeUnderRotationAndScaleAboutTheOrigin(string name)
    {
        if (name == "cosine-metric") name = "mutual-knn-metric=cosine-k=4";
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(10), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            (FloatMatrix x, FloatMatrix y) = Related(40 + seed % 20, 3 + seed % 7, 4 + seed % 5, seed);
            FloatMatrix moved = Samples.Moved(x, seed + 1, 2.5, 0);
            double near = name.StartsWith("mutual") || name.StartsWith("cknna") || name.EndsWith("mrr") ? 0.05 : 1e-3;
            return Math.Abs(Value(name, x, y) - Value(name, moved, y)) < near && Math.Abs(Value(name, x, moved) - Value(name, x, x)) < near;
        }));
    }

    [Theory]
    [InlineData("cca")]
    [InlineData("svcca-keep=1")]
    [InlineData("pwcca-weights=first")]
    public void CanonicalCorrelationsDoNotChangeUnderInvertibleMaps(string name)
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(10), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            (FloatMatrix x, FloatMatrix y) = Related(80, 5, 7, seed);
            Matrix<double> map = Samples.ToMathNet(Samples.Gaussian(5, 5, seed + 3)) + 3 * Matrix<double>.Build.DenseIdentity(5);
            FloatMatrix mapped = Samples.FromMathNet(Samples.ToMathNet(x) * map);

            // The weights of PWCCA are those of the first side's own columns.
            return Math.Abs(Value(name, y, x) - Value(name, y, mapped)) < 1e-4 && (name == "pwcca-weights=first" || Math.Abs(Value(name, x, y) - Value(name, mapped, y)) < 1e-4);
        }));
    }

    [Theory]
    [InlineData("unit-match", 1.0)]
    [InlineData("unit-semi-match", 1.0)]
    [InlineData("relative-anchors=12-similarity=l1", 1.0)]
    [InlineData("relative-anchors=12-similarity=linf", 1.0)]
    public void UnitsMayBePermutedAndTogetherScaled(string name, double atIdentity)
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(10), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            (FloatMatrix x, FloatMatrix y) = Related(40, 6, 9, seed);
            int[] order = [.. Enumerable.Range(0, 6)];
            new Random(seed).Shuffle(order);
            FloatMatrix moved = Samples.Make(40, 6, (i, j) => 3 * x[i, order[j]] + 1);
            return Math.Abs(Value(name, x, moved) - atIdentity) < 1e-5 && Math.Abs(Value(name, x, y) - Value(name, moved, y)) < 1e-4;
        }));
    }

    [Fact]
    public void MatchesUnitsOneToOneLikeTryingAllPermutations()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            int rows = 2 + seed % 5, columns = 2 + seed * 7 % 5;
            FloatMatrix x = Samples.Gaussian(9, rows, seed), y = Samples.Gaussian(9, columns, seed + 100);
            Matrix<double> gains = Matrix<double>.Build.Dense(rows, columns, (i, j) => MathNet.Numerics.Statistics.Correlation.Pearson(Samples.ToMathNet(x).Column(i), Samples.ToMathNet(y).Column(j)));
            (int[] partners, double[] correlations) = ((UnitMatch)Research.Comparisons.Get("unit-match")).Match(x, y);
            Assert.Equal(Math.Min(rows, columns), partners.Where(c => c >= 0).Distinct().Count());
            Assert.Equal(Best(gains, 0, []), partners.Select((c, i) => c < 0 ? 0 : gains[i, c]).Sum(), 6);
            Assert.Equal(Best(gains, 0, []) / Math.Min(rows, columns), Value("unit-match", x, y), 6);
            Assert.Equal(partners.Select((c, i) => c < 0 ? double.NaN : gains[i, c]), correlations, (p, q) => double.IsNaN(p) == double.IsNaN(q) && !(Math.Abs(p - q) > 1e-6));
        }
    }

    /// <summary>The largest sum over all ways to give rows distinct columns, as many as there can be.</summary>
    private static double Best(Matrix<double> gains, int row, List<int> used)
    {
        if (row == gains.RowCount) return used.Count(c => c >= 0) == Math.Min(gains.RowCount, gains.ColumnCount) ? 0 : double.NegativeInfinity;
        double best = double.NegativeInfinity;
        for (int c = -1; c < gains.ColumnCount; c++)
        {
            if (c >= 0 && used.Contains(c)) continue;
            best = Math.Max(best, (c < 0 ? 0 : gains[row, c]) + Best(gains, row + 1, [.. used, c]));
        }

        return best;
    }

    [Fact]
    public void UnitsFindTheirPlantedPartners()
    {
        FloatMatrix x = Samples.Gaussian(60, 5, 1);
        int[] partner = [3, 0, 4, 1, 2];
        FloatMatrix y = Samples.Make(60, 5, (i, j) => -2 * x[i, Array.IndexOf(partner, j)] + 1);
        (int[] partners, double[] correlations) = ((UnitMatch)Research.Comparisons.Get("unit-match-correlation=absolute")).Match(x, y);
        Assert.Equal(partner, partners);
        Assert.All(correlations, c => Assert.Equal(1, c, 5));
        Assert.True(Value("unit-match", x, y) < 0.4);
    }

    [Fact]
    public void DeconfoundingTakesAwayWhatTheInputsExplain()
    {
        // Both sides are the inputs and independent noise: alike without, and unlike with the confounder.
        FloatMatrix z = Samples.Gaussian(200, 4, 1), a = Samples.Gaussian(200, 30, 2, 0.5), b = Samples.Gaussian(200, 30, 3, 0.5);
        FloatMatrix x = Samples.Make(200, 34, (i, j) => j < 4 ? z[i, j] : a[i, j - 4]), y = Samples.Make(200, 34, (i, j) => j < 4 ? z[i, j] : b[i, j - 4]);
        Assert.True(Value("cka-debiased", x, y) > 0.5);
        Assert.InRange(Research.Comparisons.Get("cka-hsic=song-confounder=input").Compute(x, y, z), -0.05, 0.05);
        Assert.InRange(Research.Comparisons.Get("rsa-rdm=squared-euclidean-compare=pearson-confounder=input").Compute(x, y, z), -0.05, 0.05);
        Assert.True(Value("rsa-rdm=squared-euclidean-compare=pearson", x, y) > 0.3);
        Assert.True(double.IsNaN(Research.Comparisons.Get("dcka").Compute(z, x, z)));
        Assert.Contains("confounder", Assert.Throws<StrataException>(() => Value("dcka", x, y)).Message);
    }

    [Fact]
    public void SubspacesOfKnownAngle()
    {
        // Two planes in sample space that share one direction and enclose 30 degrees otherwise.
        const int n = 4000;
        Matrix<double> samples = Samples.ToMathNet(Samples.Gaussian(n, 3, 4));
        FloatMatrix basis = Samples.FromMathNet((samples - Matrix<double>.Build.Dense(n, 1, 1.0) * (samples.ColumnSums() / n).ToRowMatrix()).QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q * Math.Sqrt(n));
        FloatMatrix x = Samples.Make(n, 2, (i, j) => (2 - j) * basis[i, j]);
        FloatMatrix y = Samples.Make(n, 2, (i, j) => j == 0 ? 2 * basis[i, 0] : Math.Cos(Math.PI / 6) * basis[i, 1] + Math.Sin(Math.PI / 6) * basis[i, 2]);
        Assert.Equal(Math.PI / 6, Value("subspace-angle-dims=2-aggregate=max", x, y), 4);
        Assert.Equal(Math.PI / 12, Value("subspace-angle-dims=2", x, y), 4);
        Assert.Equal((1 + Math.Cos(Math.PI / 6)) / 2, Value("cca", x, y), 5);
        Assert.Equal((1 + 0.75) / 2, Value("cca-aggregate=mean-squared", x, y), 5);
    }

    [Fact]
    public void AMapIsJudgedOnRowsItDidNotSee()
    {
        FloatMatrix x = Samples.Gaussian(200, 10, 1);
        Matrix<double> map = Samples.ToMathNet(Samples.Gaussian(10, 6, 2));
        FloatMatrix y = Samples.FromMathNet((Samples.ToMathNet(x) * map).Add(3));
        Assert.Equal(1, Value("linear-map-lambda=1e-9", x, y), 5);
        FloatMatrix noise = Samples.Gaussian(30, 40, 3), other = Samples.Gaussian(30, 6, 4);
        Assert.True(Value("linear-map-lambda=1e-9-test=0", noise, other) > 0.99);
        Assert.True(Value("linear-map-lambda=1e-9", noise, other) < 0.2);
    }

    [Theory]
    [InlineData("cka")]
    [InlineData("cka-debiased")]
    [InlineData("cka-guard=0.5")]
    [InlineData("cka-hsic=song-guard=0.1")]
    [InlineData("procrustes")]
    [InlineData("procrustes-angular")]
    [InlineData("cca")]
    [InlineData("svcca-keep=0.9")]
    [InlineData("linear-map-test=0")]
    public void StreamsGiveWhatAllRowsGive(string name)
    {
        (FloatMatrix x, FloatMatrix y) = Related(90, 8, 6);
        ComparisonStream stream = new(name);
        foreach ((int start, int count) in new[] { (0, 1), (1, 40), (41, 49) })
            stream.Add(Samples.Of(Pooling.Mean, ("embed", [x.Slice(start, count)]), ("logits", [y.Slice(start, count)])));
        double[,] values = stream.Values();
        Assert.Equal(90, stream.Rows);
        Assert.Equal(Value(name, x, y), values[0, 1], 8);
        Assert.Equal(Value(name, y, x), values[1, 0], 8);
        Assert.Equal(Value(name, x, x), values[0, 0], 8);
        Assert.Contains("all rows", Assert.Throws<StrataException>(() => new ComparisonStream("rsa")).Message);
    }

    [Fact]
    public void AStreamedCaptureIsTheCaptureAndItsControlIsShuffled()
    {
        Model model = RandomNetwork.Model;
        TokenRows rows = RandomNetwork.Rows(150);
        CaptureRequest request = new() { Points = ["embed", "blocks.*.resid_post"], Pooling = Pooling.Mean, Announce = _ => { } };
        Activations all = model.Capture(rows, request);
        ComparisonMatrix whole = ComparisonMatrix.Compute(all, all, "cka-debiased"), streamed = ComparisonStream.Run(model, rows, request, "cka-debiased", rowsPerChunk: 40);
        Assert.Equal(whole.Points, streamed.Points);
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++) Assert.Equal(whole.Values[i, j], streamed.Values[i, j], 6);
        Assert.All(streamed.Shuffled!, value => Assert.InRange(value, -0.2, 0.2));
        Assert.Equal((whole.Provenance.DataHash, whole.Provenance.Settings["comparison"]), (streamed.Provenance.DataHash, streamed.Provenance.Settings["comparison"]));
        Assert.Contains(streamed.Notes, note => note.StartsWith("Control", StringComparison.Ordinal));
        Assert.Null(ComparisonStream.Run(model, rows.Take(8), request, "cka", new ComparisonOptions { Controls = false }).Shuffled);
    }

    [Fact]
    public void NamesSayEverything()
    {
        foreach (Comparison comparison in Research.Comparisons.All)
        {
            Assert.Equal(comparison.FullName, Research.Comparisons.Get(comparison.FullName).FullName);
            Assert.Same(comparison, Research.Comparisons.Get(comparison.Name));
        }

        Assert.Equal("svcca-keep=0.5-aggregate=mean", Research.Comparisons.Get("svcca-keep=0.5").Name);
        Assert.Equal("cka-kernel=rbf-bandwidth=median-sigma=1-hsic=song", Research.Comparisons.Get("cka-hsic=song-kernel=rbf").FullName);
        foreach (string wrong in new[] { "cka-kernel=rfb", "cka-hsik=song", "svcca-keep=2", "mutual-knn-k=0", "cka-hsic=song-hsic=song", "cka-batch=8-hsic=gretton", "svca-keep=0.9" })
            Assert.Throws<StrataException>(() => Research.Comparisons.Get(wrong));
        Assert.Contains("\"hsic\"", Assert.Throws<StrataException>(() => Research.Comparisons.Get("cka-hsik=song")).Message);
    }

    [Fact]
    public void ControlsTellTheShuffledAndTheRandom()
    {
        (FloatMatrix x, FloatMatrix y) = Related(120, 9, 9);
        Activations a = Samples.Of(Pooling.Mean, ("blocks.0.resid_post", [x]), ("blocks.1.resid_post", [y])), b = Samples.Of(Pooling.Mean, ("blocks.0.resid_post", [Samples.Moved(x, 3, 2, 1)]), ("blocks.1.resid_post", [y]));
        ComparisonMatrix matrix = ComparisonMatrix.Compute(a, b, "cka-debiased");
        Assert.All(matrix.Shuffled!, v => Assert.InRange(v, -0.1, 0.1));
        Assert.Contains(matrix.Notes, n => n.StartsWith("Control: "));
        Assert.Null(ComparisonMatrix.Compute(a, b, "cka-debiased", new ComparisonOptions { Controls = false }).Shuffled);

        Activations twin = new(Pooling.Mean, a.Points, a.Points.ToDictionary(p => p, a.Samples), new Provenance { Model = "random twin", Seed = 1 });
        Assert.Contains(ComparisonMatrix.Compute(twin, twin, "cka").Notes, n => n.Contains("random weights"));
        Assert.Contains(ComparisonMatrix.Compute(a, twin, "cka").Notes, n => n.StartsWith("The second capture is of a network with random weights"));

        ComparisonProfile profile = ComparisonProfile.Compute(a, b, "cka-debiased", new ComparisonOptions { Halves = 12 }, (a, twin));
        Assert.Equal(["point", "block", "cka-debiased", "low", "high", "shuffled pairing", "random weights"], profile.Table.Columns.Select(c => c.Name));
        Assert.Equal(1, profile.Table["cka-debiased"].Numbers[0], 5);
        Assert.InRange(profile.Table["low"].Numbers[1], 0.8, profile.Table["high"].Numbers[1]);
        Assert.Equal(1, profile.Table["random weights"].Numbers[1], 5);
    }

    [Fact]
    public void IndependentDataScoreTheBiasAndZero()
    {
        double biased = 0, debiased = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            FloatMatrix x = Samples.Gaussian(100, 60, seed), y = Samples.Gaussian(100, 40, 1000 + seed);
            biased += Value("cka", x, y) / 20;
            debiased += Value("cka-debiased", x, y) / 20;
        }

        Assert.InRange(biased, 0.9 * Math.Sqrt(60.0 * 40 / (160 * 140)), 1.1 * Math.Sqrt(60.0 * 40 / (160 * 140)));
        Assert.InRange(debiased, -0.03, 0.03);
    }

    [Fact]
    public void AConstantSideIsUndefined()
    {
        FloatMatrix x = Samples.Gaussian(300, 6, 1), constant = Samples.Make(300, 6, (_, j) => j + 0.1);
        foreach (Comparison comparison in Research.Comparisons.All.Where(c => c.Name is not "cosine"))
        {
            Assert.True(double.IsNaN(comparison.Compute(x, constant, x)), comparison.Name);
            Assert.True(double.IsNaN(comparison.Compute(constant, x, x)), comparison.Name);
        }
    }

    [Fact]
    public void WhatCannotBeComparedIsRefused()
    {
        FloatMatrix x = Samples.Gaussian(3, 4, 1);
        Assert.Contains("pooling", Assert.Throws<StrataException>(() => Value("cka", x, Samples.Gaussian(5, 4, 1))).Message);
        Assert.Contains("at least 4 rows", Assert.Throws<StrataException>(() => Value("cka-debiased", x, x)).Message);
        Assert.Contains("equal width", Assert.Throws<StrataException>(() => Value("cosine", x, Samples.Gaussian(3, 5, 1))).Message);
        Assert.Contains("NaN", Assert.Throws<StrataException>(() => Value("procrustes", x, Samples.Make(3, 4, (_, _) => double.NaN))).Message);
        Assert.Contains("\"cka\"", Assert.Throws<StrataException>(() => Research.Comparisons.Get("ckaa")).Message);
    }

    [Theory]
    [InlineData("cka")]
    [InlineData("cka-debiased")]
    [InlineData("cosine")]
    [InlineData("procrustes")]
    public void MatrixHoldsTheValueOfEveryPair(string name)
    {
        int width2 = name == "cosine" ? 9 : 13;
        Activations a = Samples.Of(Pooling.Mean, ("embed", [Samples.Gaussian(40, 9, 1)]), ("blocks.0.resid_post", [Samples.Gaussian(40, 9, 2)]), ("logits", [Samples.Gaussian(40, 9, 3)]));
        Activations b = Samples.Of(Pooling.Mean, ("embed", [Samples.Gaussian(40, width2, 4)]), ("logits", [Samples.Gaussian(40, width2, 5)]));
        ComparisonMatrix self = ComparisonMatrix.Compute(a, a, name), two = ComparisonMatrix.Compute(a, b, name);
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++) Assert.Equal(Value(name, a.Rows(a.Points[i]), a.Rows(a.Points[j])), self.Values[i, j], 9);
            for (int j = 0; j < 2; j++) Assert.Equal(Value(name, a.Rows(a.Points[i]), b.Rows(b.Points[j])), two.Values[i, j], 9);
        }

        Assert.Equal(["embed", "logits"], two.Points2);
        Assert.Equal(6, two.ToTable().Rows);
        Assert.Equal(two.Values[2, 1], two.ToTable()[name].Numbers[5]);
        Assert.Equal(Research.Comparisons.Get(name).FullName, two.Provenance.Settings["comparison"]);
        Assert.Null(self.Provenance2);
    }

    [Fact]
    public void MatrixNamesThePointsItCannotCompare()
    {
        Activations a = Samples.Of(Pooling.Mean, ("embed", [Samples.Gaussian(8, 3, 1)]));
        Activations b = Samples.Of(Pooling.Mean, ("embed", [Samples.Gaussian(8, 3, 1)]), ("logits", [Samples.Gaussian(7, 3, 1)]));
        Assert.Contains("\"logits\" of the second capture", Assert.Throws<StrataException>(() => ComparisonMatrix.Compute(a, b, "cka")).Message);
    }

    /// <summary>Two matrices that share a part of their variation.</summary>
    private static (FloatMatrix X, FloatMatrix Y) Related(int n, int d1, int d2, int seed = 7)
    {
        FloatMatrix x = Samples.Gaussian(n, d1, seed), noise = Samples.Gaussian(n, d2, seed + 1);
        return (Samples.Make(n, d1, (i, j) => x[i, j] + 1.5), Samples.Make(n, d2, (i, j) => x[i, j % d1] * (j + 1) + noise[i, j]));
    }

    private static Matrix<double> Gram(FloatMatrix m) => Samples.ToMathNet(m) * Samples.ToMathNet(m).Transpose();
}
