using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using Xunit;

namespace Strata.Models.Tests.Images;

/// <summary>Images that lie about their size, end early or are damaged are refused with the file's name, fast and without much memory.</summary>
public class HostileImageTests
{
    private const int FewBytes = 4 << 20;

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, 1)]
    [InlineData(-1, 5)]
    [InlineData(8192, 8193)]
    [InlineData(8192, 8192)]
    [InlineData(30_000, 2_000)]
    public void A_PNG_that_says_to_be_large_is_refused_before_its_pixels_are_made_room_for(int width, int height) => Refused(Png(width, height, 2, 8, new byte[100]));

    [Fact]
    public void A_PNG_whose_data_unpack_to_much_more_than_its_pixels_is_read_no_further_than_these()
    {
        byte[] bomb = Png(2, 2, 2, 8, new byte[200_000_000]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        PixelImage image = PixelImage.Decode(bomb, "bomb.png");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, FewBytes);
        Assert.All(image.Rgb, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(2, 8, 7 * (3 * 5 + 1))]
    [InlineData(0, 1, 7 * 2)]
    [InlineData(6, 16, 7 * (8 * 5 + 1))]
    public void A_PNG_is_refused_wherever_it_is_cut(int colour, int depth, int bytes)
    {
        byte[] whole = Png(5, 7, colour, depth, new byte[bytes]);
        Assert.Equal(7, PixelImage.Decode(whole, "whole.png").Height);
        for (int length = 0; length < whole.Length; length++) Refused(whole[..length]);
    }

    [Theory]
    [InlineData(3, 8, "palette")]
    [InlineData(0, 16, "16 bits")]
    [InlineData(2, 4, "colour type 2 of 4 bits")]
    [InlineData(5, 8, "colour type 5")]
    public void A_PNG_of_a_form_that_is_not_read_is_refused_with_its_form(int colour, int depth, string reason) => Assert.Contains(reason, Refused(Png(3, 3, colour, depth, new byte[300])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_row_with_a_filter_that_PNG_does_not_have_is_refused() => Assert.Contains("filter 9", Refused(Png(2, 1, 2, 8, [9, 0, 0, 0, 0, 0, 0])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(65535, 65535)]
    [InlineData(8000, 8000)]
    [InlineData(0, 10)]
    public void A_JPEG_that_says_to_be_large_is_refused_before_its_pixels_are_made_room_for(int width, int height) => Refused(WithSize(Jpeg, width, height));

    [Fact]
    public void A_JPEG_is_refused_wherever_it_is_cut()
    {
        Assert.Equal(16, PixelImage.Decode(Jpeg, "whole.jpg").Width);
        for (int length = 0; length < Jpeg.Length; length++) Refused(Jpeg[..length]);
    }

    [Fact]
    public void A_JPEG_with_a_thousand_scans_is_refused()
    {
        int scan = Jpeg.AsSpan().IndexOf<byte>([0xFF, 0xDA]);
        byte[] many = [.. Jpeg[..scan], .. Enumerable.Repeat(Jpeg[scan..^2], 1000).SelectMany(bytes => bytes), 0xFF, 0xD9];
        Assert.Contains("scans", Refused(many).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arithmetic_coding_and_colours_of_a_printer_are_refused_with_their_name()
    {
        byte[] arithmetic = [.. Jpeg], printer = [.. Jpeg];
        int frame = Jpeg.AsSpan().IndexOf<byte>([0xFF, 0xC0]);
        arithmetic[frame + 1] = 0xC9;
        Assert.Contains("arithmetic", Refused(arithmetic).Message, StringComparison.Ordinal);
        byte[] four = [.. printer[..frame], 0xFF, 0xC0, 0, 20, 8, 0, 16, 0, 16, 4, 1, 17, 0, 2, 17, 0, 3, 17, 0, 4, 17, 0, .. printer[(frame + 2 + 11)..]];
        Assert.Contains("4 colours", Refused(four).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_bytes_give_an_image_or_a_refusal_and_nothing_else()
    {
        SeededRandom random = new(5);
        byte[][] seeds = [Jpeg, Png(5, 7, 2, 8, new byte[7 * 16]), Png(9, 3, 0, 2, new byte[3 * 4])];
        for (int trial = 0; trial < 3000; trial++)
        {
            byte[] damaged = [.. seeds[trial % seeds.Length]];
            for (int i = 0; i <= random.NextInt(3); i++) damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            try
            {
                PixelImage image = PixelImage.Decode(damaged, "damaged");
                Assert.Equal(3 * image.Width * image.Height, image.Rgb.Length);
            }
            catch (InvalidFileException e)
            {
                Assert.StartsWith("damaged: ", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Other_files_are_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("neither a PNG nor a JPEG", Assert.Throws<InvalidFileException>(() => PixelImage.Load(folder.WriteText("a.png", "GIF89a"))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<InvalidFileException>(() => PixelImage.Load(folder.File("none.png"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"do_normalize": true, "do_resize": false}""", "image_mean")]
    [InlineData("""{"do_normalize": false, "size": {"height": 0, "width": 3}}""", "size.height")]
    [InlineData("""{"do_normalize": false, "size": {"height": 100000000, "width": 3}}""", "size.height")]
    [InlineData("""{"do_normalize": false, "size": {"shortest_edge": 32, "longest_edge": 50}}""", "longest_edge")]
    [InlineData("""{"do_normalize": false, "size": 32, "resample": 9}""", "resample")]
    [InlineData("""{"do_resize": false, "image_mean": [0, 0, 0], "image_std": [0, 1, 1]}""", "image_std")]
    [InlineData("""{"do_resize": false, "image_mean": [0, 0], "image_std": [1, 1, 1]}""", "image_mean")]
    [InlineData("""{"do_resize": false, "do_normalize": false, "do_center_crop": true}""", "crop_size")]
    [InlineData("""{"do_resize": false, "do_normalize": false, "rescale_factor": "x"}""", "rescale_factor")]
    public void Settings_that_cannot_be_followed_are_refused_by_name(string json, string key)
    {
        using TemporaryFolder folder = new();
        folder.WriteText("preprocessor_config.json", json);
        Assert.Contains(key, Assert.Throws<InvalidFileException>(() => ImagePreprocessor.LoadFolder(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_and_narrow_image_is_not_blown_up()
    {
        ImagePreprocessor processor = new() { ShortestEdge = 224 };
        Assert.Contains("cut it first", Assert.Throws<StrataException>(() => processor.Apply(new PixelImage(10_000, 1, new byte[30_000]))).Message, StringComparison.Ordinal);
    }

    private static InvalidFileException Refused(byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Stopwatch clock = Stopwatch.StartNew();
        InvalidFileException refusal = Assert.Throws<InvalidFileException>(() => PixelImage.Decode(bytes, "hostile"));
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, FewBytes);
        return refusal;
    }

    private static byte[] Png(int width, int height, int colour, int depth, byte[] rows)
    {
        using MemoryStream file = new();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = ((byte)depth, (byte)colour);
        Chunk("IHDR"u8, header);
        using (MemoryStream packed = new())
        {
            using (ZLibStream deflate = new(packed, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(rows);
            Chunk("IDAT"u8, packed.ToArray());
        }

        Chunk("IEND"u8, []);
        return file.ToArray();

        void Chunk(ReadOnlySpan<byte> name, byte[] data)
        {
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
            file.Write(length);
            file.Write(name);
            file.Write(data);
            file.Write(new byte[4]);
        }
    }

    /// <summary>A grey JPEG of 16 x 16 pixels: four blocks, each a direct coefficient of one bit and no others.</summary>
    private static byte[] Jpeg { get; } =
    [
        0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)16, 64),
        0xFF, 0xC0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0,
        0xFF, 0xC4, 0, 21, 0x00, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0b01100000, 0b00010011, 0xFF, 0xD9,
    ];

    private static byte[] WithSize(byte[] jpeg, int width, int height)
    {
        byte[] changed = [.. jpeg];
        int frame = jpeg.AsSpan().IndexOf<byte>([0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(frame + 5), (ushort)height);
        BinaryPrimitives.WriteUInt16BigEndian(changed.AsSpan(frame + 7), (ushort)width);
        return changed;
    }
}
