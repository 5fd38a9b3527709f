namespace Strata.Tensors;

/// <summary>
/// A handle on numbers that an engine holds: shape, number format, engine. Immutable by convention: an operation makes a new tensor.
/// Tensors that a <see cref="TensorScope"/> makes return their memory when the scope ends, unless <see cref="TensorScope.Keep"/> took them out;
/// all others are plain objects that the garbage collector looks after.
/// </summary>
public sealed class Tensor
{
    private TensorStorage? _storage;

    /// <summary>A tensor over an engine's memory. For authors of engines.</summary>
    public Tensor(TensorEngine engine, Shape shape, DType dtype, TensorStorage storage)
    {
        Engine = engine;
        Shape = shape;
        DType = dtype;
        _storage = storage;
    }

    /// <summary>The engine that holds the numbers and computes with them.</summary>
    public TensorEngine Engine { get; }

    /// <summary>Axis lengths.</summary>
    public Shape Shape { get; }

    /// <summary>Number format in memory.</summary>
    public DType DType { get; }

    /// <summary>The memory behind this tensor.</summary>
    /// <exception cref="ObjectDisposedException">The scope that made the tensor has ended.</exception>
    public TensorStorage Storage => _storage ?? throw new ObjectDisposedException(nameof(Tensor),
        $"The scope that made this {Shape} tensor has ended. Take a result out of a scope with scope.Keep(tensor).");

    /// <summary>The numbers, row-major, where they lie: without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not float32 or not in this process's memory; use <see cref="ToArray"/>.</exception>
    public ReadOnlySpan<float> Span => Engine.View(this);

    /// <summary>A copy of the numbers, widened to float32, row-major.</summary>
    public float[] ToArray()
    {
        float[] values = GC.AllocateUninitializedArray<float>(Shape.Count);
        Engine.CopyToHost(this, values);
        return values;
    }

    /// <summary>Shape, format and engine.</summary>
    public override string ToString() => $"{DType} {Shape} on {Engine.Name}";

    /// <summary>Detaches the memory at the end of a scope.</summary>
    internal TensorStorage Detach()
    {
        TensorStorage storage = Storage;
        _storage = null;
        return storage;
    }
}
