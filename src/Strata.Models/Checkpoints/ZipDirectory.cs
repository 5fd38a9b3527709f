using System.Buffers.Binary;
using System.Text;

namespace Strata.Models;

/// <summary>One file of a zip archive.</summary>
/// <param name="Name">Name with its folders.</param>
/// <param name="Header">First byte of its local header, counted from the beginning of the archive.</param>
/// <param name="Start">First byte of its content.</param>
/// <param name="Length">Bytes of its content.</param>
/// <param name="Compressed">Is the content compressed? Such files are not read.</param>
internal sealed record ZipEntry(string Name, long Header, long Start, long Length, bool Compressed)
{
    public long End => Start + Length;
}

/// <summary>
/// The directory of a zip archive. Everything is checked: each file lies inside the
/// archive, before the directory, and no two overlap. What is allocated is bounded by a small multiple of the directory, nothing is ever unpacked.
/// </summary>
/// <remarks>Format: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (ZIP64).</remarks>
internal sealed class ZipDirectory
{
    private const uint LocalSignature = 0x04034b50, CentralSignature = 0x02014b50, EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50;
    private const int LocalBytes = 30, CentralBytes = 46, EndBytes = 22, End64Bytes = 56, Locator64Bytes = 20;
    private const int MaxDirectoryBytes = 64 << 20, MaxName = 1024;

    private readonly MappedFile _file;
    private readonly string _path;

    private ZipDirectory(MappedFile file, string path)
    {
        _file = file;
        _path = path;
    }

    /// <summary>The signature that a zip archive begins with.</summary>
    public static bool Recognises(ReadOnlySpan<byte> beginning) => beginning.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(beginning) == LocalSignature;

    /// <summary>Reads and checks the directory of an archive.</summary>
    /// <exception cref="InvalidFileException">Anything is not as it must be.</exception>
    public static IReadOnlyList<ZipEntry> Read(MappedFile file, string path) => new ZipDirectory(file, path).Read();

    private List<ZipEntry> Read()
    {
        (long start, long length, long count) = Locate();
        if (length > MaxDirectoryBytes) throw Refuse($"has a directory of {length:N0} bytes; at most {MaxDirectoryBytes:N0} are read");
        if (count < 0 || count > length / CentralBytes) throw Refuse($"announces {count} files in a directory of {length} bytes, which holds at most {length / CentralBytes}");
        List<ZipEntry> entries = new((int)count);
        int at = 0;
        ReadOnlySpan<byte> directory = _file.Bytes(start, (int)length);
        for (int i = 0; i < count; i++) entries.Add(ReadEntry(directory, ref at, start));
        CheckOverlap(entries);
        return entries;
    }

    /// <summary>Place, bytes and files of the directory, from the record at the archive's end.</summary>
    private (long Start, long Length, long Count) Locate()
    {
        int tail = (int)Math.Min(_file.Length, EndBytes + ushort.MaxValue);
        ReadOnlySpan<byte> end = _file.Bytes(_file.Length - tail, tail);
        int at = tail - EndBytes;
        while (at >= 0 && !(U32(end, at) == EndSignature && U16(end, at + 20) == tail - at - EndBytes)) at--;
        if (at < 0) throw Refuse("is a zip archive without a directory at its end. It is cut off; download it again");
        long endAt = _file.Length - tail + at;
        long count = U16(end, at + 10), length = U32(end, at + 12), start = U32(end, at + 16);
        if (count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue) (start, length, count, endAt) = Locate64(endAt);
        if (start < 0 || length < 0 || start > endAt - length) throw Refuse($"has a directory of {length} bytes at byte {start}, which does not lie in the archive");
        return (start, length, count);
    }

    private (long Start, long Length, long Count, long EndAt) Locate64(long endAt)
    {
        if (endAt < Locator64Bytes) throw Refuse("lacks its ZIP64 record");
        ReadOnlySpan<byte> locator = _file.Bytes(endAt - Locator64Bytes, Locator64Bytes);
        long recordAt = (long)BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (U32(locator, 0) != Locator64Signature || recordAt < 0 || recordAt > endAt - Locator64Bytes - End64Bytes) throw Refuse("has no valid ZIP64 record");
        ReadOnlySpan<byte> record = _file.Bytes(recordAt, End64Bytes);
        if (U32(record, 0) != End64Signature) throw Refuse($"has no valid ZIP64 record at byte {recordAt}");
        return (I64(record, 48), I64(record, 40), I64(record, 32), recordAt);
    }

