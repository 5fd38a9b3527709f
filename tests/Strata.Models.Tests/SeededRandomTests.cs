using Xunit;

namespace Strata.Models.Tests;

public class SeededRandomTests
{
    /// <summary>Computed by an implementation in another language, written from the algorithm's definition.</summary>
    [Theory]
    [InlineData(0, new ulong[] { 11091344671253066420, 13793997310169335082, 1900383378846508768, 7684712102626143532 })]
    [InlineData(1234567, new ulong[] { 3504822795582309479, 1819558768956484042, 1250851346055027673, 16940231675099994102 })]
    [InlineData(-1, new ulong[] { 10328197420357168392, 14156678507024973869, 9357971779955476126 })]
    public void SequenceIsThatOfTheDefinition(long seed, ulong[] expected)
    {
        SeededRandom random = new(seed);
        Assert.Equal(expected, expected.Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void WholeNumbersAreUniform()
    {
        SeededRandom random = new(5);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++) counts[random.NextInt(7)]++;
        double chiSquared = counts.Sum(n => (n - 10_000.0) * (n - 10_000.0) / 10_000);
        Assert.InRange(chiSquared, 0.3, 27.9); // 6 degrees of freedom: 99.98 % of all seeds
        Assert.Equal(0, random.NextInt(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0));
    }

    [Fact]
    public void RealAndNormalNumbersHaveTheirMoments()
    {
        SeededRandom random = new(6);
        double[] uniform = Enumerable.Range(0, 100_000).Select(_ => random.NextDouble()).ToArray();
        double[] normal = Enumerable.Range(0, 100_000).Select(_ => random.NextGaussian()).ToArray();
        Assert.All(uniform, x => Assert.InRange(x, 0, Math.BitDecrement(1.0)));
        Assert.Equal(0.5, uniform.Average(), 0.005);
        Assert.Equal(1 / 12.0, uniform.Average(x => (x - 0.5) * (x - 0.5)), 0.002);
        Assert.Equal(0, normal.Average(), 0.016);
        Assert.Equal(1, normal.Average(x => x * x), 0.023);
        Assert.Equal(3, normal.Average(x => x * x * x * x), 0.16);
    }

    [Fact]
    public void PermutationsAreEquallyLikely()
    {
        SeededRandom random = new(8);
        Dictionary<string, int> counts = [];
        for (int i = 0; i < 24_000; i++)
        {
            string order = string.Join(' ', random.Permutation(4));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(24, counts.Count);
        Assert.InRange(counts.Values.Sum(n => (n - 1000.0) * (n - 1000.0) / 1000), 6, 60); // 23 degrees of freedom
    }
}
