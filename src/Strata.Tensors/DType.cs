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
}

/// <summary>Facts about number formats.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType dtype) => dtype == DType.Float32 ? 4 : 2;
}
