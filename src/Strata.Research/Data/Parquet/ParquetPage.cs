using System.IO.Compression;

namespace Strata.Research;

/// <summary>A page of a column: its header, and its bytes unpacked.</summary>
internal sealed class ParquetPage
{
    /// <summary>The largest page that is read, unpacked.</summary>
    public const int MaxBytes = 1 << 30;

    private const int MaxValues = 1 << 24;
    private const int Data = 0, Dictionary = 2, DataV2 = 3;
    private static readonly string[] Codecs = ["none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4"];

    private readonly int _type;

    private ParquetPage(int type, ThriftStruct facts, byte[] bytes)
    {
        (_type, Bytes) = (type, bytes);
        Values = (int)InRange(facts.Required(1), MaxValues, "values of a page");
        Encoding = (ParquetEncoding)facts.Required(type == DataV2 ? 4 : 2);
        bool IsRuns(int field) => type != Data || facts.Number(field) == (long)ParquetEncoding.Runs;
        (DefinitionsAreRuns, RepetitionsAreRuns) = (IsRuns(3), IsRuns(4));
        (Definitions, Repetitions) = type == DataV2 ? ((int)InRange(facts.Required(5), bytes.Length, "bytes of levels"), (int)InRange(facts.Required(6), bytes.Length, "bytes of levels")) : (0, 0);
    }

    public bool IsDictionary => _type == Dictionary;

    public bool IsData => _type is Data or DataV2;

    /// <summary>Are definition levels, where there are some, in the encoding that is read?</summary>
    public bool DefinitionsAreRuns { get; }

    /// <summary>Are repetition levels?</summary>
    public bool RepetitionsAreRuns { get; }

    /// <summary>Do the levels stand before the values with their lengths in the header?</summary>
    public bool IsV2 => _type == DataV2;

    /// <summary>Values, those that are missing among them.</summary>
    public int Values { get; }

    public ParquetEncoding Encoding { get; }

    /// <summary>Bytes of definition levels, in the second version of the format.</summary>
    public int Definitions { get; }

    /// <summary>Bytes of repetition levels, in the second version.</summary>
    public int Repetitions { get; }

    public byte[] Bytes { get; }

    /// <summary>Reads the page at the cursor; null for one that holds no values.</summary>
    /// <exception cref="InvalidDataException">It is no page.</exception>
    /// <exception cref="NotSupportedException">It is compressed in a way that is not read.</exception>
    public static ParquetPage? Read(ref ByteCursor bytes, int codec, ParquetBudget budget)
    {
        ThriftStruct header = ThriftStruct.Read(ref bytes);
        int type = (int)header.Required(1), unpacked = (int)InRange(header.Required(2), MaxBytes, "bytes of a page");
        ReadOnlySpan<byte> packed = bytes.Take((int)InRange(header.Required(3), MaxBytes, "bytes of a page"));
        ThriftStruct? facts = header.Inner(type switch { Data => 5, Dictionary => 7, DataV2 => 8, _ => 0 });
        if (facts is null) return type is Data or Dictionary or DataV2 ? throw new InvalidDataException("a page without its facts") : null;
        budget.Take(unpacked);
        int levels = type == DataV2 ? (int)InRange(facts.Required(5) + facts.Required(6), Math.Min(packed.Length, unpacked), "bytes of levels") : 0;
        bool plain = type == DataV2 && facts.Flag(7) == false;
        byte[] values = Unpack(packed[levels..], unpacked - levels, plain ? 0 : codec);
        return new ParquetPage(type, facts, levels == 0 ? values : [.. packed[..levels], .. values]);
    }

    private static byte[] Unpack(ReadOnlySpan<byte> packed, int length, int codec)
    {
        switch (codec)
        {
            case 0: return packed.Length == length ? packed.ToArray() : throw new InvalidDataException($"a page of {packed.Length} bytes says that it has {length}");
            case 1: return length == 0 ? [] : Snappy.Unpack(packed, length);
            case 2: return Inflate(new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress), length);
            case 4: return Inflate(new BrotliStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress), length);
            default: throw new NotSupportedException($"it is compressed with {((uint)codec < (uint)Codecs.Length ? Codecs[codec] : $"codec {codec}")}; read are Snappy, gzip, Brotli, and what is not compressed");
        }
    }

    private static byte[] Inflate(Stream stream, int length)
    {
        // Grows as bytes arrive, so that a length that is not true costs nothing.
        using MemoryStream result = new();
        using (stream)
        {
            byte[] buffer = new byte[1 << 16];
            try
            {
                for (int read = stream.Read(buffer); read > 0 && result.Length <= length; read = stream.Read(buffer)) result.Write(buffer, 0, read);
            }
            catch (InvalidOperationException e)
            {
                // What Brotli's stream throws for bytes that are none.
                throw new InvalidDataException(e.Message, e);
            }
        }

        return result.Length == length ? result.ToArray() : throw new InvalidDataException($"{result.Length} bytes were unpacked; {length} were announced");
    }

    private static long InRange(long value, long most, string what) => value >= 0 && value <= most ? value : throw new InvalidDataException($"{value} {what}, where at most {most} can be");
}

/// <summary>How the values of a page are written.</summary>
internal enum ParquetEncoding
{
    Plain = 0,
    PlainDictionary = 2,
    Runs = 3,
    Deltas = 5,
    DeltaLengths = 6,
    DeltaStrings = 7,
    Dictionary = 8,
}
