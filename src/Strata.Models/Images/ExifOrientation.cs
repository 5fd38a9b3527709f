using System.Buffers.Binary;

namespace Strata.Models;

/// <summary>The orientation that a camera wrote beside an image (EXIF, tag 0x0112).</summary>
internal static class ExifOrientation
{
    /// <summary>1 to 8; null where the segment says none or is damaged.</summary>
    public static int? Read(ReadOnlySpan<byte> segment)
    {
        if (!segment.StartsWith("Exif\0\0"u8)) return null;
        ReadOnlySpan<byte> tiff = segment[6..];
        bool little = tiff.StartsWith("II*\0"u8);
        if (!little && !tiff.StartsWith("MM\0*"u8)) return null;
        if (tiff.Length < 8) return null;
        uint directory = Wide(tiff[4..], little);
        if (directory > tiff.Length - 2) return null;
        int count = Short(tiff[(int)directory..], little);
        for (int i = 0; i < count; i++)
        {
            long at = directory + 2 + 12L * i;
            if (at + 12 > tiff.Length) return null;
            ReadOnlySpan<byte> entry = tiff.Slice((int)at, 12);
            if (Short(entry, little) == 0x0112) return Short(entry[2..], little) == 3 && Short(entry[8..], little) is >= 1 and <= 8 and int value ? value : null;
        }

        return null;
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint Wide(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
