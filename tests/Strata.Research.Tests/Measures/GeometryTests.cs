using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

public class GeometryTests
{
    private static readonly MeasureOptions Reference = new() { Form = MeasureForm.Reference };

    private static MeasureValue Value(string name, Activations activations, MeasureOptions? options = null) =>
        Research.Measures.Get(name).Compute(activations, Samples.Point, options);

    [Fact]
    public void AStraightLineDoesNotCurve() =>
        Assert.Equal(0, Value("curvature", Samples.Tokens(Samples.Make(20, 6, (i, j) => i * (j - 2) + j))).Value, 6);

    [Theory]
    [InlineData(6)]
    [InlineData(25)]
    public void APolygonTurnsByItsOuterAngle(int n)
    {
        FloatMatrix polygon = Samples.Make(n, 4, (i, j) => j == 0 ? Math.Cos(2 * Math.PI * i / n) : j == 1 ? Math.Sin(2 * Math.PI * i / n) : 7);
        Assert.Equal(2 * Math.PI / n, Value("curvature", Samples.Tokens(polygon)).Value, 5);
    }

    [Fact]
    public void ReferenceCurvatureIsTheAngleBetweenCentredStates()
    {
        // States on a circle about their mean, 60 degrees apart.
        FloatMatrix hexagon = Samples.Make(6, 2, (i, j) => (j == 0 ? Math.Cos(Math.PI * i / 3) : Math.Sin(Math.PI * i / 3)) + 5);
        Assert.Equal(Math.PI / 3, Value("curvature", Samples.Tokens(hexagon), Reference).Value, 5);
        Assert.Equal(2 * Math.PI / 3, Value("curvature", Samples.Tokens(hexagon), Reference with { CurvatureStep = 2 }).Value, 5);
    }

    [Fact]
    public void CurvatureCountsPromptsItCannotMeasure()
    {
        FloatMatrix standing = Samples.Make(4, 3, (i, j) => i < 2 ? 1 : i + j);
        MeasureValue value = Value("curvature", Samples.Tokens(Samples.Gaussian(2, 3, 1), standing, Samples.Gaussian(8, 3, 2)));
        Assert.Equal((1, 2), (value.Count, value.LeftOut));
        Assert.Contains("fewer than 3 tokens", value.LeftOutReason);
        Assert.Contains("neighbouring tokens are equal", value.LeftOutReason);
    }

    [Fact]
    public void AnisotropyIsTheMeanOverPairsOfDifferentSequences()
    {
        FloatMatrix[] prompts = [Samples.Gaussian(3, 4, 1), Samples.Gaussian(5, 4, 2), Samples.Gaussian(2, 4, 3)];
        List<double> cosines = [];
        for (int a = 0; a < prompts.Length; a++)
        {
            for (int b = 0; b < prompts.Length; b++)
            {
                if (a == b) continue;
                var x = Samples.ToMathNet(prompts[a]).NormalizeRows(2);
                var y = Samples.ToMathNet(prompts[b]).NormalizeRows(2);
                cosines.AddRange((x * y.Transpose()).Enumerate());
            }
        }

        Assert.Equal(cosines.Average(), Value("anisotropy", Samples.Tokens(prompts)).Value, 9);
        double sampled = Value("anisotropy", Samples.Tokens(prompts), Reference with { Pairs = 200_000 }).Value;
        Assert.InRange(sampled, cosines.Average() - 0.01, cosines.Average() + 0.01);
    }

    [Fact]
    public void AnisotropySamplesRepeatForASeed()
    {
        Activations pooled = Samples.Pooled(Samples.Gaussian(40, 6, 9));
        MeasureOptions kept = Reference with { PerSample = true };
        Assert.Equal(1000, Value("anisotropy", pooled, kept).PerSample.Count);
        Assert.Equal(Value("anisotropy", pooled, kept).PerSample, Value("anisotropy", pooled, kept).PerSample);
        Assert.NotEqual(Value("anisotropy", pooled, Reference).Value, Value("anisotropy", pooled, Reference with { Seed = 1 }).Value);
    }

    [Fact]
    public void AnisotropyOfOneSequenceIsUndefined() =>
        Assert.Contains("fewer than 2 sequences", Value("anisotropy", Samples.Tokens(Samples.Gaussian(5, 4, 1))).LeftOutReason);

    [Fact]
    public void NormIsTheMeanLength()
    {
        MeasureValue value = Value("norm", Samples.Tokens(Samples.Make(1, 2, (_, j) => 3 + j), Samples.Make(1, 2, (_, j) => j == 0 ? 0 : 7)), new MeasureOptions { PerSample = true });
        Assert.Equal(6, value.Value, 12);
        Assert.Equal(1, value.Spread, 12);
        Assert.Equal([5.0, 7.0], value.PerSample);
    }

