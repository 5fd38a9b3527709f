using System.Buffers.Binary;
using System.Text;

namespace Strata.Research;

/// <summary>A struct in Thrift's compact protocol, in which Parquet keeps all that is not data; its values by field number.</summary>
internal sealed class ThriftStruct
{
    private const int MaxDepth = 16;
    private const int Binary = 8, SetOrList = 9, Set = 10, Map = 11, Struct = 12;

    // Made with the first field: a struct without any is one byte of a file.
    private Dictionary<int, object>? _fields;

    /// <summary>Reads a struct.</summary>
    /// <exception cref="InvalidDataException">The bytes are none.</exception>
    public static ThriftStruct Read(ref ByteCursor bytes) => Read(ref bytes, MaxDepth);

    /// <summary>A whole number; null where the field is missing.</summary>
    public long? Number(int field) => Get(field) as long?;

    /// <summary>A whole number that has to be there.</summary>
    public long Required(int field) => Number(field) ?? throw new InvalidDataException($"field {field} of the metadata is missing");

    public bool? Flag(int field) => Get(field) as bool?;

    public string? Text(int field) => Get(field) is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;

    public ThriftStruct? Inner(int field) => Get(field) as ThriftStruct;

    public IReadOnlyList<object> List(int field) => Get(field) as IReadOnlyList<object> ?? [];

    private object? Get(int field) => _fields?.GetValueOrDefault(field);

    private static ThriftStruct Read(ref ByteCursor bytes, int depth)
    {
        if (depth == 0) throw new InvalidDataException($"the metadata is nested more than {MaxDepth} deep");
        ThriftStruct result = new();
        int field = 0;
        while (true)
        {
            byte header = bytes.Next();
            if (header == 0) return result;
            int type = header & 0x0F, delta = header >> 4;
            field = delta == 0 ? (short)bytes.ZigZag() : field + delta;

            // A flag's value is its type.
            (result._fields ??= [])[field] = type is 1 or 2 ? (object)(type == 1) : Value(ref bytes, type, depth);
        }
    }

    private static object Value(ref ByteCursor bytes, int type, int depth) => type switch
    {
        1 or 2 => bytes.Next() == 1,
        3 => (long)(sbyte)bytes.Next(),
        4 or 5 or 6 => bytes.ZigZag(),
        7 => BinaryPrimitives.ReadDoubleLittleEndian(bytes.Take(8)),
        Binary => bytes.Take(Count(ref bytes, bytes.Varint())).ToArray(),
        SetOrList or Set => Items(ref bytes, depth),
        Map => Pairs(ref bytes, depth),
        Struct => Read(ref bytes, depth - 1),
        _ => throw new InvalidDataException($"the metadata has a value of unknown type {type}"),
    };

    private static List<object> Items(ref ByteCursor bytes, int depth)
    {
        if (depth == 0) throw new InvalidDataException($"the metadata is nested more than {MaxDepth} deep");
        byte header = bytes.Next();
        int count = Count(ref bytes, header >> 4 == 15 ? bytes.Varint() : (ulong)(header >> 4));
        List<object> items = new(count);
        for (int i = 0; i < count; i++) items.Add(Value(ref bytes, header & 0x0F, depth - 1));
        return items;
    }

    /// <summary>Read over: no map says anything about the data.</summary>
    private static object Pairs(ref ByteCursor bytes, int depth)
    {
        if (depth == 0) throw new InvalidDataException($"the metadata is nested more than {MaxDepth} deep");
        int count = Count(ref bytes, bytes.Varint());
        byte types = count == 0 ? (byte)0 : bytes.Next();
        for (int i = 0; i < count; i++)
        {
            Value(ref bytes, types >> 4, depth - 1);
            Value(ref bytes, types & 0x0F, depth - 1);
        }

        return count;
    }

    /// <summary>A number of things, each of which takes a byte at least.</summary>
    private static int Count(ref ByteCursor bytes, ulong count) =>
        count <= (ulong)bytes.Left ? (int)count : throw new InvalidDataException($"the metadata announces {count} values where {bytes.Left} bytes are left");
}
