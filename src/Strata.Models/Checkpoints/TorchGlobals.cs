namespace Strata.Models;

/// <summary>The names from Python that a file of tensors needs, and what each of them makes. Every other name is refused before anything is made of it.</summary>
/// <remarks>Source: PyTorch's torch/serialization.py, torch/_utils.py and torch/storage.py say which names torch.save writes.</remarks>
internal static class TorchGlobals
{
    private static readonly Dictionary<string, string> StorageTypes = new(StringComparer.Ordinal)
    {
        ["FloatStorage"] = "F32",
        ["DoubleStorage"] = "F64",
        ["HalfStorage"] = "F16",
        ["BFloat16Storage"] = "BF16",
        ["LongStorage"] = "I64",
        ["IntStorage"] = "I32",
        ["ShortStorage"] = "I16",
        ["CharStorage"] = "I8",
        ["ByteStorage"] = "U8",
        ["BoolStorage"] = "BOOL",
    };

    private static readonly Dictionary<string, string> DTypes = new(StringComparer.Ordinal)
    {
        ["float32"] = "F32",
        ["float64"] = "F64",
        ["float16"] = "F16",
        ["bfloat16"] = "BF16",
        ["int64"] = "I64",
        ["int32"] = "I32",
        ["int16"] = "I16",
        ["int8"] = "I8",
        ["uint8"] = "U8",
        ["uint16"] = "U16",
        ["uint32"] = "U32",
        ["uint64"] = "U64",
        ["bool"] = "BOOL",
        ["float8_e4m3fn"] = "F8_E4M3",
        ["float8_e5m2"] = "F8_E5M2",
    };

    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter", "collections.OrderedDict", "torch.Size",
    };

    /// <summary>Is this one of the names that a file of tensors needs?</summary>
    public static bool Allows(PickleGlobal global) => Functions.Contains(global.FullName) || StorageType(global) is not null || DType(global) is not null || IsUntyped(global);

    /// <summary>Number format of a storage class; null for anything else.</summary>
    public static string? StorageType(PickleGlobal global) => global.Module is "torch" or "torch.storage" or "torch.cuda" ? StorageTypes.GetValueOrDefault(global.Name) : null;

    /// <summary>Is this the class of storages that have bytes only?</summary>
    public static bool IsUntyped(PickleGlobal global) => global.Module is "torch" or "torch.storage" && global.Name is "UntypedStorage" or "_UntypedStorage";

    /// <summary>Number format that a torch.dtype names; null for anything else.</summary>
    public static string? DType(PickleGlobal global) => global.Module == "torch" ? DTypes.GetValueOrDefault(global.Name) : null;

    /// <summary>What the call of a known function gives; null when the arguments are not as that function takes them.</summary>
    public static object? Call(PickleGlobal function, object?[] arguments) => (function.FullName, arguments) switch
    {
        ("collections.OrderedDict", []) => new PickleDictionary([]),
        ("torch.Size", [object?[] lengths]) => lengths,
        ("torch._utils._rebuild_parameter", [PickleTensor tensor, bool, _]) => tensor,
        ("torch._utils._rebuild_tensor_v2", [PickleStorage { DType: string dtype } storage, long offset, object?[] shape, object?[] strides, ..]) when arguments.Length is 6 or 7 =>
            Tensor(storage, dtype, offset, shape, strides),
        ("torch._utils._rebuild_tensor_v3", [PickleStorage storage, long offset, object?[] shape, object?[] strides, _, _, PickleGlobal dtype, ..]) when arguments.Length is 7 or 8 =>
            DType(dtype) is string name ? Tensor(storage, name, offset, shape, strides) : null,
        _ => null,
    };

    private static PickleTensor? Tensor(PickleStorage storage, string dtype, long offset, object?[] shape, object?[] strides)
    {
        const int maxAxes = 32;
        bool valid = shape.Length == strides.Length && shape.Length <= maxAxes && offset >= 0 && shape.Concat(strides).All(number => number is >= 0L);
        return valid ? new PickleTensor(storage, dtype, offset, Array.ConvertAll(shape, n => (long)n!), Array.ConvertAll(strides, n => (long)n!)) : null;
    }
}
