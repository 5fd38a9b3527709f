using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

public class StitchingTests
{
    private static readonly Model Small = Model.Random(LlamaFamily.Spec(blocks: 3, width: 16, heads: 2, keyValueHeads: 2, mlpWidth: 24, vocabulary: 31, positions: 32) with { InitializerRange = 0.3f }, 1);
    private static readonly Model Wide = Model.Random(Gpt2Family.Spec(blocks: 4, width: 24, heads: 4, vocabulary: 31, positions: 32) with { InitializerRange = 0.3f }, 2);

    [Fact]
    public void ANetworkStitchedToItselfIsItself()
    {
        Stitching self = Stitching.Run(Small, Small, Rows(1, 12), Rows(2, 4), lambda: 1e-10);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(self.First.Loss, self.Loss[i, i], 3);
            Assert.Equal(1, self.R2[i, i], 6);
        }

        // A stream that comes from elsewhere cannot be the same.
        Assert.True(self.R2[0, 2] < 0.999);
    }

    [Fact]
    public void NetworksOfDifferentWidthAndDepthAreStitched()
    {
        Stitching two = Stitching.Run(Small, Wide, Rows(1, 12), Rows(2, 4));
        Assert.Equal((3, 4), (two.Loss.GetLength(0), two.Loss.GetLength(1)));
        Assert.Equal(12, two.ToTable().Rows);
        Assert.All(two.Top1.Cast<double>(), v => Assert.InRange(v, 0, 1));
        Assert.All(two.Loss.Cast<double>(), v => Assert.True(double.IsFinite(v)));
        Assert.Equal(Evaluation.Run(Wide, Rows(2, 4)).Loss, two.Second.Loss);
    }

    [Fact]
    public void AMapIsTheRidgeSolution()
    {
        FloatMatrix x = Samples.Gaussian(50, 4, 1), noise = Samples.Gaussian(50, 2, 2);
        FloatMatrix y = Samples.Make(50, 2, (i, j) => 3 + 2 * x[i, j] - x[i, 3] + 0.1 * noise[i, j]);
        AffineMap map = AffineMap.Fit(x, y, 0.2);
        var xs = Samples.ToMathNet(x);
        var centred = xs.MapIndexed((i, j, v) => v - xs.Column(j).Average());
        var ys = Samples.ToMathNet(y);
        var yc = ys.MapIndexed((i, j, v) => v - ys.Column(j).Average());
        double penalty = 0.2 * centred.FrobeniusNorm() * centred.FrobeniusNorm() / 4;
        var expected = (centred.TransposeThisAndMultiply(centred) + penalty * MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseIdentity(4)).Solve(centred.TransposeThisAndMultiply(yc));
        for (int j = 0; j < 4; j++)
        {
            for (int o = 0; o < 2; o++) Assert.Equal(expected[j, o], map[o, j], 9);
        }

        Assert.Equal(ys.Column(0).Average(), Samples.ToMathNet(map.Apply(x)).Column(0).Average(), 5);
        Assert.Throws<StrataException>(() => AffineMap.Fit(x, y.Slice(0, 9)));
        Assert.Throws<StrataException>(() => AffineMap.Fit(x, y, 0));
        Assert.Throws<StrataException>(() => map.Apply(y));
    }

    private static TokenRows Rows(int seed, int count)
    {
        Random random = new(seed);
        return new TokenRows("random", Enumerable.Range(0, count).Select(i => Enumerable.Range(0, 9 + i % 5).Select(_ => random.Next(31)).ToArray()).ToArray());
    }
}
