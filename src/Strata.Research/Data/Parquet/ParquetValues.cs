using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Unicode;

namespace Strata.Research;

/// <summary>The values of a column that are there, one after another.</summary>
internal sealed class ParquetValues(ParquetField leaf, ParquetBudget budget)
{
    private const int MaxDecimalBytes = 64;

    // Numbers of all formats in 64 bits each; bytes where they lie in their page.
    private readonly List<long> _bits = [];
    private readonly List<ReadOnlyMemory<byte>> _bytes = [];

    private bool _allText = true;

    private bool HoldsBytes => leaf.Type is ParquetType.ByteArray or ParquetType.FixedByteArray or ParquetType.Int96;

    /// <summary>Writers of old did not say that a column is text: one that could be in its first row group is.</summary>
    /// <exception cref="InvalidDataException">The bytes of a text are none.</exception>
    public void DecideText()
    {
        if (Count == 0) return;
        if (leaf.IsText || leaf.WasText == true)
        {
            if (!_allText) throw new InvalidDataException("a text is no valid UTF-8");
            leaf.WasText = true;
        }

        leaf.WasText ??= leaf.Type == ParquetType.ByteArray && _allText;
    }

    public int Count => HoldsBytes ? _bytes.Count : _bits.Count;

    /// <summary>Values one behind the other.</summary>
    public void AddPlain(ReadOnlyMemory<byte> data, int count)
    {
        Reserve(count);
        ByteCursor bytes = new(data.Span);
        if (leaf.Type == ParquetType.Boolean)
        {
            ReadOnlySpan<byte> packed = bytes.Take((count + 7) / 8);
            for (int i = 0; i < count; i++) _bits.Add((packed[i / 8] >> (i % 8)) & 1);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            switch (leaf.Type)
            {
                case ParquetType.Int32 or ParquetType.Float: _bits.Add(bytes.Int32()); break;
                case ParquetType.Int64 or ParquetType.Double: _bits.Add(BinaryPrimitives.ReadInt64LittleEndian(bytes.Take(8))); break;
                case ParquetType.ByteArray: AddBytes(data, ref bytes, bytes.Int32()); break;
                case ParquetType.FixedByteArray: AddBytes(data, ref bytes, leaf.Length); break;
                case ParquetType.Int96: AddBytes(data, ref bytes, 12); break;
                default: throw new InvalidDataException($"values of type {leaf.Type}");
            }
        }
    }

