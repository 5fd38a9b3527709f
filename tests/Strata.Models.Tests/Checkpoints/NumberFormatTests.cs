using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

public sealed class NumberFormatTests
{
    /// <summary>E5M2 is the upper byte of a half.</summary>
    [Fact]
    public void Every_E5M2_number_is_the_half_with_that_upper_byte()
    {
        for (int code = 0; code < 256; code++) Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)), Widen("F8_E5M2", (byte)code));
    }

    /// <summary>Corners as the format's paper tabulates them, and between them ever larger numbers.</summary>
    [Fact]
    public void E4M3_numbers_are_those_of_the_paper()
    {
        Assert.Equal(448f, Widen("F8_E4M3", 0x7E));
        Assert.Equal(MathF.Pow(2, -6), Widen("F8_E4M3", 0x08));
        Assert.Equal(0.875f * MathF.Pow(2, -6), Widen("F8_E4M3", 0x07));
        Assert.Equal(MathF.Pow(2, -9), Widen("F8_E4M3", 0x01));
        Assert.Equal(1f, Widen("F8_E4M3", 0x38));
        Assert.True(float.IsNaN(Widen("F8_E4M3", 0x7F)) && float.IsNaN(Widen("F8_E4M3", 0xFF)));
        for (int code = 1; code < 0x7F; code++)
        {
            Assert.True(Widen("F8_E4M3", (byte)code) > Widen("F8_E4M3", (byte)(code - 1)));
            Assert.Equal(-Widen("F8_E4M3", (byte)code), Widen("F8_E4M3", (byte)(code | 0x80)));
        }
    }

    [Theory]
    [InlineData("BOOL", new byte[] { 0 }, 0f)]
    [InlineData("BOOL", new byte[] { 1 }, 1f)]
    [InlineData("U8", new byte[] { 255 }, 255f)]
    [InlineData("I8", new byte[] { 255 }, -1f)]
    [InlineData("U16", new byte[] { 1, 255 }, 65281f)]
    [InlineData("I16", new byte[] { 0, 128 }, -32768f)]
    [InlineData("U32", new byte[] { 0, 0, 0, 128 }, 2147483648f)]
    [InlineData("I32", new byte[] { 254, 255, 255, 255 }, -2f)]
    [InlineData("U64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 128 }, 9223372036854775808f)]
    [InlineData("I64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 128 }, -9223372036854775808f)]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 248, 63 }, 1.5f)]
    [InlineData("F8_E8M0", new byte[] { 128 }, 2f)]
    public void Other_numbers_are_widened(string format, byte[] bytes, float expected) => Assert.Equal(expected, Widen(format, bytes));

    [Fact]
    public void A_safetensors_file_of_any_such_format_is_read_as_float32()
    {
        using TemporaryFolder folder = new();
        string path = folder.WriteSafetensors("a.safetensors", """{"i":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"e":{"dtype":"F8_E4M3","shape":[1,2],"data_offsets":[2,4]},"n":{"dtype":"F64","shape":[0,9],"data_offsets":[4,4]}}""", 4);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([0f, 37f], file.Read(CpuEngine.Default, "i").ToArray());
        Tensor eight = file.Read(CpuEngine.Default, "e");
        Assert.Equal((DType.Float32, new Shape(1, 2)), (eight.DType, eight.Shape));
        Assert.Equal([Widen("F8_E4M3", 74), Widen("F8_E4M3", 111)], eight.ToArray());
        Assert.Empty(file.Read(CpuEngine.Default, "n").ToArray());
    }

    private static float Widen(string format, params byte[] bytes)
    {
        float[] value = new float[1];
        NumberFormat.Widen(format, bytes, value);
        return value[0];
    }
}
