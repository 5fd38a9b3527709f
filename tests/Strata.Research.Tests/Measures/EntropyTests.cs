using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

public class EntropyTests
{
    private static readonly Measure Prompt = Research.Measures.Get("prompt-entropy");
    private static readonly Measure DataSet = Research.Measures.Get("dataset-entropy");
    private static readonly MeasureOptions Reference = new() { Form = MeasureForm.Reference };

    [Theory]
    [InlineData(2, 5)]
    [InlineData(7, 16)]
    [InlineData(12, 12)]
    public void OrthonormalTokensLoseOneDirectionToCentring(int n, int width)
    {
        Activations tokens = Samples.Tokens(Samples.Make(n, width, (i, j) => i == j ? 1 : 0));
        Assert.Equal(Math.Log(n - 1), Prompt.Compute(tokens, Samples.Point).Value, 10);
        Assert.Equal(Math.Log(n), Prompt.Compute(tokens, Samples.Point, Reference).Value, 10);
    }

    [Theory]
    [InlineData("textbook", 1.0, 9, 20)]
    [InlineData("textbook", 2.0, 9, 20)]
    [InlineData("textbook", 1.0, 40, 6)]
    [InlineData("textbook", 0.5, 40, 6)]
    [InlineData("reference", 1.0, 9, 20)]
    [InlineData("reference", 1.0, 40, 6)]
    public void AgreesWithADirectComputation(string form, double alpha, int n, int width)
    {
        FloatMatrix x = Samples.Gaussian(n, width, 3);
        double value = Prompt.Compute(Samples.Tokens(x), Samples.Point, new MeasureOptions { Form = MeasureForm.Parse(form), Alpha = alpha }).Value;
        Assert.Equal(NaiveEntropy(Samples.ToMathNet(x), alpha, form == "reference"), value, 9);
    }

    [Fact]
    public void TokenGramAndFeatureGramAgreeInTheTextbookFormOnly()
    {
        // The same 8 tokens: 8 x 5 uses the feature Gram matrix, padded to 8 x 30 the token one.
        FloatMatrix narrow = Samples.Gaussian(8, 5, 4);
        FloatMatrix wide = Samples.Make(8, 30, (i, j) => j < 5 ? narrow[i, j] : 0);
        double a = Prompt.Compute(Samples.Tokens(narrow), Samples.Point).Value, b = Prompt.Compute(Samples.Tokens(wide), Samples.Point).Value;
        Assert.Equal(a, b, 10);
        double c = Prompt.Compute(Samples.Tokens(narrow), Samples.Point, Reference).Value, d = Prompt.Compute(Samples.Tokens(wide), Samples.Point, Reference).Value;
        Assert.True(Math.Abs(c - d) > 1e-3);
    }

