using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Strata.Tensors.Cpu;

/// <summary>A share of an operation that any thread may do: a plain struct of pointers and sizes.</summary>
internal interface IWork
{
    /// <summary>Does item <paramref name="index"/>.</summary>
    void Run(int index);
}

/// <summary>
/// Threads that wait for numbered work items. Each begins with a stretch of its own, the same share of every operation, so that it finds in its caches the rows that it wrote before; then it helps the others. Items are
/// claimed one by one, so a thread that the system delays holds nobody up for longer than an item. Teams are shared by all engines of one thread count and live as long as the process.
/// </summary>
internal sealed unsafe class WorkerTeam
{
    // 50 µs: long enough to bridge the gap between two operations of a forward pass, short enough not to burn a core when nothing happens.
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

    private static readonly ConcurrentDictionary<int, WorkerTeam> Teams = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly int _helpers;
    private delegate*<void*, int, void> _body;
    private void* _work;
    private readonly Stretch[] _stretches;
    private int _busy;
    private int _open;
    private int _inside;
    private int _asleep;
    private Exception? _failure;

    private WorkerTeam(int threads)
    {
        _helpers = threads - 1;
        _stretches = new Stretch[threads];
        for (int i = 1; i <= _helpers; i++)
        {
            int own = i;
            new Thread(() => Serve(own), 256 << 10) { IsBackground = true, Name = $"Strata worker {i} of {_helpers}" }.UnsafeStart();
        }
    }

    /// <summary>The team of a thread count.</summary>
    public static WorkerTeam Of(int threads) => Teams.GetOrAdd(threads, static n => new WorkerTeam(n));

    /// <summary>Threads that work on one operation, the caller's included.</summary>
    public int Threads => _helpers + 1;

    /// <summary>Does items 0 .. <paramref name="count"/>; returns when all are done. A caller that finds the team busy works alone.</summary>
    public void Run<TWork>(int count, TWork work) where TWork : unmanaged, IWork
    {
        if (count <= 1 || _helpers == 0 || Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            for (int i = 0; i < count; i++) work.Run(i);
            return;
        }

        try
        {
            RunTogether(count, &Invoke<TWork>, &work);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private static void Invoke<TWork>(void* work, int index) where TWork : unmanaged, IWork => ((TWork*)work)->Run(index);

    private void RunTogether(int count, delegate*<void*, int, void> body, void* work)
    {
        _body = body;
        _work = work;
        _failure = null;
        for (int t = 0; t < Threads; t++)
        {
            _stretches[t].Next = (int)((long)count * t / Threads);
            _stretches[t].End = (int)((long)count * (t + 1) / Threads);
        }

        Interlocked.Exchange(ref _open, 1);
        try
        {
            int sleepers = Math.Min(Volatile.Read(ref _asleep), count - 1);
            if (sleepers > 0) _wake.Release(sleepers);
            Claim(0);
        }
        finally
        {
            // Also where the caller was interrupted: the work lies on its stack. Closed first, counted second; a helper counts itself first and looks second: so none is missed and none comes late.
            Interlocked.Exchange(ref _open, 0);
            SpinWait spin = default;
            while (Volatile.Read(ref _inside) != 0) spin.SpinOnce(sleep1Threshold: -1);
        }

        if (_failure is { } failure) throw new InvalidOperationException("A work item of a tensor operation failed: " + failure.Message, failure);
    }

    private void Claim(int own)
    {
        try
        {
            for (int t = 0; t < Threads; t++)
            {
                ref Stretch stretch = ref _stretches[(own + t) % Threads];
                for (int i = stretch.Claim(); i < stretch.End; i = stretch.Claim()) _body(_work, i);
            }
        }
        catch (Exception e)
        {
            _failure = e;
            foreach (ref Stretch stretch in _stretches.AsSpan()) Interlocked.Exchange(ref stretch.Next, stretch.End);
        }
    }

    private bool AnyLeft()
    {
        foreach (ref Stretch stretch in _stretches.AsSpan()) if (Volatile.Read(ref stretch.Next) < stretch.End) return true;
        return false;
    }

    private void Serve(int own)
    {
        while (true)
        {
            AwaitOpenJob();
            Interlocked.Increment(ref _inside);
            if (Volatile.Read(ref _open) == 1) Claim(own);
            Interlocked.Decrement(ref _inside);
        }
    }

    private void AwaitOpenJob()
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            if (Volatile.Read(ref _open) == 1 && AnyLeft()) return;
            Thread.SpinWait(5);
        }
        while (Stopwatch.GetTimestamp() - start < SpinTicks);

        // Counted as asleep before the last look, so that a job that opens in between releases the semaphore.
        Interlocked.Increment(ref _asleep);
        if (Volatile.Read(ref _open) == 0 || !AnyLeft()) _wake.Wait();
        Interlocked.Decrement(ref _asleep);
    }

    /// <summary>Items of one thread, on a cache line of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stretch
    {
        [FieldOffset(0)]
        public int Next;

        [FieldOffset(4)]
        public int End;

        /// <summary>The next item; past the end when none is left.</summary>
        public int Claim() => Volatile.Read(ref Next) < End ? Interlocked.Increment(ref Next) - 1 : End;
    }
}
