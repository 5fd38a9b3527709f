namespace Strata.Models;

/// <summary>A decoded image: rows of red, green and blue, eight bits each.</summary>
public sealed class PixelImage
{
    /// <summary>Most pixels of an image that is read: 64 Mi.</summary>
    public const int MaxPixels = 1 << 26;

    /// <summary>An image from its pixels.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="rgb">Row after row, three bytes per pixel.</param>
    /// <exception cref="StrataException">The image is empty or the bytes are not as many as its pixels need.</exception>
    public PixelImage(int width, int height, byte[] rgb)
    {
        if (width < 1 || height < 1 || rgb.LongLength != 3L * width * height)
            throw new StrataException($"{rgb.LongLength} bytes are not an image of {width} x {height} pixels, which needs {3L * width * height}, and at least one pixel.");
        Width = width;
        Height = height;
        Rgb = rgb;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>[height, width, 3], row-major.</summary>
    public byte[] Rgb { get; }

    /// <summary>
    /// Reads a PNG or JPEG file as Pillow's <c>Image.open(path).convert("RGB")</c> does, turned upright by its EXIF orientation. Transparency is dropped, not blended.
    /// </summary>
    /// <exception cref="InvalidFileException">The file cannot be read, is neither PNG nor JPEG, is damaged, has more than <see cref="MaxPixels"/> pixels, or a form that is not decoded.</exception>
    public static PixelImage Load(string path)
    {
        const int maxBytes = 1 << 28;
        byte[] bytes;
        try
        {
            long length = new FileInfo(path).Length;
            if (length > maxBytes) throw new InvalidFileException(path, $"has {length:N0} bytes; images of at most {maxBytes:N0} are read.");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }

        return Decode(bytes, path);
    }

    /// <summary>Decodes the bytes of a PNG or JPEG file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InvalidFileException">As for <see cref="Load"/>.</exception>
    public static PixelImage Decode(byte[] bytes, string name)
    {
        if (PngDecoder.IsPng(bytes)) return new PngDecoder(bytes, name).Decode();
        if (JpegDecoder.IsJpeg(bytes)) return new JpegDecoder(bytes, name).Decode();
        throw new InvalidFileException(name, "is neither a PNG nor a JPEG file; convert it to one of them.");
    }

    /// <summary>The bytes of a PNG file.</summary>
    public byte[] ToPng() => PngEncoder.Encode(this);

    /// <summary>Refuses sizes before anything is allocated for them.</summary>
    internal static void CheckSize(string name, long width, long height)
    {
        if (width < 1 || height < 1) throw new InvalidFileException(name, $"is an image of {width} x {height} pixels.");
        if (width * height > MaxPixels) throw new InvalidFileException(name, $"is an image of {width} x {height} pixels; at most {MaxPixels:N0} are read. Make it smaller first.");
    }

    /// <summary>A part of the image; what lies outside of it is black.</summary>
    internal PixelImage Cut(int left, int top, int width, int height)
    {
        byte[] cut = new byte[3L * width * height];
        int first = Math.Max(0, left), last = Math.Min(Width, left + width);
        for (int row = Math.Max(0, -top); row < height && top + row < Height && first < last; row++)
            Rgb.AsSpan(3 * ((top + row) * Width + first), 3 * (last - first)).CopyTo(cut.AsSpan(3 * (row * width + first - left)));
        return new PixelImage(width, height, cut);
    }

    /// <summary>The image as an EXIF orientation wants it shown: 1 as it is, 2 mirrored, 3 half a turn, 4 upside down, 5 to 8 the same with rows and columns exchanged.</summary>
    internal PixelImage Oriented(int orientation)
    {
        if (orientation is < 2 or > 8) return this;
        bool exchanged = orientation >= 5;
        (int width, int height) = exchanged ? (Height, Width) : (Width, Height);
        bool fromRight = orientation is 2 or 3 or 7 or 8, fromBottom = orientation is 3 or 4 or 6 or 7;
        byte[] turned = new byte[Rgb.Length];
        for (int row = 0, to = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++, to += 3)
            {
                (int x, int y) = exchanged ? (row, column) : (column, row);
                int from = 3 * ((fromBottom ? Height - 1 - y : y) * Width + (fromRight ? Width - 1 - x : x));
                (turned[to], turned[to + 1], turned[to + 2]) = (Rgb[from], Rgb[from + 1], Rgb[from + 2]);
            }
        }

        return new PixelImage(width, height, turned);
    }

    /// <summary>Size.</summary>
    public override string ToString() => $"image of {Width} x {Height} pixels";
}
