using System.Buffers.Binary;
using System.IO.Compression;

namespace Strata.Models;

/// <summary>
/// PNG (ISO/IEC 15948): all colour types and depths, interlaced or not. Ancillary chunks are passed over: gamma and colour profiles change no pixel, as in the libraries that
/// image models are trained with. Checksums are not checked.
/// </summary>
internal sealed class PngDecoder
{
    private const uint Header = 0x49484452, Palette = 0x504C5445, Data = 0x49444154, End = 0x49454E44;
    private static readonly byte[] Signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The seven passes of an interlaced image: first column and row, step of columns and rows.</summary>
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private readonly byte[] _bytes;
    private readonly string _name;
    private readonly List<(int Start, int Length)> _data = [];
    private readonly byte[] _palette = [.. Enumerable.Range(0, 3 * 256).Select(i => (byte)(i / 3))]; // Colours that a palette lacks are grey in Pillow.
    private bool _hasPalette;
    private int _width, _height, _depth, _colour, _channels;
    private bool _interlaced;

    public PngDecoder(byte[] bytes, string name)
    {
        _bytes = bytes;
        _name = name;
    }

    public static bool IsPng(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Signature);

    public PixelImage Decode()
    {
        ReadChunks();
        CheckLength();
        byte[] rgb = GC.AllocateUninitializedArray<byte>(3 * _width * _height);
        try
        {
            using ZLibStream pixels = new(new DataStream(_bytes, _data), CompressionMode.Decompress);
            if (!_interlaced) ReadPass(pixels, rgb, 0, 0, 1, 1);
            else foreach ((int x, int y, int stepX, int stepY) in Passes) ReadPass(pixels, rgb, x, y, stepX, stepY);
        }
        catch (EndOfStreamException)
        {
            throw Refuse("ends before its last row");
        }
        catch (InvalidDataException e)
        {
            throw Refuse($"has pixels that cannot be unpacked ({e.Message})");
        }

        return new PixelImage(_width, _height, rgb);
    }

