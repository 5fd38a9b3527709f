using System.Buffers.Binary;
using System.Text;

namespace Strata.Models;

/// <summary>Walks the values at the beginning of a GGUF file. Nothing is read beyond the file, and nothing is allocated for what is only announced.</summary>
internal sealed class GgufCursor(MappedFile file, string path, long at = 0)
{
    private const int MaxText = 1 << 24;

    /// <summary>The next byte.</summary>
    public long At { get; private set; } = at;

    /// <summary>Bytes that are left.</summary>
    public long Left => file.Length - At;

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things that take at least so many bytes each.</summary>
    public long Count(string what, long most, int bytesEach)
    {
        ulong count = U64();
        if (count > (ulong)most || count > (ulong)(Left / bytesEach)) throw Refuse($"announces {count:N0} {what}, and {Left:N0} bytes follow");
        return (long)count;
    }

    public string Text(int most = MaxText)
    {
        ReadOnlySpan<byte> bytes = Take((int)Count("bytes of text", most, 1));
        return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Refuse("has text that is not UTF-8");
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left) throw Refuse("is cut off");
        ReadOnlySpan<byte> bytes = file.Bytes(At, count);
        At += count;
        return bytes;
    }

    public void Skip(long count)
    {
        if (count > Left) throw Refuse("is cut off");
        At += count;
    }

    public InvalidFileException Refuse(string problem) => new(path, $"{problem} (byte {At}).");
}

/// <summary>The metadata of a GGUF file: numbers, truth values and texts by key. Arrays are passed over, and read when they are asked for.</summary>
internal sealed class GgufMetadata
{
    private const int MaxPairs = 100_000, MaxElements = 100_000_000, MaxDepth = 4, MaxKey = 65_535;

    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly MappedFile _file;
    private readonly string _path;

    private GgufMetadata(MappedFile file, string path)
    {
        _file = file;
        _path = path;
    }

    /// <summary>Reads so many pairs.</summary>
    public static GgufMetadata Read(GgufCursor cursor, ulong pairs, MappedFile file, string path)
    {
        if (pairs > MaxPairs || pairs > (ulong)(cursor.Left / 13)) throw cursor.Refuse($"announces {pairs:N0} metadata, and {cursor.Left:N0} bytes follow");
        GgufMetadata metadata = new(file, path);
        for (ulong i = 0; i < pairs; i++)
        {
            string key = cursor.Text(MaxKey);
            if (!metadata._values.TryAdd(key, Value(cursor, cursor.U32(), 0))) throw cursor.Refuse($"has the key {Excerpt.Quote(key)} twice");
        }

        return metadata;
    }

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>An integer; null when absent.</summary>
    public int? Int(string key) => !_values.TryGetValue(key, out object? value) ? null
        : value is long number and >= int.MinValue and <= int.MaxValue ? (int)number : throw Wrong(key, value, "an integer");

    /// <summary>An integer that must be there.</summary>
    public int RequiredInt(string key) => Int(key) ?? throw new InvalidFileException(_path, $"lacks the metadata {Excerpt.Quote(key)}.");

    /// <summary>A number; null when absent.</summary>
    public double? Number(string key) => !_values.TryGetValue(key, out object? value) ? null : value is double number ? number : value is long integer ? integer : throw Wrong(key, value, "a number");

    /// <summary>A text; null when absent.</summary>
    public string? Text(string key) => !_values.TryGetValue(key, out object? value) ? null : value as string ?? throw Wrong(key, value, "a text");

    /// <summary>Yes or no; null when absent.</summary>
    public bool? Truth(string key) => !_values.TryGetValue(key, out object? value) ? null : value is bool truth ? truth : throw Wrong(key, value, "yes or no");

    /// <summary>Whether the value of a key is an array.</summary>
    public bool IsArray(string key) => _values.TryGetValue(key, out object? value) && value is GgufArray;

    /// <summary>An array of texts; null when absent.</summary>
    public IReadOnlyList<string>? Texts(string key) => Elements(key, type => type == 8, "an array of texts")?.ConvertAll(value => (string)value);

    /// <summary>An array of numbers or truth values (1 and 0); null when absent.</summary>
    public double[]? Numbers(string key) => Elements(key, type => type is not (8 or 9), "an array of numbers")?.ConvertAll(value => value switch { double number => number, bool truth => truth ? 1 : 0, _ => (long)value }).ToArray();

    private List<object>? Elements(string key, Func<uint, bool> fits, string expected)
    {
        if (!_values.TryGetValue(key, out object? value)) return null;
        if (value is not GgufArray array || !fits(array.Type)) throw Wrong(key, value, expected);
        GgufCursor cursor = new(_file, _path, array.At);
        List<object> elements = new((int)array.Count);
        for (long i = 0; i < array.Count; i++) elements.Add(Value(cursor, array.Type, MaxDepth));
        return elements;
    }

    private static object Value(GgufCursor cursor, uint type, int depth) => type switch
    {
        0 => (long)cursor.Take(1)[0],
        1 => (long)(sbyte)cursor.Take(1)[0],
        2 => (long)BinaryPrimitives.ReadUInt16LittleEndian(cursor.Take(2)),
        3 => (long)BinaryPrimitives.ReadInt16LittleEndian(cursor.Take(2)),
        4 => (long)cursor.U32(),
        5 => (long)(int)cursor.U32(),
        6 => (double)BinaryPrimitives.ReadSingleLittleEndian(cursor.Take(4)),
        7 => cursor.Take(1)[0] is var truth and <= 1 ? truth == 1 : throw cursor.Refuse("has a truth value other than 0 and 1"),
        8 => cursor.Text(),
        9 => Array(cursor, depth),
        10 => cursor.U64() is var number and <= long.MaxValue ? (long)number : throw cursor.Refuse("has a number that is too large"),
        11 => (long)cursor.U64(),
        12 => BinaryPrimitives.ReadDoubleLittleEndian(cursor.Take(8)),
        _ => throw cursor.Refuse($"has a value of the unknown type {type}"),
    };

    /// <summary>Passes over an array; what is kept of it is that it is one.</summary>
    private static GgufArray Array(GgufCursor cursor, int depth)
    {
        if (depth == MaxDepth) throw cursor.Refuse($"nests arrays more than {MaxDepth} deep");
        uint type = cursor.U32();
        int width = type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 10 or 11 or 12 => 8, 8 => 0, 9 => 0, _ => throw cursor.Refuse($"has an array of the unknown type {type}") };
        long count = cursor.Count("elements of an array", MaxElements, width > 0 ? width : 8);
        long at = cursor.At;
        if (width > 0) cursor.Skip(count * width);
        for (long i = 0; width == 0 && i < count; i++)
        {
            if (type == 8) cursor.Skip(cursor.Count("bytes of text", int.MaxValue, 1));
            else Array(cursor, depth + 1);
        }

        return new GgufArray(type, count, at);
    }

    private InvalidFileException Wrong(string key, object value, string expected) =>
        new(_path, $"the metadata {Excerpt.Quote(key)} is {(value is GgufArray array ? $"an array of {array.Count}" : Excerpt.Quote($"{value}"))}; expected {expected}.");

    /// <summary>Where an array lies.</summary>
    private sealed record GgufArray(uint Type, long Count, long At);
}