    private ZipEntry ReadEntry(ReadOnlySpan<byte> directory, ref int at, long directoryStart)
    {
        if (directory.Length - at < CentralBytes || U32(directory, at) != CentralSignature) throw Refuse($"has no valid directory entry at byte {directoryStart + at}");
        ReadOnlySpan<byte> fixedPart = directory.Slice(at, CentralBytes);
        int nameLength = U16(fixedPart, 28), extraLength = U16(fixedPart, 30);
        long next = (long)at + CentralBytes + nameLength + extraLength + U16(fixedPart, 32);
        if (next > directory.Length) throw Refuse($"has a directory entry at byte {directoryStart + at} that ends behind the directory");
        ReadOnlySpan<byte> nameBytes = directory.Slice(at + CentralBytes, nameLength);
        string name = Name(nameBytes);
        long packed = U32(fixedPart, 20), length = U32(fixedPart, 24), header = U32(fixedPart, 42);
        Widen(directory.Slice(at + CentralBytes + nameLength, extraLength), name, ref length, ref packed, ref header);
        if ((U16(fixedPart, 8) & 1) != 0) throw Refuse($"has an encrypted file, {Excerpt.Quote(name)}");
        at = (int)next;
        return Place(name, nameBytes, header, packed, directoryStart) with { Compressed = U16(fixedPart, 10) != 0 || packed != length };
    }

    /// <summary>The 64-bit values of the ZIP64 extra field, in place of those that do not fit in 32 bits.</summary>
    private void Widen(ReadOnlySpan<byte> extra, string name, ref long length, ref long packed, ref long header)
    {
        while (extra.Length >= 4)
        {
            int size = U16(extra, 2);
            if (size > extra.Length - 4) break;
            if (U16(extra, 0) == 1)
            {
                ReadOnlySpan<byte> values = extra.Slice(4, size);
                Take(ref values, name, ref length);
                Take(ref values, name, ref packed);
                Take(ref values, name, ref header);
                return;
            }

            extra = extra[(4 + size)..];
        }
    }

    private void Take(ref ReadOnlySpan<byte> values, string name, ref long value)
    {
        if (value != uint.MaxValue) return;
        if (values.Length < 8) throw Refuse($"lacks the ZIP64 size or place of {Excerpt.Quote(name)}");
        value = I64(values, 0);
        values = values[8..];
    }

    /// <summary>The content's place, behind the local header, whose name must be the directory's.</summary>
    private ZipEntry Place(string name, ReadOnlySpan<byte> nameBytes, long header, long length, long directoryStart)
    {
        if (header < 0 || length < 0 || header > directoryStart - LocalBytes) throw Refuse($"places {Excerpt.Quote(name)} at byte {header}, outside the archive");
        ReadOnlySpan<byte> local = _file.Bytes(header, LocalBytes);
        if (U32(local, 0) != LocalSignature) throw Refuse($"has no file at byte {header}, where its directory places {Excerpt.Quote(name)}");
        long start = header + LocalBytes + U16(local, 26) + U16(local, 28);
        if (start > directoryStart || length > directoryStart - start) throw Refuse($"gives {Excerpt.Quote(name)} {length} bytes from byte {start}, more than there are before the directory");
        if (!_file.Bytes(header + LocalBytes, U16(local, 26)).SequenceEqual(nameBytes)) throw Refuse($"names the file at byte {header} differently in its directory: {Excerpt.Quote(name)}");
        return new ZipEntry(name, header, start, length, Compressed: false);
    }

    /// <summary>Files are never unpacked, so no name can lead anywhere; one that tries to shows that the archive is not torch.save's.</summary>
    private string Name(ReadOnlySpan<byte> bytes)
    {
        string name = Encoding.UTF8.GetString(bytes);
        bool plain = name.Length is > 0 and <= MaxName && !name.Any(c => char.IsControl(c) || c is '\\' or ':' or '\uFFFD') && !name.Split('/').Any(part => part is "" or "." or "..");
        return plain ? name : throw Refuse($"has a file with the name {Excerpt.Quote(name)}; expected a plain relative path");
    }

    private void CheckOverlap(List<ZipEntry> entries)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (ZipEntry entry in entries) if (!names.Add(entry.Name)) throw Refuse($"has the file {Excerpt.Quote(entry.Name)} twice");
        ZipEntry[] sorted = [.. entries];
        Array.Sort(sorted, (a, b) => a.Header.CompareTo(b.Header));
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Header < sorted[i - 1].End) throw Refuse($"has files that overlap: {Excerpt.Quote(sorted[i - 1].Name)} and {Excerpt.Quote(sorted[i].Name)}");
        }
    }

    private InvalidFileException Refuse(string problem) => new(_path, $"{problem}.");

    private static int U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