    private void ReadChunks()
    {
        bool header = false;
        for (int at = Signature.Length; ;)
        {
            if (_bytes.Length - at < 12) throw Refuse("ends within its chunks: it is cut off");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at)), type = BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at + 4));
            if (length > _bytes.Length - at - 12) throw Refuse($"has a chunk of {length:N0} bytes where {_bytes.Length - at - 12:N0} are left: it is cut off");
            ReadOnlySpan<byte> chunk = _bytes.AsSpan(at + 8, (int)length);
            if (!header && type != Header) throw Refuse("does not begin with its header");
            if (type == Header) ReadHeader(chunk);
            if (type == Palette) ReadPalette(chunk);
            if (type == Data) _data.Add((at + 8, (int)length));
            if (type == End) break;
            header = true;
            at += 12 + (int)length;
        }

        if (_colour == 3 && !_hasPalette) throw Refuse("has no palette");
    }

    private void ReadHeader(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length != 13) throw Refuse($"has a header of {chunk.Length} bytes; expected 13");
        PixelImage.CheckSize(_name, BinaryPrimitives.ReadUInt32BigEndian(chunk), BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]));
        (_width, _height) = (BinaryPrimitives.ReadInt32BigEndian(chunk), BinaryPrimitives.ReadInt32BigEndian(chunk[4..]));
        (_depth, _colour) = (chunk[8], chunk[9]);
        bool valid = _colour switch
        {
            0 => _depth is 1 or 2 or 4 or 8 or 16,
            3 => _depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => _depth is 8 or 16,
            _ => false,
        };
        if (!valid || chunk[10] != 0 || chunk[11] != 0 || chunk[12] > 1) throw Refuse($"has colour type {_colour} of {_depth} bits, compression {chunk[10]}, filter {chunk[11]} and interlace {chunk[12]}, which PNG does not have");
        if (_colour == 0 && _depth == 16) throw Refuse("has grey values of 16 bits, for which there is no agreed way to 8 (Pillow cuts all above 255); convert it to 8 bits");
        _channels = _colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        _interlaced = chunk[12] == 1;
    }

    private void ReadPalette(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length == 0 || chunk.Length > _palette.Length || chunk.Length % 3 != 0) throw Refuse($"has a palette of {chunk.Length} bytes; expected 3 for each of 1 to 256 colours");
        chunk.CopyTo(_palette);
        _hasPalette = true;
    }

    /// <summary>Deflate packs at most 1032 bytes into one: fewer bytes than that can never give the rows, so nothing is allocated for them.</summary>
    private void CheckLength()
    {
        long packed = _data.Sum(part => (long)part.Length), rows = (long)_height * RowBytes(_width);
        if (packed * 1032 < rows) throw Refuse($"has {packed:N0} bytes of data, which cannot be {_width} x {_height} pixels");
    }

    private int RowBytes(int columns) => (int)(((long)columns * _channels * _depth + 7) / 8);

    private void ReadPass(Stream pixels, byte[] rgb, int firstX, int firstY, int stepX, int stepY)
    {
        int columns = (_width - firstX + stepX - 1) / stepX, rows = (_height - firstY + stepY - 1) / stepY;
        if (columns <= 0 || rows <= 0) return;
        int bytes = RowBytes(columns), pixel = Math.Max(1, _channels * _depth / 8);
        byte[] row = new byte[bytes + 1], above = new byte[bytes + 1];
        for (int y = 0; y < rows; y++)
        {
            pixels.ReadExactly(row);
            Unfilter(row.AsSpan(1), above.AsSpan(1), row[0], pixel);
            Colour(row.AsSpan(1), columns, rgb.AsSpan(3 * ((firstY + y * stepY) * _width + firstX)), 3 * stepX);
            (row, above) = (above, row);
        }
    }

    private void Unfilter(Span<byte> row, ReadOnlySpan<byte> above, int filter, int pixel)
    {
        switch (filter)
        {
            case 0: break;
            case 1:
                for (int i = pixel; i < row.Length; i++) row[i] += row[i - pixel];
                break;
            case 2:
                for (int i = 0; i < row.Length; i++) row[i] += above[i];
                break;
            case 3:
                for (int i = 0; i < row.Length; i++) row[i] += (byte)(((i < pixel ? 0 : row[i - pixel]) + above[i]) >> 1);
                break;
            case 4:
                for (int i = 0; i < row.Length; i++) row[i] += i < pixel ? above[i] : Paeth(row[i - pixel], above[i], above[i - pixel]);
                break;
            default: throw Refuse($"has a row with filter {filter}; PNG has 0 to 4");
        }
    }

    /// <summary>The neighbour that is nearest to left + above − corner.</summary>
    private static byte Paeth(int left, int above, int corner)
    {
        int toLeft = Math.Abs(above - corner), toAbove = Math.Abs(left - corner), toCorner = Math.Abs(left + above - 2 * corner);
        return (byte)(toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner);
    }

    /// <summary>Writes a row as red, green and blue; of 16 bits the upper 8 count.</summary>
    private void Colour(ReadOnlySpan<byte> row, int columns, Span<byte> rgb, int step)
    {
        int bytes = _depth / 8, pixel = _channels * bytes, levels = (1 << _depth) - 1;
        for (int x = 0; x < columns; x++)
        {
            Span<byte> to = rgb.Slice(x * step, 3);
            if (_channels >= 3) (to[0], to[1], to[2]) = (row[x * pixel], row[x * pixel + bytes], row[x * pixel + 2 * bytes]);
            else
            {
                int value = _depth >= 8 ? row[x * pixel] : row[x * _depth / 8] >> (8 - _depth - x * _depth % 8) & levels;
                if (_colour == 3) _palette.AsSpan(3 * value, 3).CopyTo(to);
                else to.Fill((byte)(_depth < 8 ? value * 255 / levels : value));
            }
        }
    }

    private InvalidFileException Refuse(string problem) => new(_name, $"is a PNG file that {problem}.");

    /// <summary>The data chunks as one stream.</summary>
    private sealed class DataStream(byte[] bytes, List<(int Start, int Length)> parts) : Stream
    {
        private int _part, _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            while (_part < parts.Count && _at == parts[_part].Length) (_part, _at) = (_part + 1, 0);
            if (_part == parts.Count) return 0;
            int read = Math.Min(count, parts[_part].Length - _at);
            Array.Copy(bytes, parts[_part].Start + _at, buffer, offset, read);
            _at += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
