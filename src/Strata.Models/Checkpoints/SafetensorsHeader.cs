using System.Buffers.Binary;
using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// The header of a safetensors file: 8 bytes of length (little-endian), then a JSON object that gives each tensor's number format, shape and place.
/// Everything is checked: after a successful parse each entry lies inside the file, its bytes are exactly those of its shape, and the tensors
/// cover the data section without overlap or gap. What is allocated is bounded by a small multiple of the header.
/// </summary>
/// <remarks>Format: huggingface.co/docs/safetensors.</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest JSON header that is read.</summary>
    public const int MaxBytes = 100_000_000;

    /// <summary>Bytes before the JSON.</summary>
    public const int LengthBytes = 8;

    private const int MaxAxes = 32;

    private readonly Dictionary<string, SafetensorsEntry> _entries;

    private SafetensorsHeader(Dictionary<string, SafetensorsEntry> entries, string[] names, IReadOnlyDictionary<string, string> metadata)
    {
        _entries = entries;
        Names = names;
        Metadata = metadata;
    }

    /// <summary>Names in the order in which the tensors lie in the file.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The entries by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="file">The beginning of the file: at least the header, when the file is valid.</param>
    /// <param name="fileLength">Length of the whole file.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidFileException">Anything is not as it must be; the message names the tensor and the byte.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> file, long fileLength, string path)
    {
        ReadOnlySpan<byte> json = Locate(file, fileLength, path);
        long dataStart = LengthBytes + json.Length;
        Parser parser = new(json, dataStart, fileLength, path);
        try
        {
            parser.ReadObject();
        }
        catch (JsonException e)
        {
            throw new InvalidFileException(path, $"the header is not valid JSON near byte {LengthBytes + parser.Position}: {Excerpt.Message(e)}", e);
        }

        string[] names = CheckCover(parser.Entries, dataStart, fileLength, path);
        return new SafetensorsHeader(parser.Entries, names, parser.Metadata);
    }

    /// <summary>The JSON bytes, once the length and the encoding are known to be good.</summary>
    private static ReadOnlySpan<byte> Locate(ReadOnlySpan<byte> file, long fileLength, string path)
    {
        if (file.Length < LengthBytes)
            throw new InvalidFileException(path, $"has {fileLength} bytes; a safetensors file begins with 8 bytes that give the length of its header. Download the file again.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (length > MaxBytes)
            throw new InvalidFileException(path, $"bytes 0 to 7 give a header of {length} bytes; at most {MaxBytes} are allowed. This is probably not a safetensors file.");
        if ((long)length > fileLength - LengthBytes || (long)length > file.Length - LengthBytes)
            throw new InvalidFileException(path, $"bytes 0 to 7 give a header of {length} bytes, but only {fileLength - LengthBytes} follow. The file is cut off; download it again.");
        ReadOnlySpan<byte> json = file.Slice(LengthBytes, (int)length);
        if (json.Length == 0 || json[0] != (byte)'{')
            throw new InvalidFileException(path, "byte 8 must be '{', the beginning of the header. This is probably not a safetensors file.");
        int invalid = JsonFile.FirstInvalidUtf8(json);
        if (invalid >= 0) throw new InvalidFileException(path, $"the header is not valid UTF-8 at byte {LengthBytes + invalid}.");
        return json;
    }

    /// <summary>Checks that the tensors, sorted by place, cover the data section exactly.</summary>
    private static string[] CheckCover(Dictionary<string, SafetensorsEntry> entries, long dataStart, long fileLength, string path)
    {
        SafetensorsEntry[] sorted = [.. entries.Values];
        Array.Sort(sorted, (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.End.CompareTo(b.End));
        long at = dataStart;
        SafetensorsEntry? before = null;
        foreach (SafetensorsEntry entry in sorted)
        {
            if (entry.Start < at)
                throw new InvalidFileException(path, $"tensor {Excerpt.Quote(entry.Name)} begins at byte {entry.Start}, inside {Excerpt.Quote(before!.Name)}, which ends at byte {at}. Tensors may not overlap.");
            if (entry.Start > at)
                throw new InvalidFileException(path, $"bytes {at} to {entry.Start} before tensor {Excerpt.Quote(entry.Name)} belong to no tensor. Gaps are not allowed.");
            at = entry.End;
            before = entry;
        }

        if (at != fileLength)
            throw new InvalidFileException(path, $"bytes {at} to {fileLength} at the end belong to no tensor.");
        return Array.ConvertAll(sorted, entry => entry.Name);
    }

    /// <summary>Walks the JSON token by token, so that keys given twice are seen.</summary>
    private ref struct Parser
    {
        private readonly long _dataStart;
        private readonly long _fileLength;
        private readonly string _path;
        private Utf8JsonReader _reader;

        public Parser(ReadOnlySpan<byte> json, long dataStart, long fileLength, string path)
        {
            _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            _dataStart = dataStart;
            _fileLength = fileLength;
            _path = path;
        }

        public Dictionary<string, SafetensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

        public readonly long Position => _reader.BytesConsumed;

        public void ReadObject()
        {
            Expect(JsonTokenType.StartObject, "the header", "an object");
            bool metadataSeen = false;
            while (NextKey(out string name))
            {
                if (name == "__metadata__")
                {
                    if (metadataSeen) throw Refuse("\"__metadata__\" appears twice");
                    metadataSeen = true;
                    ReadMetadata();
                }
                else
                {
                    if (Entries.ContainsKey(name)) throw Refuse($"tensor {Excerpt.Quote(name)} appears twice");
                    Entries.Add(name, ReadEntry(name));
                }
            }

            // Reading on checks that only white space follows.
            _reader.Read();
        }

        private void ReadMetadata()
        {
            Expect(JsonTokenType.StartObject, "\"__metadata__\"", "an object of strings");
            while (NextKey(out string key))
            {
                Expect(JsonTokenType.String, $"\"__metadata__\", key {Excerpt.Quote(key)}", "a string");
                if (!Metadata.TryAdd(key, Text())) throw Refuse($"\"__metadata__\" has the key {Excerpt.Quote(key)} twice");
            }
        }

        private SafetensorsEntry ReadEntry(string name)
        {
            string tensor = $"tensor {Excerpt.Quote(name)}";
            Expect(JsonTokenType.StartObject, tensor, "an object with \"dtype\", \"shape\" and \"data_offsets\"");
            string? dtype = null;
            long[]? shape = null;
            long[]? offsets = null;
            while (NextKey(out string key))
            {
                bool twice = key switch { "dtype" => dtype is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false };
                if (twice) throw Refuse($"{tensor} has the key \"{key}\" twice");
                if (key == "dtype") dtype = ReadDType(tensor);
                else if (key == "shape") shape = ReadNumbers($"{tensor}, \"shape\"", MaxAxes);
                else if (key == "data_offsets") offsets = ReadNumbers($"{tensor}, \"data_offsets\"", 2);
                else throw Refuse($"{tensor} has the unknown key {Excerpt.Quote(key)}; expected \"dtype\", \"shape\" and \"data_offsets\"");
            }

            if (dtype is null || shape is null || offsets is null)
                throw Refuse($"{tensor} lacks \"{(dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets")}\"");
            return Place(name, tensor, dtype, shape, offsets);
        }

        private string ReadDType(string tensor)
        {
            Expect(JsonTokenType.String, $"{tensor}, \"dtype\"", "a string");
            string dtype = Text();
            return NumberFormat.Bits(dtype) > 0
                ? dtype
                : throw Refuse($"{tensor} has the unknown dtype {Excerpt.Quote(dtype)}; known are {NumberFormat.Known}");
        }

        private long[] ReadNumbers(string what, int most)
        {
            Expect(JsonTokenType.StartArray, what, "an array of integers");
            Span<long> numbers = stackalloc long[MaxAxes];
            int count = 0;
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out long number) || number < 0)
                    throw Refuse($"{what} holds something that is not an integer from 0 to {long.MaxValue}");
                if (count == most) throw Refuse($"{what} holds more than {most} numbers");
                numbers[count++] = number;
            }

            return numbers[..count].ToArray();
        }

        /// <summary>Turns the offsets into places in the file, once shape, number format and length agree.</summary>
        private readonly SafetensorsEntry Place(string name, string tensor, string dtype, long[] shape, long[] offsets)
        {
            if (offsets.Length != 2) throw Refuse($"{tensor}, \"data_offsets\" holds {offsets.Length} numbers; expected begin and end");
            string given = $"{dtype} [{string.Join(", ", shape)}]";
            Int128 bits = NumberFormat.Bits(dtype);
            bool empty = shape.Contains(0);
            foreach (long length in shape)
            {
                // An axis of length 0 makes the tensor empty, however long the others are.
                bits = empty ? 0 : bits * length;
                if (bits > (Int128)long.MaxValue * 8) throw Refuse($"{tensor}, {given}, has more bytes than can be counted");
            }

            if (bits % 8 != 0) throw Refuse($"{tensor}, {given}, does not fill a whole number of bytes");
            long bytes = (long)(bits / 8);
            (long begin, long end) = (offsets[0], offsets[1]);
            if (begin > end) throw Refuse($"{tensor} ends at data byte {end}, before its beginning at {begin}");
            if (end > _fileLength - _dataStart) throw Refuse($"{tensor} ends at data byte {end}, but the file holds only {_fileLength - _dataStart} bytes of data. It is cut off; download it again");
            if (end - begin != bytes) throw Refuse($"{tensor}, {given}, needs {bytes} bytes, but \"data_offsets\" give {end - begin} (from {begin} to {end})");
            return new SafetensorsEntry(name, dtype, shape, _dataStart + begin, _dataStart + end);
        }

        /// <summary>Moves to the next key of the current object; false at the object's end.</summary>
        private bool NextKey(out string key)
        {
            bool found = _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName;
            key = found ? Text() : "";
            return found;
        }

        private void Expect(JsonTokenType type, string what, string expected)
        {
            if (!_reader.Read() || _reader.TokenType != type) throw Refuse($"{what} must be {expected}");
        }

        private readonly string Text() => JsonFile.Text(_reader) ?? throw Refuse("a string holds half of a surrogate pair");

        private readonly InvalidFileException Refuse(string problem) => new(_path, $"{problem} (byte {LengthBytes + _reader.TokenStartIndex}).");
    }
}
