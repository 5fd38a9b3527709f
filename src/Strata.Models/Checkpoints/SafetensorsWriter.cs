using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>A tensor to be written: its numbers are asked for when its turn comes, so that only one needs to be in memory.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Shape">Axis lengths, slowest first.</param>
/// <param name="DType">Number format in the file; f16 and bf16 are rounded to nearest, ties to even.</param>
/// <param name="Values">Gives the numbers, row-major; called once.</param>
public sealed record SafetensorsSource(string Name, int[] Shape, DType DType, Func<ReadOnlyMemory<float>> Values);

/// <summary>A tensor to be written whose bytes come from elsewhere.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="DType">Number format, as the file names it.</param>
/// <param name="Shape">Axis lengths, slowest first.</param>
/// <param name="Write">Writes exactly <see cref="Bytes"/> bytes; called once.</param>
internal sealed record SafetensorsPart(string Name, string DType, long[] Shape, Action<Stream> Write)
{
    /// <summary>Bytes of the tensor.</summary>
    public long Bytes { get; } = Shape.Aggregate((long)NumberFormat.Bits(DType), (bits, length) => checked(bits * length)) / 8;
}

/// <summary>Writes safetensors files.</summary>
public static class SafetensorsWriter
{
    private const int ChunkElements = 1 << 14;

    /// <summary>Writes a file in the order given; nobody ever sees half of it.</summary>
    /// <param name="path">The file to write or replace.</param>
    /// <param name="tensors">What to write.</param>
    /// <param name="metadata">Strings for the header's <c>__metadata__</c>, or null.</param>
    /// <exception cref="StrataException">A name appears twice or is reserved, or a source gave another number of values than its shape holds.</exception>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<SafetensorsSource> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, Writer(tensors, metadata));

    /// <summary>What <see cref="Write"/> does, for a stream of the caller's; names are checked before.</summary>
    internal static Action<Stream> Writer(IEnumerable<SafetensorsSource> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Writer([.. tensors.Select(source => new SafetensorsPart(source.Name, NameOf(source.DType), [.. source.Shape.Select(length => (long)length)], stream => WriteValues(stream, source)))], metadata);

    /// <summary>Writes tensors whose bytes are known, in the order given.</summary>
    internal static Action<Stream> Writer(IReadOnlyList<SafetensorsPart> parts, IReadOnlyDictionary<string, string>? metadata)
    {
        byte[] header = Header(parts, metadata);
        return stream =>
        {
            Span<byte> length = stackalloc byte[SafetensorsHeader.LengthBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (SafetensorsPart part in parts) part.Write(stream);
        };
    }

    private static string NameOf(DType dtype) => dtype switch
    {
        DType.Float32 => "F32",
        DType.Float16 => "F16",
        DType.BFloat16 => "BF16",
        _ => throw new ArgumentException($"{dtype} is a format of linear maps in memory; a file holds F32, F16 or BF16."),
    };

    /// <summary>The JSON, padded with spaces so that the data begin at a multiple of 8.</summary>
    private static byte[] Header(IReadOnlyList<SafetensorsPart> parts, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 }) WriteMetadata(json, metadata);
            HashSet<string> names = new(StringComparer.Ordinal) { "__metadata__" };
            long at = 0;
            foreach (SafetensorsPart part in parts)
            {
                if (!names.Add(part.Name)) throw new StrataException($"A safetensors file cannot hold the name \"{part.Name}\" {(part.Name == "__metadata__" ? "for a tensor" : "twice")}.");
                WriteEntry(json, part, at);
                at += part.Bytes;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafetensorsPart part, long start)
    {
        json.WriteStartObject(part.Name);
        json.WriteString("dtype", part.DType);
        json.WriteStartArray("shape");
        foreach (long length in part.Shape) json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(start);
        json.WriteNumberValue(start + part.Bytes);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteValues(Stream stream, SafetensorsSource source)
    {
        ReadOnlySpan<float> values = source.Values().Span;
        Shape shape = new(source.Shape);
        if (values.Length != shape.Count)
            throw new StrataException($"Tensor \"{source.Name}\" of shape {shape} needs {shape.Count} numbers; its source gave {values.Length}. Nothing was written.");
        WriteNumbers(stream, values, source.DType);
    }

    /// <summary>Writes numbers in a format, rounded to nearest.</summary>
    internal static void WriteNumbers(Stream stream, ReadOnlySpan<float> values, DType dtype)
    {
        byte[] bytes = new byte[Math.Min(values.Length, ChunkElements) * dtype.Size()];
        for (int at = 0; at < values.Length; at += ChunkElements)
        {
            ReadOnlySpan<float> chunk = values.Slice(at, Math.Min(ChunkElements, values.Length - at));
            Span<byte> target = bytes.AsSpan(0, chunk.Length * dtype.Size());
            if (dtype == DType.Float32) MemoryMarshal.AsBytes(chunk).CopyTo(target);
            else if (dtype == DType.Float16) ToHalf(chunk, MemoryMarshal.Cast<byte, Half>(target));
            else ToBFloat16(chunk, MemoryMarshal.Cast<byte, ushort>(target));
            stream.Write(target);
        }
    }

    private static void ToHalf(ReadOnlySpan<float> values, Span<Half> halves)
    {
        for (int i = 0; i < values.Length; i++) halves[i] = (Half)values[i];
    }

    /// <summary>The upper 16 bits, rounded to nearest, ties to even; a NaN stays a NaN.</summary>
    private static void ToBFloat16(ReadOnlySpan<float> values, Span<ushort> upper)
    {
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            upper[i] = float.IsNaN(values[i]) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }
}
