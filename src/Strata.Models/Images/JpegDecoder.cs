using System.Buffers.Binary;

namespace Strata.Models;

/// <summary>
/// JPEG (ITU T.81): sequential and progressive Huffman coding, 8 bits, grey or colour. Transform, enlargement of colours and conversion to red, green and blue are those of libjpeg
/// ("islow", "fancy upsampling"), so that the pixels are those that Pillow gives, to the bit.
/// </summary>
internal sealed class JpegDecoder
{
    /// <summary>A guard against files whose many scans each pass over a large image; encoders write about ten.</summary>
    private const int MaxScans = 100;

    private readonly byte[] _bytes;
    private readonly string _name;
    private readonly ushort[][] _quantisers = new ushort[4][];
    private readonly JpegHuffman?[] _directTables = new JpegHuffman?[4], _alternatingTables = new JpegHuffman?[4];
    private JpegComponent[] _components = [];
    private int _width, _height, _restartInterval, _scans, _orientation = 1, _adobeTransform = -1;
    private bool _progressive, _jfif;

    public JpegDecoder(byte[] bytes, string name)
    {
        _bytes = bytes;
        _name = name;
    }

    public static bool IsJpeg(ReadOnlySpan<byte> bytes) => bytes.Length > 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;

    public PixelImage Decode()
    {
        int at = 2;
        while (true)
        {
            int marker = NextMarker(ref at);
            if (marker == 0xD9) break;
            if (marker is 0x00 or 0x01 or (>= 0xD0 and <= 0xD7)) continue;
            ReadOnlySpan<byte> segment = Segment(ref at);
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2: ReadFrame(segment, marker == 0xC2); break;
                case 0xC4: ReadHuffmanTables(segment); break;
                case 0xDA: at = ReadScan(segment, at); break;
                case 0xDB: ReadQuantisers(segment); break;
                case 0xDD: _restartInterval = segment.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(segment) : throw Refuse("has a restart interval of a wrong length"); break;
                case 0xE0: _jfif |= segment.StartsWith("JFIF\0"u8); break;
                case 0xE1: _orientation = ExifOrientation.Read(segment) ?? _orientation; break;
                case 0xEE: if (segment.Length >= 12 && segment.StartsWith("Adobe"u8)) _adobeTransform = segment[11]; break;
                case 0xC3 or (>= 0xC5 and <= 0xC7) or (>= 0xC9 and <= 0xCB) or (>= 0xCD and <= 0xCF): throw Refuse($"is coded as {marker:X2} says (lossless, hierarchical or arithmetic), which is not decoded; convert it to a usual JPEG or PNG");
            }
        }

