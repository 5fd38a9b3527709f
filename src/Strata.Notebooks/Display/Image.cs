using System.Buffers.Binary;
using System.Globalization;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>A picture in the encoding of its file, shown as it is.</summary>
public sealed class Image
{
    private static readonly (byte[] Signature, string Type)[] Known =
    [
        ([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A], "png"),
        ([0xFF, 0xD8, 0xFF], "jpeg"),
        ([(byte)'G', (byte)'I', (byte)'F', (byte)'8'], "gif"),
    ];

    private readonly byte[] _bytes;
    private readonly string _type;

    private Image(byte[] bytes, string type) => (_bytes, _type) = (bytes, type);

    /// <summary>The MIME type: <c>image/png</c>, <c>image/jpeg</c> or <c>image/gif</c>.</summary>
    public string MimeType => $"image/{_type}";

    /// <summary>A picture from the bytes of a PNG, JPEG or GIF file; the encoding is told by its signature.</summary>
    /// <exception cref="StrataException">The bytes are none of these.</exception>
    public static Image FromBytes(ReadOnlySpan<byte> bytes) => TypeOf(bytes) is { } type
        ? new Image(bytes.ToArray(), type)
        : throw new StrataException($"These {bytes.Length:N0} bytes are no picture: expected the signature of PNG, JPEG or GIF, found {Found(bytes)}.");

    /// <summary>A picture from a PNG, JPEG or GIF file.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, or is none of these.</exception>
    public static Image FromFile(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }

        return TypeOf(bytes) is { } type ? new Image(bytes, type) : throw new InvalidFileException(path, $"is no picture: expected the signature of PNG, JPEG or GIF, found {Found(bytes)}.");
    }

    internal MimeBundle ToMimeBundle() => new(new Dictionary<string, string> { [MimeType] = Convert.ToBase64String(_bytes), [MimeBundle.PlainText] = ToString() });

    /// <summary>Encoding, size in pixels where that is known, bytes.</summary>
    public override string ToString()
    {
        // A PNG begins with its header chunk: signature, length, name, width, height.
        string pixels = _type == "png" && _bytes.Length >= 24
            ? $", {BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(16))} x {BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(20))}"
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{_type.ToUpperInvariant()} picture{pixels}, {_bytes.Length:N0} bytes");
    }

    private static string? TypeOf(ReadOnlySpan<byte> bytes)
    {
        foreach ((byte[] signature, string type) in Known)
            if (bytes.StartsWith(signature)) return type;
        return null;
    }

    private static string Found(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? "nothing" : Convert.ToHexString(bytes[..Math.Min(8, bytes.Length)]);
}
