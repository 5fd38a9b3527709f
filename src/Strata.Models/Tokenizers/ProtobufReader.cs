using System.Buffers.Binary;
using System.Text;

namespace Strata.Models;

/// <summary>Reads the fields of one protobuf message, one after another; every length is checked against the bytes that are there.</summary>
internal ref struct ProtobufReader
{
    private readonly string _path;
    private readonly int _offset;
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    /// <summary>A reader of a message.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="offset">Where in the file the message begins.</param>
    public ProtobufReader(ReadOnlySpan<byte> bytes, string path, int offset = 0)
    {
        _bytes = bytes;
        _path = path;
        _offset = offset;
    }

    /// <summary>Number of the field at the reader.</summary>
    public int Field { get; private set; }

    /// <summary>The field's wire type: 0 a varint, 1 eight bytes, 2 bytes with their length, 5 four bytes.</summary>
    public int WireType { get; private set; }

    /// <summary>Moves to the next field, whose value must then be read or skipped.</summary>
    /// <exception cref="InvalidFileException">There is no valid field.</exception>
    public bool Next()
    {
        if (_at == _bytes.Length) return false;
        ulong tag = Varint();
        Field = (int)Math.Min(tag >> 3, int.MaxValue);
        WireType = (int)(tag & 7);
        return Field > 0 ? true : throw Refuse("a field has the number 0");
    }

    /// <summary>A varint as an integer of 32 bits.</summary>
    public int Int()
    {
        Expect(0);
        return unchecked((int)Varint());
    }

    /// <summary>A varint that means true or false.</summary>
    public bool Bool()
    {
        Expect(0);
        return Varint() != 0;
    }

    /// <summary>A float32.</summary>
    public float Float()
    {
        Expect(5);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    /// <summary>The bytes of a string, of bytes or of a message.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        Expect(2);
        return Take(Length());
    }

    /// <summary>A message within this one.</summary>
    public ProtobufReader Message()
    {
        ReadOnlySpan<byte> bytes = Bytes();
        return new ProtobufReader(bytes, _path, _offset + _at - bytes.Length);
    }

    /// <summary>A string.</summary>
    public string Text()
    {
        ReadOnlySpan<byte> bytes = Bytes();
        return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Refuse("a string is not UTF-8");
    }

    /// <summary>Passes over the value of a field.</summary>
    public void Skip()
    {
        switch (WireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                Take(Length());
                break;
            case 5:
                Take(4);
                break;
            default:
                throw Refuse($"field {Field} has the wire type {WireType}");
        }
    }

    /// <summary>An exception about the place of the reader.</summary>
    public readonly InvalidFileException Refuse(string problem) => new(_path, $"is not a SentencePiece model: at byte {_offset + _at}, {problem}.");

    private readonly void Expect(int wireType)
    {
        if (WireType != wireType) throw Refuse($"field {Field} has the wire type {WireType}, expected {wireType}");
    }

    private int Length()
    {
        ulong length = Varint();
        return length <= (ulong)(_bytes.Length - _at) ? (int)length : throw Refuse($"field {Field} has a length of {length}, and {_bytes.Length - _at} bytes follow");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at) throw Refuse("the file ends within a field");
        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Take(1)[0];
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            if (next < 0x80) return value;
        }

        throw Refuse("a number has more than ten bytes");
    }
}
