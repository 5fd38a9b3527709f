using System.Diagnostics;
using Strata.Jupyter.Session;

namespace Strata.Jupyter.Tests.Session;

/// <summary>Whatever a cell does when it is interrupted, it ends soon, nothing of it goes on, and the session keeps its state.</summary>
[Collection(SessionTests.Name)]
public sealed class InterruptTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1.5), Margin = TimeSpan.FromSeconds(10);

    private readonly CSharpSession _session = new() { Grace = Grace };
    private readonly RecordingHost _host;

    public InterruptTests() => _host = new RecordingHost(_session);

    [Theory]
    [InlineData("while (true) { ticks++; }")]
    [InlineData("while (true) ticks++;")]
    [InlineData("do ticks++; while (true);")]
    [InlineData("for (;;) ticks++;")]
    [InlineData("foreach (int i in Enumerable.Repeat(1, int.MaxValue)) foreach (int j in Enumerable.Repeat(1, int.MaxValue)) ticks++;")]
    [InlineData("foreach (var (a, b) in Enumerable.Repeat((1, 2), int.MaxValue)) for (int i = 0; i < 1000000; i++) ticks++;")]
    [InlineData("void Round() { again: ticks++; goto again; } Round();")]
    [InlineData("switch (1) { case 1: ticks++; goto case 2; case 2: goto case 1; }")]
    [InlineData("IEnumerable<int> Ones() { while (true) yield return 1; } foreach (int one in Ones()) ticks++;")]
    [InlineData("async IAsyncEnumerable<int> Ones() { while (true) { await Task.Yield(); yield return 1; } } await foreach (int one in Ones()) ticks++;")]
    [InlineData("while (true) { try { ticks++; } catch (Exception) { } }")]
    [InlineData("while (true) { try { while (true) ticks++; } catch (Exception) { } }")]
    [InlineData("while (true) { try { while (true) ticks++; } finally { } }")]
    [InlineData("int Count(Func<int, bool> f) => Enumerable.InfiniteSequence(0, 1).Count(f); Count(i => (ticks = i) < 0)")]
    [InlineData("bool Negative(int v) => (ticks += v) < 0; while (!Negative(1)) ;")]
    [InlineData("Parallel.For(0, int.MaxValue, i => { while (true) ticks++; });")]
    [InlineData("await Task.WhenAll(Task.Run(() => { while (true) ticks++; }), Task.Run(async () => { while (true) { await Task.Delay(1); ticks++; } }));")]
    [InlineData("await Task.Delay(1); while (true) ticks++;")]
    [InlineData("await Task.Delay(1).ConfigureAwait(false); while (true) ticks++;")]
    [InlineData("var thread = new System.Threading.Thread(() => { while (true) ticks++; }); thread.Start(); thread.Join();")]
    public async Task CodeThatRunsIsStopped(string code)
    {
        await _session.ExecuteAsync("long ticks = 0; int kept = 11;", _host);
        CellError error = await InterruptedAsync(code);
        Assert.Equal("The cell was interrupted.", error.Message);
        Assert.True((long)(await ValueOf("ticks"))! > 0);
        // Threads of the code stop at their next check, which comes when the machine lets them run.
        Assert.Equal(true, await ValueOf("long seen = -1; for (int i = 0; i < 100 && seen != ticks; i++) { seen = ticks; await Task.Delay(100); } seen == ticks"));
        Assert.Equal(11, await ValueOf("kept"));
    }

    [Theory]
    [InlineData("System.Threading.Thread.Sleep(600000);")]
    [InlineData("await Task.Delay(1); System.Threading.Thread.Sleep(600000);")]
    [InlineData("var gate = new object(); lock (gate) System.Threading.Monitor.Wait(gate);")]
    [InlineData("new System.Threading.ManualResetEventSlim().Wait();")]
    [InlineData("new System.Threading.SemaphoreSlim(0).Wait();")]
    [InlineData("Task.Delay(600000).Wait();")]
    [InlineData("async Task<int> Never() { await Task.Delay(600000); return 1; } int v = Never().Result;")]
    [InlineData("var never = Task.Run(() => System.Threading.Thread.Sleep(60000)); never.GetAwaiter().GetResult();")]
    [InlineData("while (true) { try { System.Threading.Thread.Sleep(600000); } catch (Exception) { } }")]
    [InlineData("await Task.Delay(600000);")]
    [InlineData("await new TaskCompletionSource().Task;")]
    [InlineData("async Task Inner() { await Task.Delay(600000); } async Task Outer() { await Inner(); } await Outer();")]
    public async Task CodeThatWaitsIsWoken(string code)
    {
        CellError error = await InterruptedAsync(code);
        Assert.Equal("The cell was interrupted.", error.Message);
    }

    [Fact]
    public async Task ALambdaOfAnEarlierCellStopsWithTheCellThatCallsIt()
    {
        await _session.ExecuteAsync("int rounds = 0; Action spin = () => { while (true) rounds++; }; int Forever() { while (true) rounds++; }", _host);
        await InterruptedAsync("spin();");
        await InterruptedAsync("Forever()");
        await InterruptedAsync("spin();");
    }

    [Fact]
    public async Task WorkThatAnEarlierCellStartedGoesOn()
    {
        await _session.ExecuteAsync("bool stop = false; long beats = 0; Task work = Task.Run(() => { while (!System.Threading.Volatile.Read(ref stop)) beats++; });", _host);
        await InterruptedAsync("while (true) { }");
        Assert.Equal(true, await ValueOf("long before = beats; await Task.Delay(50); beats > before"));
        Assert.Equal(true, await ValueOf("stop = true; await work; work.IsCompletedSuccessfully"));
    }

    [Fact]
    public async Task WhatCannotBeStoppedIsLeftBehindAndStopsAtItsNextCheck()
    {
        const string Explodes = "while (true) { left++; try { System.Text.RegularExpressions.Regex.IsMatch(new string('a', 60), \"^(a+)+b$\", default, TimeSpan.FromSeconds(4)); } catch (Exception) { } }";
        await _session.ExecuteAsync("int left = 0;", _host);
        CellError error = await InterruptedAsync(Explodes);
        Assert.Contains("was left behind", error.Message);
        Assert.Equal(true, await ValueOf("await Task.Delay(4500); int at = left; await Task.Delay(50); at <= 2"));
    }

    [Fact]
    public async Task ACallbackOfTheTokenThatBlocksHoldsNothingUp() =>
        await InterruptedAsync("cancellation.Register(() => System.Threading.Thread.Sleep(60000)); while (true) { }");

    [Fact]
    public async Task CompilingIsStopped()
    {
        // Overloads that call each other's lambdas take the compiler time that doubles with each of them: minutes here, also where all of the compiler is compiled already.
        string code = "static class Deep { public static int F(Func<int, int> f) => 1; public static string F(Func<string, string> f) => \"\"; }\n"
            + "object o = " + string.Concat(Enumerable.Range(0, 22).Select(i => $"Deep.F(a{i} => ")) + "a0" + new string(')', 22) + ";";
        await InterruptedAsync(code, _ => true);
    }

    [Fact]
    public async Task AnInterruptWhileResultsBecomeVariablesLosesNone()
    {
        CSharpSession session = new() { Grace = TimeSpan.FromMilliseconds(1) };
        for (int i = 0; i < 40; i++)
        {
            // Left behind at another moment each time: before, while and after the declaration is compiled.
            session.Declare($"made{i}", i);
            using CancellationTokenSource interrupt = new();
            interrupt.CancelAfter(i * 2);
            await session.ExecuteAsync("while (true) { }", new RecordingHost(session, interrupt.Token));
            Assert.Equal(i, (await session.ExecuteAsync($"made{i}", new RecordingHost(session))).Value);
        }
    }

    [Fact]
    public async Task TheValueOfACellMayHangToo()
    {
        using CancellationTokenSource interrupt = new();
        RecordingHost host = new(_session, interrupt.Token);
        Task<CellError?> showing = _session.RunAsync(() => Task.Run(() => Thread.Sleep(Timeout.Infinite)), host, "cell", "");
        interrupt.CancelAfter(100);
        Assert.Equal("Interrupted", (await showing.WaitAsync(Grace + Margin))?.Name);
    }

    [Fact]
    public async Task EndlessRecursionIsAnError()
    {
        await _session.ExecuteAsync("int kept = 3;", _host);
        foreach (string code in new[]
        {
            "int Down(int n) => Down(n + 1) + 1; Down(0)",
            "Func<int, int> f = null; f = n => f(n + 1) + 1; f(0)",
            "class Node { public Node Next => new Node().Next.Next; } new Node().Next",
            "class Twice { public Twice(int n) { new Twice(n + 1); } } new Twice(0)",
            "await Task.Delay(1); async Task<int> Down2(int n) { return await Down2(n + 1) + 1; } await Down2(0)",
        })
        {
            CellError error = (await _session.ExecuteAsync(code, _host, "cell 9")).Error!;
            Assert.Equal("System.InsufficientExecutionStackException", error.Name);
            Assert.StartsWith("The calls are nested too deeply", error.Message);
            Assert.InRange(error.Traceback.Count, 2, 20);
        }

        Assert.Equal(3, await ValueOf("kept"));
    }

    [Fact]
    public async Task ExceptionsThatNobodyCatchesAreToldAndTheProcessLives()
    {
        await _session.ExecuteAsync("var t = new System.Threading.Thread(() => throw new Exception(\"on a thread\")); t.Start(); t.Join();", _host);
        await _session.ExecuteAsync("async void Fire() { await Task.Yield(); throw new Exception(\"of async void\"); } Fire(); await Task.Delay(100);", _host);
        await _session.ExecuteAsync("async void Fire2() { await Task.Yield(); throw new Exception(\"in the pool\"); } Fire2(); System.Threading.Thread.Sleep(300);", _host);
        foreach (string what in new[] { "on a thread", "of async void", "in the pool" })
            Assert.Contains(_host.Log, line => line.StartsWith("Error Nobody caught this", StringComparison.Ordinal) && line.Contains(what));
        Assert.Equal(2, await ValueOf("1 + 1"));
    }

    [Fact]
    public async Task AwaitingOnTheCellsThreadDoesNotDeadlock()
    {
        Assert.Equal(6, await ValueOf("async Task<int> Six() { await Task.Delay(20); return 6; } Six().Result"));
        Assert.Equal(6, await ValueOf("await Task.Delay(1); Six().Result"));
        Assert.Equal(12, await ValueOf("(await Task.WhenAll(Six(), Six())).Sum()"));
    }

    private Task<CellError> InterruptedAsync(string code) => InterruptedAsync("Console.WriteLine(\"begun\"); " + code, host => host.Log.Count > 0);

    private async Task<CellError> InterruptedAsync(string code, Func<RecordingHost, bool> hasBegun)
    {
        using CancellationTokenSource interrupt = new();
        RecordingHost host = new(_session, interrupt.Token);
        Task<CellResult> running = _session.ExecuteAsync(code, host);
        while (!running.IsCompleted && !hasBegun(host)) await Task.Delay(10);
        await Task.Delay(100);
        Assert.False(running.IsCompleted, running.IsCompleted ? string.Join('\n', (await running).Error?.Traceback ?? ["done"]) : "");
        Stopwatch time = Stopwatch.StartNew();
        _ = Task.Run(interrupt.Cancel);
        CellError? error = (await running).Error;
        Assert.True(time.Elapsed < Grace + Margin, $"{time.Elapsed.TotalSeconds} s");
        Assert.True(error?.Name == "Interrupted", $"{error?.Name} instead of an interrupt: {string.Join('\n', error?.Traceback ?? [])}");
        return error!;
    }

    private async Task<object?> ValueOf(string code)
    {
        CellResult result = await _session.ExecuteAsync(code, _host);
        Assert.True(result.Error is null, result.Error is null ? "" : string.Join('\n', result.Error.Traceback));
        return result.Value;
    }
}
