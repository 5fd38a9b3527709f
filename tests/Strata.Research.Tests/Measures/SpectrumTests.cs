using FsCheck;
using FsCheck.Fluent;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

public class SpectrumTests
{
    private static double Value(string name, FloatMatrix rows, MeasureForm? form = null) =>
        Research.Measures.Get(name).Compute(Samples.Pooled(rows), Samples.Point, new MeasureOptions { Form = form ?? MeasureForm.Textbook }).Value;

    [Theory]
    [InlineData(5, 40)]
    [InlineData(60, 17)]
    [InlineData(150, 131)]
    [InlineData(700, 64)]
    public void AgreeWithSingularValues(int rows, int columns)
    {
        FloatMatrix x = Samples.Make(rows, columns, (i, j) => Math.Sin(i * 7.1 + j * j * 0.3) * Math.Exp(-j * 0.05) + 0.2);
        double[] sigma = Samples.ToMathNet(x).Svd(false).S.ToArray();
        double[] p = sigma.Select(s => s / sigma.Sum()).ToArray();
        Assert.Equal(Math.Exp(-p.Where(v => v > 0).Sum(v => v * Math.Log(v))), Value("effective-rank", x), 4e-5);
        Assert.Equal(Math.Exp(-p.Sum(v => (v + 1e-7) * Math.Log(v + 1e-7))), Value("effective-rank", x, MeasureForm.Reference), 4e-5);
        Assert.Equal(sigma.Sum(s => s * s) / (sigma[0] * sigma[0]), Value("stable-rank", x), 8);

        var centred = Samples.ToMathNet(x);
        var mean = centred.ColumnSums() / rows;
        for (int i = 0; i < rows; i++) centred.SetRow(i, centred.Row(i) - mean);
        double[] lambda = centred.Svd(false).S.Select(s => s * s).ToArray();
        Assert.Equal(lambda.Sum() * lambda.Sum() / lambda.Sum(l => l * l), Value("participation-ratio", x), 8);
    }

    [Fact]
    public void OrthonormalRowsHaveFullRank()
    {
        FloatMatrix identity = Samples.Make(9, 9, (i, j) => i == j ? 3 : 0);
        Assert.Equal(9, Value("effective-rank", identity), 9);
        Assert.Equal(9, Value("stable-rank", identity), 9);
        Assert.Equal(8, Value("participation-ratio", identity), 5);
    }

    [Fact]
    public void OneDirectionHasRankOne()
    {
        FloatMatrix line = Samples.Make(30, 12, (i, j) => (i + 1) * (j - 3));
        Assert.Equal(1, Value("effective-rank", line), 6);
        Assert.Equal(1, Value("stable-rank", line), 9);
        Assert.Equal(1, Value("participation-ratio", line), 9);
    }

    [Fact]
    public void DoNotChangeUnderRotationAndScale()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            FloatMatrix x = Samples.Gaussian(4 + seed % 30, 3 + seed % 13, seed);
            FloatMatrix moved = Samples.Moved(x, seed + 1, 0.3, 0);
            return new[] { "effective-rank", "participation-ratio", "stable-rank" }.All(name => Math.Abs(Value(name, x) - Value(name, moved)) < 1e-3);
        }));
    }

    [Theory]
    [InlineData("effective-rank")]
    [InlineData("stable-rank")]
    [InlineData("participation-ratio")]
    public void AllZeroRowsAreUndefinedNotNumbers(string name)
    {
        MeasureValue value = Research.Measures.Get(name).Compute(Samples.Pooled(Samples.Make(5, 4, (_, _) => 0)), Samples.Point);
        Assert.True(double.IsNaN(value.Value));
        Assert.Equal((0, 5), (value.Count, value.LeftOut));
        Assert.NotNull(value.LeftOutReason);
    }
}
