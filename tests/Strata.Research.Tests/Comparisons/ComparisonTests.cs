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

    [Theory]
    [InlineData("cka", 1.0)]
    [InlineData("cka-debiased", 1.0)]
    [InlineData("procrustes", 0.0)]
    public void DoNotChangeUnderRotationScaleAndShift(string name, double atIdentity)
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            int n = 5 + seed % 60, d = 3 + seed % 17;
            (FloatMatrix x, FloatMatrix y) = Related(n, d, 4 + seed % 9, seed);
            FloatMatrix moved = Samples.Moved(x, seed + 1, 2.5, -0.75);
            return Math.Abs(Value(name, x, moved) - atIdentity) < 1e-5 && Math.Abs(Value(name, x, y) - Value(name, moved, y)) < 1e-4 && Math.Abs(Value(name, x, y) - Value(name, y, x)) < 1e-9;
        }));
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

    [Theory]
    [InlineData("cka")]
    [InlineData("cka-debiased")]
    [InlineData("procrustes")]
    public void AConstantSideIsUndefined(string name) => Assert.True(double.IsNaN(Value(name, Samples.Gaussian(9, 4, 1), Samples.Make(9, 6, (_, j) => j + 0.1))));

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
