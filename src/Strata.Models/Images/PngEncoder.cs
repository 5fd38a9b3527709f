using System.Buffers.Binary;
using System.IO.Compression;

namespace Strata.Models;

/// <summary>Writes images as PNG: 8 bits of red, green and blue, every row stored as it is.</summary>
internal static class PngEncoder
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static byte[] Encode(PixelImage image)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        (header[8], header[9]) = (8, 2);
        using MemoryStream file = new();
        file.Write(Signature);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, Packed(image));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>The rows, each behind the number of its filter: none.</summary>
    private static byte[] Packed(PixelImage image)
    {
        using MemoryStream packed = new();
        using (ZLibStream deflate = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            int row = 3 * image.Width;
            for (int y = 0; y < image.Height; y++)
            {
                deflate.WriteByte(0);
                deflate.Write(image.Rgb.AsSpan(y * row, row));
            }
        }

        return packed.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(name);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(data, Checksum(name, uint.MaxValue)) ^ uint.MaxValue);
        file.Write(number);
    }

    /// <summary>CRC-32 as PNG has it, without its last inversion, so that it goes on over several spans.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes, uint checksum)
    {
        foreach (byte value in bytes)
        {
            checksum ^= value;
            for (int bit = 0; bit < 8; bit++) checksum = (checksum & 1) == 0 ? checksum >> 1 : checksum >> 1 ^ 0xEDB88320;
        }

        return checksum;
    }
}
