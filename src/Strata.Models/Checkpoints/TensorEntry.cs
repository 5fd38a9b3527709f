namespace Strata.Models;

/// <summary>One tensor of a weight file, as the file describes it.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="DType">Number format, named as safetensors names it: <c>F32</c>, <c>BF16</c>, <c>I64</c>, ...</param>
/// <param name="Shape">Axis lengths, slowest first; empty for a scalar.</param>
public record TensorEntry(string Name, string DType, long[] Shape)
{
    /// <summary>Name, number format and shape: <c>wte.weight F32 [50257, 768]</c>.</summary>
    public sealed override string ToString() => $"{Name} {DType} [{string.Join(", ", Shape)}]";
}
