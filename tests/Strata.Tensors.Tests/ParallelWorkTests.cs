using System.Collections.Concurrent;

namespace Strata.Tensors.Tests;

public class ParallelWorkTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public void EveryPieceRunsOnce(int count)
    {
        int[] runs = new int[count];
        ParallelWork.For(count, default, i => Interlocked.Increment(ref runs[i]));
        Assert.All(runs, n => Assert.Equal(1, n));
    }

    [Fact]
    public void LoopsWithinLoopsOfManyCallersEnd()
    {
        long sum = 0;
        Thread[] callers = [.. Enumerable.Range(0, 6).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < 200; round++) ParallelWork.For(5, default, _ => ParallelWork.For(7, default, j => Interlocked.Add(ref sum, j)));
        }))];
        foreach (Thread caller in callers) caller.Start();
        foreach (Thread caller in callers) Assert.True(caller.Join(TimeSpan.FromMinutes(1)));
        Assert.Equal(6 * 200 * 5 * 21, sum);
    }

    [Fact]
    public void NoMorePiecesRunAtATimeThanThereAreCores()
    {
        int inside = 0, most = 0;
        ParallelWork.For(200, default, _ =>
        {
            int now = Interlocked.Increment(ref inside);
            for (int seen = most; now > seen; seen = most) Interlocked.CompareExchange(ref most, now, seen);
            Thread.Sleep(1);
            Interlocked.Decrement(ref inside);
        });
        Assert.InRange(most, 1, Environment.ProcessorCount);
    }

    [Fact]
    public void FirstFailureComesOutWhenNothingRunsAnyMore()
    {
        int inside = 0, begun = 0;
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => ParallelWork.For(100, default, i =>
        {
            Interlocked.Increment(ref inside);
            Interlocked.Increment(ref begun);
            Thread.Sleep(5);
            Interlocked.Decrement(ref inside);
            if (i == 3) throw new InvalidOperationException("piece 3");
        }));
        Assert.Equal("piece 3", failure.Message);
        Assert.Equal(0, inside);
        Assert.InRange(begun, 4, 4 + Environment.ProcessorCount);
    }

    [Fact]
    public void CancellationStopsBetweenPieces()
    {
        using CancellationTokenSource source = new();
        int begun = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => ParallelWork.For(1000, source.Token, i =>
        {
            Interlocked.Increment(ref begun);
            if (i == 2) source.Cancel();
            Thread.Sleep(1);
        }));
        Assert.InRange(begun, 3, 3 + (4 * Environment.ProcessorCount));
    }

    [Fact]
    public void AnInterruptedCallerWaitsForPiecesThatRun()
    {
        if (Environment.ProcessorCount == 1) return;
        using ManualResetEventSlim helping = new(), finish = new();
        bool ended = false, endedBefore = false;
        Exception? seen = null;
        Thread? caller = null;
        caller = new Thread(() =>
        {
            try
            {
                ParallelWork.For(2, default, _ =>
                {
                    if (Thread.CurrentThread == caller)
                    {
                        helping.Wait();
                        return;
                    }

                    helping.Set();
                    finish.Wait();
                    ended = true;
                });
            }
            catch (ThreadInterruptedException e)
            {
                (seen, endedBefore) = (e, ended);
            }
        });
        caller.Start();
        helping.Wait();
        while (!caller.ThreadState.HasFlag(ThreadState.WaitSleepJoin)) Thread.Sleep(1);
        Thread.Sleep(20);
        caller.Interrupt();
        Assert.False(caller.Join(50));
        finish.Set();
        Assert.True(caller.Join(TimeSpan.FromMinutes(1)));
        Assert.NotNull(seen);
        Assert.True(endedBefore);
    }

    [Fact]
    public void PiecesRunInTheCallersContext()
    {
        AsyncLocal<string> local = new() { Value = "caller" };
        ConcurrentBag<string?> seen = [];
        ParallelWork.For(50, default, _ =>
        {
            seen.Add(local.Value);
            Thread.Sleep(1);
        });
        Assert.Equal(50, seen.Count);
        Assert.All(seen, value => Assert.Equal("caller", value));
    }

    /// <summary>A piece that waits for asynchronous work is not waited for by that work's continuation.</summary>
    [Fact]
    public void PiecesMayWaitForAsynchronousWork()
    {
        int done = 0;
        ParallelWork.For(3 * Environment.ProcessorCount, default, _ => Later().GetAwaiter().GetResult());
        Assert.Equal(3 * Environment.ProcessorCount, done);

        async Task Later()
        {
            await Task.Delay(5);
            Interlocked.Increment(ref done);
        }
    }
}