    /// <summary>Values of a dictionary.</summary>
    public void AddIndexed(ParquetValues dictionary, ReadOnlySpan<int> indices)
    {
        Reserve(indices.Length);
        _allText &= dictionary._allText;
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)dictionary.Count) throw new InvalidDataException($"entry {index} of a dictionary of {dictionary.Count}");
            if (HoldsBytes) _bytes.Add(dictionary._bytes[index]);
            else _bits.Add(dictionary._bits[index]);
        }
    }

    /// <summary>Truth values as runs.</summary>
    public void AddFlags(ReadOnlySpan<int> flags)
    {
        Reserve(flags.Length);
        foreach (int flag in flags) _bits.Add(flag & 1);
    }

    /// <summary>Whole numbers as differences.</summary>
    public void AddDeltas(ReadOnlySpan<byte> data, int count)
    {
        if (leaf.Type is not (ParquetType.Int32 or ParquetType.Int64)) throw new InvalidDataException($"differences of {leaf.Type} values");
        Reserve(count);
        ByteCursor bytes = new(data);
        long[] numbers = PackedNumbers.ReadDeltas(ref bytes, count);
        if (numbers.Length != count) throw new InvalidDataException($"{numbers.Length} numbers where {count} were expected");
        foreach (long number in numbers) _bits.Add(leaf.Type == ParquetType.Int32 ? (int)number : number);
    }

    /// <summary>Strings behind the differences of their lengths; where prefixes are shared, those stand before.</summary>
    public void AddDeltaStrings(ReadOnlyMemory<byte> data, int count, bool prefixes)
    {
        if (leaf.Type is not (ParquetType.ByteArray or ParquetType.FixedByteArray)) throw new InvalidDataException($"lengths of {leaf.Type} values");
        Reserve(count);
        ByteCursor bytes = new(data.Span);
        long[] shared = prefixes ? PackedNumbers.ReadDeltas(ref bytes, count) : new long[count], lengths = PackedNumbers.ReadDeltas(ref bytes, count);
        if (shared.Length != count || lengths.Length != count) throw new InvalidDataException($"{lengths.Length} lengths where {count} were expected");
        ReadOnlyMemory<byte> before = default;
        for (int i = 0; i < count; i++)
        {
            if (shared[i] < 0 || shared[i] > before.Length || lengths[i] < 0 || lengths[i] > bytes.Left) throw new InvalidDataException($"a string of {shared[i]} shared bytes and {lengths[i]} of its own");
            if (shared[i] == 0) AddBytes(data, ref bytes, (int)lengths[i]);
            else Add(Joined(before.Span[..(int)shared[i]], bytes.Take((int)lengths[i])));
            before = _bytes[^1];
        }
    }

    /// <summary>Writes a value as JSON. Bytes that are no text are in base 64, dates and times are text, and so is what JSON has no number for.</summary>
    public void Write(Utf8JsonWriter writer, int index)
    {
        if (leaf.Scale is int scale) WriteDecimal(writer, HoldsBytes ? new BigInteger(_bytes[index].Span, isBigEndian: true) : _bits[index], scale);
        else if (leaf.Type == ParquetType.Int96) writer.WriteStringValue(Time(_bytes[index].Span));
        else if (leaf.IsHalf && leaf.Length == 2) WriteReal(writer, (float)BitConverter.ToHalf(_bytes[index].Span));
        else if (HoldsBytes && leaf.WasText == true) writer.WriteStringValue(_bytes[index].Span);
        else if (HoldsBytes) writer.WriteBase64StringValue(_bytes[index].Span);
        else WriteNumber(writer, _bits[index]);
    }

    private void WriteNumber(Utf8JsonWriter writer, long bits)
    {
        switch (leaf.Type)
        {
            case ParquetType.Boolean: writer.WriteBooleanValue(bits != 0); break;
            case ParquetType.Float: WriteReal(writer, BitConverter.Int32BitsToSingle((int)bits)); break;
            case ParquetType.Double: WriteReal(writer, BitConverter.Int64BitsToDouble(bits)); break;
            case ParquetType.Int32 when leaf.IsDate: writer.WriteStringValue(Day(bits).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); break;
            case ParquetType.Int32 when leaf.IsUnsigned: writer.WriteNumberValue((uint)bits); break;
            case ParquetType.Int64 when leaf.IsUnsigned: writer.WriteNumberValue((ulong)bits); break;
            default: writer.WriteNumberValue(bits); break;
        }
    }

    /// <summary>A whole number with its last digits behind a point.</summary>
    private static void WriteDecimal(Utf8JsonWriter writer, BigInteger unscaled, int scale)
    {
        string digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        writer.WriteRawValue($"{(unscaled.Sign < 0 ? "-" : "")}{digits[..^scale]}{(scale > 0 ? "." : "")}{digits[^scale..]}");
    }

    /// <summary>A time as older writers have it: nanoseconds of a day, and the day by the astronomers' count.</summary>
    private static string Time(ReadOnlySpan<byte> bytes)
    {
        const int epoch = 2_440_588;
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(bytes) / 100, day = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - (long)epoch;
        if (ticks is < 0 or >= TimeSpan.TicksPerDay) throw new InvalidDataException("a time of more than a day");
        return Day(day).AddTicks(ticks).ToString("O", CultureInfo.InvariantCulture);
    }

    /// <summary>A day by its number since 1970.</summary>
    private static DateTime Day(long number) => number is >= -719_162 and <= 2_932_896 ? DateTime.UnixEpoch.AddDays(number) : throw new InvalidDataException($"a day {number} days from 1970, which no calendar has");

    private static void WriteReal(Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteReal(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private byte[] Joined(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> rest)
    {
        budget.Take(prefix.Length + (long)rest.Length);
        return [.. prefix, .. rest];
    }

    private void AddBytes(ReadOnlyMemory<byte> data, ref ByteCursor bytes, int length)
    {
        int start = bytes.Position;
        bytes.Take(length);
        Add(data.Slice(start, length));
    }

    private void Add(ReadOnlyMemory<byte> value)
    {
        if (leaf.Type == ParquetType.FixedByteArray && value.Length != leaf.Length) throw new InvalidDataException($"a value of {value.Length} bytes, where all have {leaf.Length}");
        if (leaf.Scale is not null && value.Length > MaxDecimalBytes) throw new InvalidDataException($"a decimal number of {value.Length} bytes");
        _allText = _allText && Utf8.IsValid(value.Span);
        _bytes.Add(value);
    }

    private void Reserve(int count) => budget.Take((HoldsBytes ? 16L : 8L) * count);
}
