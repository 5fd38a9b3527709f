using System.Buffers.Binary;
using System.Text;

namespace Strata.Models.Tests;

/// <summary>Zip archives written by hand, so that every field can lie.</summary>
internal sealed class ZipBuilder
{
    private readonly List<byte> _files = [];
    private readonly List<byte> _directory = [];
    private int _count;

    /// <summary>Adds a file.</summary>
    /// <param name="name">Its name, in both headers.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="method">0 for stored.</param>
    /// <param name="header">Where the directory says that it lies; null for the truth.</param>
    /// <param name="length">Bytes that the directory gives it; null for the truth.</param>
    public ZipBuilder Add(string name, byte[] content, int method = 0, uint? header = null, uint? length = null)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        uint size = length ?? (uint)content.Length, at = header ?? (uint)_files.Count;
        byte[] local = new byte[30];
        BinaryPrimitives.WriteUInt32LittleEndian(local, 0x04034b50);
        BinaryPrimitives.WriteUInt16LittleEndian(local.AsSpan(26), (ushort)nameBytes.Length);
        _files.AddRange([.. local, .. nameBytes, .. content]);
        byte[] central = new byte[46];
        BinaryPrimitives.WriteUInt32LittleEndian(central, 0x02014b50);
        BinaryPrimitives.WriteUInt16LittleEndian(central.AsSpan(10), (ushort)method);
        BinaryPrimitives.WriteUInt32LittleEndian(central.AsSpan(20), size);
        BinaryPrimitives.WriteUInt32LittleEndian(central.AsSpan(24), size);
        BinaryPrimitives.WriteUInt16LittleEndian(central.AsSpan(28), (ushort)nameBytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(central.AsSpan(42), at);
        _directory.AddRange([.. central, .. nameBytes]);
        _count++;
        return this;
    }

    public byte[] Build(ushort? count = null)
    {
        byte[] end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), count ?? (ushort)_count);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), count ?? (ushort)_count);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), (uint)_directory.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), (uint)_files.Count);
        return [.. _files, .. _directory, .. end];
    }
}