        if (_scans == 0) throw Refuse("has no pixels");
        if (_components.FirstOrDefault(component => !component.Seen) is not null) throw Refuse("lacks one of its colours: it is cut off");
        return Picture().Oriented(_orientation);
    }

    private int NextMarker(ref int at)
    {
        while (at < _bytes.Length && _bytes[at] != 0xFF) at++;
        while (at < _bytes.Length && _bytes[at] == 0xFF) at++;
        return at < _bytes.Length ? _bytes[at++] : throw Refuse("ends before its end marker: it is cut off");
    }

    private ReadOnlySpan<byte> Segment(ref int at)
    {
        if (_bytes.Length - at < 2) throw Refuse("ends within a segment: it is cut off");
        int length = BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(at));
        if (length < 2 || length > _bytes.Length - at) throw Refuse($"has a segment of {length} bytes where {_bytes.Length - at} are left: it is cut off");
        ReadOnlySpan<byte> segment = _bytes.AsSpan(at + 2, length - 2);
        at += length;
        return segment;
    }

    private void ReadQuantisers(ReadOnlySpan<byte> segment)
    {
        for (int at = 0; at < segment.Length;)
        {
            int wide = segment[at] >> 4, table = segment[at] & 15, size = 64 << wide;
            if (wide > 1 || table > 3 || segment.Length - at - 1 < size) throw Refuse("has a quantisation table that is not one");
            ushort[] values = new ushort[64];
            for (int i = 0; i < 64; i++) values[JpegTransform.Natural[i]] = wide == 0 ? segment[at + 1 + i] : BinaryPrimitives.ReadUInt16BigEndian(segment[(at + 1 + 2 * i)..]);
            _quantisers[table] = values;
            at += 1 + size;
        }
    }

    private void ReadHuffmanTables(ReadOnlySpan<byte> segment)
    {
        for (int at = 0; at < segment.Length;)
        {
            if (segment.Length - at < 17) throw Refuse("has a Huffman table that is cut off");
            int kind = segment[at] >> 4, table = segment[at] & 15, symbols = 0;
            for (int i = 1; i <= 16; i++) symbols += segment[at + i];
            if (kind > 1 || table > 3 || symbols > 256 || segment.Length - at - 17 < symbols) throw Refuse("has a Huffman table that is not one");
            JpegHuffman? made = JpegHuffman.Create(segment.Slice(at + 1, 16), segment.Slice(at + 17, symbols));
            (kind == 0 ? _directTables : _alternatingTables)[table] = made ?? throw Refuse("has a Huffman table with more codes than there are");
            at += 17 + symbols;
        }
    }

    private void ReadFrame(ReadOnlySpan<byte> segment, bool progressive)
    {
        if (_components.Length > 0) throw Refuse("has two frames");
        if (segment.Length < 6 || segment.Length != 6 + 3 * segment[5]) throw Refuse("has a frame of a wrong length");
        if (segment[0] != 8) throw Refuse($"has {segment[0]} bits per colour; 8 are decoded");
        _progressive = progressive;
        (_height, _width) = (BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), BinaryPrimitives.ReadUInt16BigEndian(segment[3..]));
        PixelImage.CheckSize(_name, _width, _height);
        int count = segment[5];
        if (count is not (1 or 3)) throw Refuse($"has {count} colours (1 and 3 are decoded; 4 are those of a printer); convert it to RGB");
        JpegComponent[] components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = segment.Slice(6 + 3 * i, 3);
            components[i] = new JpegComponent(entry[0], entry[1] >> 4, entry[1] & 15, entry[2]);
            if (components[i].Across is < 1 or > 4 || components[i].Down is < 1 or > 4 || entry[2] > 3) throw Refuse("has colours of a resolution that JPEG does not have");
        }

        int across = components.Max(c => c.Across), down = components.Max(c => c.Down);
        if (components.Any(c => across % c.Across != 0 || down % c.Down != 0)) throw Refuse("has colours whose resolutions do not divide each other, which is not decoded; convert it to a usual JPEG or PNG");
        // The first scan spends at least a bit on each block: shorter files can never fill the image, so nothing is allocated for them.
        long blocks = components.Sum(c => (long)((_width * c.Across + across * 8 - 1) / (across * 8)) * ((_height * c.Down + down * 8 - 1) / (down * 8)));
        if (blocks > 8L * _bytes.Length) throw Refuse($"has {_bytes.Length:N0} bytes, which cannot be {_width} x {_height} pixels");
        foreach (JpegComponent component in components) component.Allocate(_width, _height, across, down);
        _components = components;
    }

    private int ReadScan(ReadOnlySpan<byte> segment, int at)
    {
        if (_components.Length == 0) throw Refuse("has pixels before its frame");
        if (++_scans > MaxScans) throw Refuse($"has more than {MaxScans} scans");
        if (segment.Length < 1 || segment[0] is < 1 or > 4 || segment.Length != 4 + 2 * segment[0]) throw Refuse("has a scan of a wrong length");
        JpegComponent[] scanned = new JpegComponent[segment[0]];
        for (int i = 0; i < scanned.Length; i++)
        {
            int id = segment[1 + 2 * i], tables = segment[2 + 2 * i];
            JpegComponent component = _components.FirstOrDefault(c => c.Id == id) ?? throw Refuse("has a scan of a colour that its frame does not have");
            if (scanned.Contains(component)) throw Refuse("has a scan with one colour twice");
            if (tables >> 4 > 3 || (tables & 15) > 3) throw Refuse("has a scan with a Huffman table that JPEG does not have");
            (component.Direct, component.Alternating, component.Seen) = (_directTables[tables >> 4], _alternatingTables[tables & 15], true);
            component.Quantiser ??= _quantisers[component.Table]?.ToArray();
            scanned[i] = component;
        }

        int first = segment[^3], last = segment[^2], high = segment[^1] >> 4, low = segment[^1] & 15;
        if (!_progressive) (first, last, high, low) = (0, 63, 0, 0);
        if (first > last || last > 63 || low > 13 || (high != 0 && high != low + 1) || (_progressive && first == 0 && last != 0) || (first > 0 && scanned.Length > 1)) throw Refuse("has a scan of coefficients that JPEG does not have");
        if (scanned.Any(c => (first == 0 && high == 0 && c.Direct is null) || (last > 0 && c.Alternating is null))) throw Refuse("has a scan before its Huffman table");
        JpegScan scan = new(_bytes, at, scanned, _restartInterval, _progressive, (first, last, high, low));
        return scan.Read((_width, _height)) ?? throw Refuse("has pixels that are cut off or damaged");
    }

    private PixelImage Picture()
    {
        byte[][] planes = [.. _components.Select(component => component.Plane(component.Quantiser ?? throw Refuse("has no quantisation table"), _width, _height))];
        byte[] rgb = GC.AllocateUninitializedArray<byte>(3 * _width * _height);
        if (planes.Length == 1) for (int i = 0; i < planes[0].Length; i++) rgb.AsSpan(3 * i, 3).Fill(planes[0][i]);
        else if (IsRgb()) for (int i = 0; i < planes[0].Length; i++) (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]) = (planes[0][i], planes[1][i], planes[2][i]);
        else JpegTransform.ToRgb(planes[0], planes[1], planes[2], rgb);
        return new PixelImage(_width, _height, rgb);
    }

    /// <summary>What three colours are is said by JFIF, by Adobe's marker or by their letters, in this order.</summary>
    private bool IsRgb() => !_jfif && (_adobeTransform >= 0 ? _adobeTransform == 0 : _components.Select(c => c.Id).SequenceEqual([(int)'R', 'G', 'B']));

    private InvalidFileException Refuse(string problem) => new(_name, $"is a JPEG file that {problem}.");
}
