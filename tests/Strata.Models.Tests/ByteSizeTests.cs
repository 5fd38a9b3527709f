using Xunit;

namespace Strata.Models.Tests;

public class ByteSizeTests
{
    [Theory]
    [InlineData("800MB", 800_000_000)]
    [InlineData("1.5 GiB", 1_610_612_736)]
    [InlineData(" 2gb ", 2_000_000_000)]
    [InlineData("64kib", 65_536)]
    [InlineData("3 kB", 3000)]
    [InlineData("17B", 17)]
    [InlineData("4096", 4096)]
    public void Reads_amounts_of_memory(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse("--memory", text));

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1GB")]
    [InlineData("0")]
    [InlineData("1e300TB")]
    [InlineData("10 parsecs")]
    [InlineData("∞")]
    [InlineData("1,5GB")]
    public void Refuses_what_is_no_amount(string text) =>
        Assert.Equal($"--memory \"{text}\": expected an amount of memory such as 800MB, 1.5GiB or a number of bytes.", Assert.Throws<StrataException>(() => ByteSize.Parse("--memory", text)).Message);
}
