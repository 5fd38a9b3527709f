namespace Strata.Models;

/// <summary>One tensor of a safetensors file, as its header describes it.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="DType">Number format as the file names it: <c>F32</c>, <c>BF16</c>, <c>I64</c>, ...</param>
/// <param name="Shape">Axis lengths, slowest first; empty for a scalar.</param>
/// <param name="Start">First byte, counted from the beginning of the file.</param>
/// <param name="End">First byte after the tensor, counted from the beginning of the file.</param>
public sealed record SafetensorsEntry(string Name, string DType, long[] Shape, long Start, long End) : TensorEntry(Name, DType, Shape)
{
    /// <summary>Bytes of the tensor.</summary>
    public long Bytes => End - Start;
}