    [Fact]
    public void DoesNotChangeUnderRotationScaleShiftAndOrder()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(25), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            FloatMatrix x = Samples.Gaussian(3 + seed % 15, 3 + seed % 11, seed);
            FloatMatrix moved = Samples.Moved(x, seed + 1, 2.5, -1.25);
            int[] order = Enumerable.Range(0, x.Rows).ToArray();
            new Random(seed).Shuffle(order);
            double before = Prompt.Compute(Samples.Tokens(x), Samples.Point).Value;
            return Math.Abs(before - Prompt.Compute(Samples.Tokens(moved.Select(order)), Samples.Point).Value) < 1e-4;
        }));
    }

    [Fact]
    public void NormalisationsDivideByTheirLogarithm()
    {
        Activations tokens = Samples.Tokens(Samples.Gaussian(6, 10, 5));
        double raw = Prompt.Compute(tokens, Samples.Point).Value;
        double With(EntropyNormalization n) => Prompt.Compute(tokens, Samples.Point, new MeasureOptions { Normalization = n }).Value;
        Assert.Equal(raw / Math.Log(6), With(EntropyNormalization.LogN), 12);
        Assert.Equal(raw / Math.Log(10), With(EntropyNormalization.LogD), 12);
        Assert.Equal(raw / Math.Log(6), With(EntropyNormalization.Max), 12);
    }

    [Fact]
    public void PromptsWithoutAValueAreLeftOutAndCounted()
    {
        FloatMatrix withMean = Samples.Make(3, 2, (i, j) => j == 0 ? i : 0);
        FloatMatrix notFinite = Samples.Make(3, 2, (i, j) => i == 1 ? double.NaN : i + j);
        FloatMatrix good = Samples.Gaussian(5, 8, 6);
        MeasureValue value = Prompt.Compute(Samples.Tokens(Samples.Gaussian(1, 8, 7), good, withMean, notFinite), Samples.Point);
        Assert.Equal((1, 3), (value.Count, value.LeftOut));
        Assert.Equal(Prompt.Compute(Samples.Tokens(good), Samples.Point).Value, value.Value);
        Assert.Contains("fewer than 2 tokens", value.LeftOutReason);
        Assert.Contains("equals the mean", value.LeftOutReason);
        Assert.Contains("NaN or infinity", value.LeftOutReason);

        MeasureValue none = Prompt.Compute(Samples.Tokens(Samples.Gaussian(1, 8, 7)), Samples.Point);
        Assert.True(double.IsNaN(none.Value));
        Assert.Equal(0, none.Count);
    }

    [Fact]
    public void DataSetEntropyOfPooledRowsIsThatOfOnePrompt()
    {
        FloatMatrix rows = Samples.Gaussian(14, 6, 8);
        Assert.Equal(Prompt.Compute(Samples.Tokens(rows), Samples.Point).Value, DataSet.Compute(Samples.Pooled(rows), Samples.Point).Value, 12);
    }

    [Theory]
    [InlineData("textbook")]
    [InlineData("reference")]
    public void DataSetEntropyOfTokensUsesMeansOfCentredUnitTokens(string form)
    {
        FloatMatrix[] prompts = Enumerable.Range(0, 9).Select(i => Samples.Gaussian(3 + i, 5, 20 + i)).ToArray();
        Matrix<double> means = Matrix<double>.Build.DenseOfRowVectors(prompts.Select(p =>
        {
            Matrix<double> unit = NaiveUnit(Samples.ToMathNet(p));
            return unit.ColumnSums() / unit.RowCount;
        }));
        MeasureValue value = DataSet.Compute(Samples.Tokens([.. prompts, Samples.Gaussian(1, 5, 1)]), Samples.Point, new MeasureOptions { Form = MeasureForm.Parse(form) });
        Assert.Equal(NaiveGramEntropy(means, 1, form == "reference"), value.Value, 9);
        Assert.Equal((9, 1), (value.Count, value.LeftOut));
    }

    private static double NaiveEntropy(Matrix<double> x, double alpha, bool clamp) => NaiveGramEntropy(NaiveUnit(x), alpha, clamp);

    private static Matrix<double> NaiveUnit(Matrix<double> x)
    {
        Vector<double> mean = x.ColumnSums() / x.RowCount;
        return Matrix<double>.Build.DenseOfRowVectors(x.EnumerateRows().Select(r => (r - mean).Normalize(2)));
    }

    private static double NaiveGramEntropy(Matrix<double> z, double alpha, bool clamp)
    {
        Matrix<double> gram = z.RowCount <= z.ColumnCount ? z * z.Transpose() : z.Transpose() * z;
        if (clamp) gram = gram.PointwiseMaximum(0);
        double[] positive = gram.Evd(Symmetricity.Symmetric).EigenValues.Select(e => e.Real).Where(e => e > 1e-12).ToArray();
        double[] p = positive.Select(e => e / positive.Sum()).ToArray();
        return alpha == 1 ? -p.Sum(v => v * Math.Log(v)) : Math.Log(p.Sum(v => Math.Pow(v, alpha))) / (1 - alpha);
    }
}
