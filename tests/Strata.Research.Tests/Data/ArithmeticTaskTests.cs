using System.Numerics;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Data;

public class ArithmeticTaskTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(113)]
    public void ModularAdditionHasEveryPairOnceAndTheRightSum(int p)
    {
        (ToyTask train, ToyTask test) = ModularAddition.Create(p, 0.5, 3);
        Assert.Equal((int)Math.Round(p * p * 0.5, MidpointRounding.ToEven), train.Data.Count);
        HashSet<(int, int)> pairs = [];
        foreach (ToyTask part in new[] { train, test })
            for (int row = 0; row < part.Data.Count; row++)
            {
                int[] t = part.Data[row].Tokens!;
                Assert.Equal(5, t.Length);
                Assert.True(t[0] < p && t[2] < p && part.Vocabulary[t[1]] == "+" && part.Vocabulary[t[3]] == "=");
                Assert.Equal(0, (t[0] + t[2] - t[4]) % p);
                Assert.InRange(t[4], 0, p - 1);
                Assert.Equal([-1, -1, -1, t[4], -1], part.Labels["answer"][row]);
                int wraps = (t[0] + t[2] - t[4]) / p;
                Assert.Equal([-1, -1, wraps, wraps, -1], part.Labels["wraps"][row]);
                Assert.True(pairs.Add((t[0], t[2])));
            }

        Assert.Equal(p * p, pairs.Count);
    }

    [Fact]
    public void ModularAdditionRefusesBadModuli()
    {
        foreach (int p in new[] { -1, 0, 1, 2001, int.MaxValue }) Assert.Throws<StrataException>(() => ModularAddition.Create(p, 0.5, 1));
        Assert.Throws<StrataException>(() => ModularAddition.Create(7, 0, 1));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(25, true)]
    public void DigitAdditionIsExactAndItsCarriesAreThoseOfTheNumbers(int digits, bool reversed)
    {
        ToyTask task = DigitAddition.Create(digits, 300, 9, reversed);
        for (int row = 0; row < task.Data.Count; row++)
        {
            string[] sides = task.Data[row].Text!.Replace(" ", "").Split('+', '=');
            string answer = reversed ? string.Concat(sides[2].Reverse()) : sides[2];
            Assert.Equal((digits, digits, digits + 1), (sides[0].Length, sides[1].Length, answer.Length));
            (BigInteger a, BigInteger b) = (BigInteger.Parse(sides[0]), BigInteger.Parse(sides[1]));
            Assert.Equal(a + b, BigInteger.Parse(answer));

            int[] tokens = task.Data[row].Tokens!;
            int equal = Array.IndexOf(tokens, 11);
            for (int t = 0; t < tokens.Length; t++)
            {
                int index = t - equal;
                if (index < 0 || index > digits)
                {
                    Assert.All(new[] { "answer", "place", "carry_in", "carry_out" }, label => Assert.Equal(-1, task.Labels[label][row][t]));
                    continue;
                }

                int place = reversed ? index : digits - index;
                BigInteger Carry(int into) => (a % BigInteger.Pow(10, into) + b % BigInteger.Pow(10, into)) / BigInteger.Pow(10, into);
                Assert.Equal(tokens[t + 1], task.Labels["answer"][row][t]);
                Assert.Equal(place, task.Labels["place"][row][t]);
                Assert.Equal(Carry(place), task.Labels["carry_in"][row][t]);
                Assert.Equal(Carry(place + 1), task.Labels["carry_out"][row][t]);
            }
        }
    }

    [Fact]
    public void DigitAdditionRefusesBadNumbers()
    {
        Assert.Throws<StrataException>(() => DigitAddition.Create(0, 1, 1));
        Assert.Throws<StrataException>(() => DigitAddition.Create(1001, 1, 1));
        Assert.Throws<StrataException>(() => DigitAddition.Create(1, 0, 1));
    }
}
