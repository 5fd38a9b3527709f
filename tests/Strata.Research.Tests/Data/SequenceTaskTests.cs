using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Data;

public class SequenceTaskTests
{
    /// <summary>Removes matching neighbours until nothing changes: what is left of a balanced string is nothing.</summary>
    private static bool Balanced(string brackets)
    {
        string before;
        do
        {
            before = brackets;
            brackets = brackets.Replace("()", "").Replace("[]", "").Replace("{}", "").Replace("<>", "");
        }
        while (brackets != before);
        return brackets.Length == 0;
    }

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(2, 3, 24)]
    [InlineData(4, 100, 60)]
    public void BracketsBalanceWithinTheirDepth(int kinds, int maxDepth, int length)
    {
        ToyTask task = Brackets.Create(kinds, maxDepth, length, 200, 5);
        for (int row = 0; row < task.Data.Count; row++)
        {
            string text = task.Data[row].Text!.Replace(" ", "");
            Assert.Equal(length, text.Length);
            Assert.True(Balanced(text), text);
            int[] depth = text.Select((_, t) => text[..(t + 1)].Sum(c => "([{<".Contains(c) ? 1 : -1)).ToArray();
            Assert.Equal([0, .. depth], task.Labels["depth"][row]);
            Assert.InRange(depth.Max(), 1, maxDepth);
            Assert.All(task.Labels["valid"][row], v => Assert.Equal(1, v));
            Assert.Equal([.. Enumerable.Repeat(-1, length), 1], task.Labels["balanced"][row]);

            // The innermost open bracket is the last that is left when matched pairs are removed.
            for (int t = 0; t <= length; t++)
            {
                string open = text[..t];
                for (int pass = 0; pass < length; pass++) open = open.Replace("()", "").Replace("[]", "").Replace("{}", "").Replace("<>", "");
                Assert.Equal(open.Length == 0 ? -1 : "([{<".IndexOf(open[^1]), task.Labels["top"][row][t]);
            }
        }

        if (kinds == 2) Assert.Contains(task.Labels["depth"], depth => depth.Max() == maxDepth);
    }

    /// <summary>Shapes of length 8 and depth at most 3: 13 of the 14 balanced ones, each as likely as the others.</summary>
    [Fact]
    public void BracketShapesAreEquallyLikely()
    {
        Dictionary<string, int> counts = [];
        foreach (DataRow row in Brackets.Create(1, 3, 8, 13_000, 2).Data.Rows) counts[row.Text!] = counts.GetValueOrDefault(row.Text!) + 1;
        Assert.Equal(13, counts.Count);
        Assert.InRange(counts.Values.Sum(n => (n - 1000.0) * (n - 1000.0) / 1000), 1.5, 40); // 12 degrees of freedom
    }

    [Fact]
    public void CorruptedBracketsNeverBalance()
    {
        ToyTask task = Brackets.Create(3, 5, 20, 500, 6, 1);
        for (int row = 0; row < task.Data.Count; row++)
        {
            string text = task.Data[row].Text!.Replace(" ", "");
            Assert.False(Balanced(text), text);
            Assert.Equal(0, task.Labels["balanced"][row][^1]);
            int[] valid = task.Labels["valid"][row];
            int broken = Array.IndexOf(valid, 0);
            Assert.True(broken < 0 || valid[broken..].All(v => v == 0));
            Assert.Equal(valid.Select(v => v == 0), task.Labels["depth"][row].Select(d => d < 0));
        }

        int half = Brackets.Create(3, 5, 20, 1000, 6, 0.5).Labels["balanced"].Count(v => v[^1] == 0);
        Assert.InRange(half, 420, 580);
    }

    [Fact]
    public void LongBracketsKeepTheirBounds()
    {
        ToyTask task = Brackets.Create(5, 2048, Brackets.MaxLength, 3, 1);
        Assert.All(task.Labels["balanced"], v => Assert.Equal(1, v[^1]));
        Assert.Equal(["(", ")", "[", "]", "{", "}", "<", ">", "(4", ")4", "<pad>", "<start>"], task.Vocabulary);
    }

    [Fact]
    public void BracketsRefuseBadNumbers()
    {
        Assert.Throws<StrataException>(() => Brackets.Create(0, 1, 2, 1, 1));
        Assert.Throws<StrataException>(() => Brackets.Create(1, 0, 2, 1, 1));
        Assert.Throws<StrataException>(() => Brackets.Create(1, 1, 3, 1, 1));
        Assert.Throws<StrataException>(() => Brackets.Create(1, 1, 0, 1, 1));
        Assert.Throws<StrataException>(() => Brackets.Create(1, 1, 2, 0, 1));
        Assert.Throws<StrataException>(() => Brackets.Create(1, 1, 2, 1, 1, double.NaN));
    }

    [Theory]
    [InlineData(8, 16)]
    [InlineData(500, 40)]
    public void HalvesRepeatAndTheAnswerIsFoundByLookingBack(int vocabulary, int length)
    {
        ToyTask task = Induction.RepeatedHalf(vocabulary, length, 100, 4);
        int half = length / 2;
        for (int row = 0; row < task.Data.Count; row++)
        {
            int[] tokens = task.Data[row].Tokens!;
            Assert.Equal(length + 1, tokens.Length);
            Assert.Equal(tokens[1..(half + 1)], tokens[(half + 1)..]);
            Assert.Equal(half, tokens[1..].Distinct().Count());
            int[] answer = task.Labels["answer"][row];
            for (int t = 0; t < tokens.Length; t++)
            {
                bool predictable = t > half && t < length;
                Assert.Equal(predictable ? tokens[t + 1] : -1, answer[t]);
                Assert.Equal(predictable ? t - half + 1 : -1, task.Labels["source"][row][t]);
            }
        }
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(100, 30)]
    public void PairRepeatsAtTheEnd(int vocabulary, int length)
    {
        ToyTask task = Induction.RepeatedPair(vocabulary, length, 200, 4);
        for (int row = 0; row < task.Data.Count; row++)
        {
            int[] tokens = task.Data[row].Tokens!;
            Assert.Equal(length - 2, tokens[1..].Distinct().Count());
            int first = Array.IndexOf(tokens, tokens[length - 1]);
            Assert.True(first < length - 1 && tokens[first + 1] == tokens[length]);
            Assert.Equal([.. Enumerable.Repeat(-1, length - 1), tokens[length], -1], task.Labels["answer"][row]);
            Assert.Equal(first + 1, task.Labels["source"][row][length - 1]);
        }
    }

    [Fact]
    public void InductionRefusesBadNumbers()
    {
        Assert.Throws<StrataException>(() => Induction.RepeatedHalf(7, 16, 1, 1));
        Assert.Throws<StrataException>(() => Induction.RepeatedHalf(100, 15, 1, 1));
        Assert.Throws<StrataException>(() => Induction.RepeatedHalf(100, 16, 0, 1));
        Assert.Throws<StrataException>(() => Induction.RepeatedPair(13, 16, 1, 1));
        Assert.Throws<StrataException>(() => Induction.RepeatedPair(100, 3, 1, 1));
    }
}
