using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Strata.Tensors.Cpu;

namespace Strata.Tensors;

/// <summary>
/// The built-in engine: this process's memory and SIMD kernels in C#, over all cores. A row's result does not depend on the other rows of its batch, nor on
/// the number of threads. Ops may be called from several threads at once; each then works on its own thread.
/// </summary>
public unsafe partial class CpuEngine : TensorEngine
{
    private readonly CpuKernels _kernels;
    private readonly BufferPool _pool;

    /// <summary>An engine with the given use of the machine.</summary>
    /// <exception cref="ArgumentException">Fewer than one thread, an unknown vector width, or one that the hardware lacks.</exception>
    public CpuEngine(CpuEngineOptions? options = null)
    {
        options ??= new CpuEngineOptions();
        if (options.Threads < 1) throw new ArgumentException($"An engine needs at least 1 thread; {options.Threads} were asked for.");
        VectorWidth = options.VectorWidth == 0 ? WidestVector : options.VectorWidth;
        if (VectorWidth is not (128 or 256 or 512)) throw new ArgumentException($"Vector width is 128, 256 or 512; given {options.VectorWidth}.");
        if (VectorWidth > WidestVector) throw new ArgumentException($"Vector width {VectorWidth} was asked for; this processor offers up to {WidestVector}.");
        Threads = options.Threads;
        _kernels = CpuKernels.Of(VectorWidth, WorkerTeam.Of(Threads));
        _pool = new BufferPool(options.MaxIdleBytes);
    }

    /// <summary>The engine with the default options, shared by the process.</summary>
    public static CpuEngine Default => DefaultEngine.Value;

    private static readonly Lazy<CpuEngine> DefaultEngine = new(() => new CpuEngine());

    /// <summary>The widest vectors for which this processor has all that the kernels use.</summary>
    public static int WidestVector => Avx512F.IsSupported && Vector512.IsHardwareAccelerated ? 512 : Avx2.IsSupported && Fma.IsSupported ? 256 : 128;

    /// <summary>Threads that work on one operation.</summary>
    public int Threads { get; }

    /// <summary>Bits of a vector register.</summary>
    public int VectorWidth { get; }

    /// <inheritdoc/>
    public override string Name => $"cpu (Vector{VectorWidth}, {Threads} thread{(Threads == 1 ? "" : "s")})";

    /// <inheritdoc/>
    public override long PooledBytesInUse => _pool.InUse;

    /// <inheritdoc/>
    public override long PeakPooledBytes => _pool.Peak;

    /// <summary>Bytes that the pool keeps for reuse.</summary>
    public long IdlePooledBytes => _pool.Idle;

    /// <inheritdoc/>
    public override void ResetPeak() => _pool.ResetPeak();

    /// <inheritdoc/>
    protected internal override TensorStorage Allocate(int count, DType dtype, bool pooled)
    {
        long bytes = (long)count * dtype.Size();
        return pooled ? _pool.Take(bytes) : CpuStorage.Create(bytes);
    }

    /// <inheritdoc/>
    protected internal override void Return(TensorStorage storage) => _pool.Return((CpuStorage)storage);

    /// <inheritdoc/>
    public override Tensor FromMemory(nint address, Shape shape, DType dtype, object owner) => dtype == DType.Int8
        ? throw new ArgumentException("Numbers of 8 bits have scales, which a tensor does not hold; they are a format of linear maps only.")
        : new(this, shape, dtype, CpuStorage.Foreign(address, (long)shape.Count * dtype.Size(), owner));

    /// <inheritdoc/>
    public override void CopyToHost(Tensor tensor, Span<float> values)
    {
        RequireLength(tensor, values.Length);
        fixed (float* target = values) _kernels.Widen(Bytes(tensor), tensor.DType, target, values.Length);
        GC.KeepAlive(tensor);
    }

    /// <inheritdoc/>
    protected internal override void CopyFromHost(ReadOnlySpan<float> values, Tensor tensor)
    {
        RequireLength(tensor, values.Length);
        values.CopyTo(new Span<float>(Floats(tensor), values.Length));
        GC.KeepAlive(tensor);
    }

    /// <inheritdoc/>
    protected internal override ReadOnlySpan<float> View(Tensor tensor) => tensor.DType == DType.Float32
        ? ((CpuStorage)tensor.Storage).AsFloats(tensor.Shape.Count)
        : throw new InvalidOperationException($"A {tensor.DType} tensor has no float32 view; copy it with ToArray().");

    /// <inheritdoc/>
    protected internal override void CopyRows(Tensor source, int start, Tensor result, int resultStart, int rows)
    {
        int columns = source.Shape.Columns;
        _kernels.Widen(Bytes(source) + ((long)start * columns * source.DType.Size()), source.DType, Floats(result) + ((long)resultStart * columns), (long)rows * columns);
        GC.KeepAlive(source);
        GC.KeepAlive(result);
    }

    /// <summary>The engine's name.</summary>
    public override string ToString() => Name;

    private static byte* Bytes(Tensor tensor) => tensor.Storage is CpuStorage storage
        ? storage.Address
        : throw new ArgumentException($"The {tensor.Shape} tensor belongs to engine {tensor.Engine.Name}; copy it with FromHost(tensor.ToArray(), tensor.Shape).");

    private static float* Floats(Tensor tensor) => tensor.DType == DType.Float32
        ? (float*)Bytes(tensor)
        : throw new ArgumentException($"The {tensor.Shape} tensor is {tensor.DType}, which is for storage only; this operation takes float32.");

    private static RowsView RowsOf(Tensor tensor) => new((IntPtr)Floats(tensor), tensor.Shape.Rows, tensor.Shape.Columns);

    private static void RequireLength(Tensor tensor, int length)
    {
        if (length != tensor.Shape.Count) throw new ArgumentException($"Shape {tensor.Shape} holds {tensor.Shape.Count} numbers; a span of {length} was given.");
    }
}
