namespace Strata.Tensors;

/// <summary>The memory behind a tensor, as one engine holds it.</summary>
public abstract class TensorStorage
{
    /// <summary>Bytes held.</summary>
    public abstract long Bytes { get; }
}