    [Fact]
    public void BlockInfluenceIgnoresPositiveScaleAndSeesTurns()
    {
        FloatMatrix x = Samples.Gaussian(12, 8, 1);
        FloatMatrix longer = Samples.Make(12, 8, (i, j) => 4 * x[i, j]), opposite = Samples.Make(12, 8, (i, j) => -x[i, j]);
        FloatMatrix orthogonal = Samples.Make(12, 8, (i, j) => j % 2 == 0 ? -x[i, j + 1] : x[i, j - 1]);
        Assert.Equal(0, Influence(x, longer).Value, 9);
        Assert.Equal(2, Influence(x, opposite).Value, 9);
        Assert.Equal(1, Influence(x, orthogonal).Value, 6);
    }

    [Fact]
    public void BlockInfluenceOfZeroStatesIsLeftOutOrHalf()
    {
        FloatMatrix x = Samples.Make(2, 3, (i, _) => i), y = Samples.Make(2, 3, (_, _) => 1);
        Assert.Equal((1, 1), (Influence(x, y).Count, Influence(x, y).LeftOut));
        Assert.Equal(0.25, Influence(x, y, Reference).Value, 9);
    }

    private static MeasureValue Influence(FloatMatrix pre, FloatMatrix post, MeasureOptions? options = null) =>
        Value("block-influence", Samples.Of(Pooling.None, ("blocks.0.resid_pre", [pre]), (Samples.Point, [post])), options);

    [Fact]
    public void BlockInfluenceRefusesWithoutTheStreamBefore()
    {
        StrataException e = Assert.Throws<StrataException>(() => Value("block-influence", Samples.Tokens(Samples.Gaussian(3, 3, 1))));
        Assert.Contains("blocks.0.resid_pre", e.Message);
    }

    [Theory]
    [InlineData(1, 3, 0.2)]
    [InlineData(2, 10, 0.3)]
    [InlineData(5, 20, 0.7)]
    public void TwoNNFindsTheDimensionOfACube(int dimension, int width, double tolerance)
    {
        Random random = new(3);
        FloatMatrix cube = Samples.Make(2000, width, (_, j) => j < dimension ? random.NextDouble() : 0);
        FloatMatrix turned = Samples.Moved(cube, 5, 3, 1);
        Assert.InRange(Value("two-nn", Samples.Pooled(turned)).Value, dimension - tolerance, dimension + tolerance);
        Assert.InRange(Value("two-nn", Samples.Pooled(turned), Reference).Value, dimension - tolerance, dimension + tolerance);
    }

    [Fact]
    public void TwoNNAgreesWithADirectComputation()
    {
        FloatMatrix x = Samples.Gaussian(50, 4, 8);
        double[] mu = Enumerable.Range(0, 50).Select(i =>
        {
            double[] d = Enumerable.Range(0, 50).Where(j => j != i).Select(j => Math.Sqrt(Enumerable.Range(0, 4).Sum(k => Math.Pow(x[i, k] - x[j, k], 2)))).Order().ToArray();
            return d[1] / d[0];
        }).Order().ToArray();
        double xy = 0, xx = 0;
        for (int i = 1; i <= 45; i++)
        {
            double l = Math.Log(mu[i - 1]);
            xy += l * -Math.Log(1 - i / 50.0);
            xx += l * l;
        }

        Assert.Equal(xy / xx, Value("two-nn", Samples.Pooled(x)).Value, 3);
    }

    [Fact]
    public void TwoNNLeavesDuplicatesOutAndSaysSo()
    {
        FloatMatrix x = Samples.Gaussian(300, 5, 4);
        FloatMatrix twice = x.Select(Enumerable.Range(0, 300).Concat(Enumerable.Range(0, 40)).ToArray());
        MeasureValue value = Value("two-nn", Samples.Pooled(twice));
        Assert.Equal(Value("two-nn", Samples.Pooled(x)).Value, value.Value);
        Assert.Equal((300, 40), (value.Count, value.LeftOut));
        Assert.Contains("40 x equal to an earlier row", value.LeftOutReason);

        // The reference drops both copies, and every row whose two nearest neighbours are the copies of one row.
        Assert.InRange(Value("two-nn", Samples.Pooled(twice), Reference).LeftOut, 80, 200);
        MeasureValue fewer = Value("two-nn", Samples.Pooled(x), new MeasureOptions { MaxRows = 100 });
        Assert.Equal((100, 200), (fewer.Count, fewer.LeftOut));
    }

    [Fact]
    public void TwoNNOfOnePointRepeatedIsUndefined() =>
        Assert.True(double.IsNaN(Value("two-nn", Samples.Pooled(Samples.Make(50, 3, (_, _) => 1))).Value));
}
