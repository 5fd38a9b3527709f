namespace Strata.Models;

/// <summary>A name from Python that the unpickler knows: a function it performs itself, a storage class or a number format. Nothing is ever looked up or called.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";
}

/// <summary>A sequence.</summary>
/// <param name="Items">Elements in order.</param>
internal sealed record PickleList(List<object?> Items);

/// <summary>A dictionary: pairs in the order in which they were set. Keys are not hashed, so that no choice of keys is slow.</summary>
/// <param name="Pairs">Keys and values.</param>
internal sealed record PickleDictionary(List<(object? Key, object? Value)> Pairs);

/// <summary>Bytes of numbers that several tensors may share.</summary>
/// <param name="Key">Name of its file in the archive.</param>
/// <param name="DType">Number format; null for an untyped storage, whose tensors say their own.</param>
/// <param name="Count">Elements; bytes for an untyped storage.</param>
internal sealed record PickleStorage(string Key, string? DType, long Count);

/// <summary>A tensor: a view of a storage.</summary>
/// <param name="Storage">Where the numbers are.</param>
/// <param name="DType">Number format.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Axis lengths, slowest first.</param>
/// <param name="Strides">Elements from one index of an axis to the next.</param>
internal sealed record PickleTensor(PickleStorage Storage, string DType, long Offset, long[] Shape, long[] Strides);
