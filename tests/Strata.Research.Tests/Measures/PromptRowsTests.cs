namespace Strata.Research.Tests;

using Strata.Tensors;
using Xunit;

public class PromptRowsTests
{
    /// <summary>Statistics that measures share are fed while prompts are mapped: a prompt that seems not to be finite for a moment would be left out of one of them.</summary>
    [Fact]
    public void ThreadsThatAskAtOnceGetTheSameAnswers()
    {
        const int prompts = 200_000;
        FloatMatrix rows = new([1, 2, 3, 4], 1, 4);
        PromptRows[] asked = [.. Enumerable.Range(0, prompts).Select(i => new PromptRows(rows, i, false, 0))];
        int[] notFinite = new int[2];
        using Barrier start = new(2);
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(t => new Thread(() =>
        {
            start.SignalAndWait();
            foreach (PromptRows prompt in asked) if (!prompt.IsFinite) notFinite[t]++;
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.Equal([0, 0], notFinite);
    }
}
