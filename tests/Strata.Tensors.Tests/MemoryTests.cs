using System.Runtime.CompilerServices;

namespace Strata.Tensors.Tests;

public class MemoryTests
{
    [Fact]
    public void A_scope_returns_what_it_took_and_the_next_one_reuses_it()
    {
        CpuEngine engine = new();
        using (TensorScope scope = engine.OpenScope())
        {
            scope.Empty(1000, 10);
            scope.Empty(500, 10);
            Assert.InRange(engine.PooledBytesInUse, 60_000, 75_000);
        }

        long idle = engine.IdlePooledBytes;
        Assert.Equal(0, engine.PooledBytesInUse);
        Assert.Equal(0, engine.OpenScopes);
        using (TensorScope scope = engine.OpenScope())
        {
            scope.Empty(1000, 10);
            scope.Empty(500, 10);
            Assert.Equal(0, engine.IdlePooledBytes);
        }

        Assert.Equal(idle, engine.IdlePooledBytes);
    }

    [Fact]
    public void The_peak_is_the_most_that_was_in_use_at_once()
    {
        CpuEngine engine = new();
        using TensorScope scope = engine.OpenScope();
        Tensor first = scope.Empty(1024);
        scope.Release(first);
        scope.Release(scope.Empty(1024));
        Assert.Equal(4096, engine.PeakPooledBytes);
        scope.Empty(1024);
        scope.Empty(1024);
        Assert.Equal(8192, engine.PeakPooledBytes);
        scope.Dispose();
        engine.ResetPeak();
        Assert.Equal(0, engine.PeakPooledBytes);
    }

    [Fact]
    public void A_buffer_is_at_most_a_quarter_larger_than_asked_and_aligned()
    {
        CpuEngine engine = new();
        for (int count = 256; count < 2_000_000; count = (count * 9 / 8) + 3)
        {
            using TensorScope scope = engine.OpenScope();
            scope.Empty(count);
            Assert.InRange(engine.PooledBytesInUse, 4L * count, 5L * count);
        }
    }

    [Fact]
    public void The_pool_keeps_no_more_than_it_may()
    {
        CpuEngine engine = new(new CpuEngineOptions { MaxIdleBytes = 10_000 });
        using (TensorScope scope = engine.OpenScope())
        {
            for (int i = 0; i < 5; i++) scope.Empty(1024);
        }

        Assert.Equal(8192, engine.IdlePooledBytes);
        Assert.Equal(0, engine.PooledBytesInUse);
    }

    [Fact]
    public void Every_tensor_is_aligned_for_the_widest_register()
    {
        using TensorScope scope = CpuEngine.Default.OpenScope();
        foreach (int n in new[] { 0, 1, 3, 1000 })
        {
            foreach (Tensor tensor in new[] { scope.Empty(n), scope.Keep(scope.FromHost(new float[n], n)) })
            {
                unsafe
                {
                    fixed (float* address = tensor.Span) Assert.Equal(0, (long)address % 64);
                }
            }
        }
    }

    [Fact]
    public void A_tensor_dies_with_its_scope_unless_kept()
    {
        Tensor dead, kept;
        using (TensorScope scope = CpuEngine.Default.OpenScope())
        {
            dead = scope.FromHost([1f, 2f], 2);
            kept = scope.Keep(dead);
        }

        Assert.Throws<ObjectDisposedException>(() => dead.ToArray());
        Assert.Equal([1f, 2f], kept.ToArray());
    }

    [Fact]
    public void A_moved_tensor_lives_as_long_as_the_outer_scope()
    {
        CpuEngine engine = new();
        using TensorScope outer = engine.OpenScope();
        Tensor moved;
        using (TensorScope inner = engine.OpenScope()) moved = inner.MoveTo(outer, inner.FromHost([3f], 1));
        Assert.Equal([3f], moved.ToArray());
        outer.Dispose();
        Assert.Equal(0, engine.PooledBytesInUse);
        Assert.Throws<ObjectDisposedException>(() => moved.ToArray());
    }

    [Fact]
    public void A_scope_that_nobody_disposed_is_counted_as_a_leak()
    {
        CpuEngine engine = new();
        Forget(engine);
        for (int i = 0; i < 20 && engine.LeakedScopes == 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(1, engine.LeakedScopes);
        Assert.Equal(1, engine.OpenScopes);
        using (engine.OpenScope()) { }
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(1, engine.LeakedScopes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(CpuEngine engine) => engine.OpenScope().Empty(10);

    [Fact]
    public void A_span_over_own_memory_keeps_it_alive()
    {
        ReadOnlySpan<float> span = CpuEngine.Default.FromHost(Numbers.Random(100_000, 1), new Shape(100_000)).Span;
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.AllocateArray<float>(100_000, pinned: true).AsSpan().Fill(7f);
        }

        Numbers.AssertSameBits(Numbers.Random(100_000, 1), span);
    }

    [Fact]
    public void Foreign_memory_is_used_in_place_and_its_owner_kept_alive()
    {
        CpuEngine engine = CpuEngine.Default;
        (Tensor tensor, WeakReference owner) = OverForeignMemory(engine);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.True(owner.IsAlive);
        float[] array = (float[])owner.Target!;
        array[1] = 9f;
        Assert.Equal([1f, 9f, 3f], tensor.ToArray());
        GC.KeepAlive(tensor);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Tensor, WeakReference) OverForeignMemory(CpuEngine engine)
    {
        float[] array = GC.AllocateArray<float>(3, pinned: true);
        (array[0], array[1], array[2]) = (1f, 2f, 3f);
        nint address = System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        return (engine.FromMemory(address, new Shape(3), DType.Float32, array), new WeakReference(array));
    }

    [Fact]
    public void Storage_formats_have_no_float32_view_and_do_not_compute()
    {
        CpuEngine engine = CpuEngine.Default;
        byte[] bytes = GC.AllocateArray<byte>(8, pinned: true);
        Tensor half = engine.FromMemory(System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0), new Shape(4), DType.Float16, bytes);
        Assert.Throws<InvalidOperationException>(() => half.Span.Length);
        using TensorScope scope = engine.OpenScope();
        Assert.Throws<ArgumentException>(() => scope.Activate(half, Activation.Relu));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new CpuEngine(new CpuEngineOptions { Threads = 0 }));
        Assert.Throws<ArgumentException>(() => new CpuEngine(new CpuEngineOptions { VectorWidth = 100 }));
    }

    [Fact]
    public void Scopes_on_many_threads_compute_what_one_computes()
    {
        CpuEngine engine = new(new CpuEngineOptions { Threads = 3 });
        Tensor x = engine.RandomTensor(1, 64, 200);
        LinearWeight weight = engine.PrepareLinear(engine.RandomTensor(2, 300, 200), WeightOrientation.OutputsByInputs, 0, 300, null, DType.Float32);
        float[] expected = Compute();
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Numbers.AssertSameBits(expected, Compute()));
        Assert.Equal(0, engine.PooledBytesInUse);
        Assert.Equal(0, engine.OpenScopes);

        float[] Compute()
        {
            using TensorScope scope = engine.OpenScope();
            return scope.Activate(scope.Linear(x, weight), Activation.GeluTanh).ToArray();
        }
    }
}
