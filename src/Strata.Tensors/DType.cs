namespace Strata.Tensors;

/// <summary>The number format in which a tensor is stored. Computation is always in float32.</summary>
public enum DType
{
    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE 754 half precision, 2 bytes: storage only.</summary>
    Float16,

    /// <summary>bfloat16, the upper half of a float32, 2 bytes: storage only.</summary>
    BFloat16,

    /// <summary>
    /// Whole numbers from −127 to 127, 1 byte, with one float32 scale per output: storage of linear maps only (<see cref="TensorEngine.PrepareLinear"/>). The scale is the
    /// largest magnitude of the output's weights divided by 127; each weight is rounded to the nearest multiple of it.
    /// </summary>
    Int8,
}

/// <summary>Facts about number formats.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType dtype) => dtype switch { DType.Float32 => 4, DType.Int8 => 1, _ => 2 };
}
