using Strata.Cli.Reporting;

namespace Strata.Cli.Tests.Reporting;

public sealed class AnsiTextTests
{
    [Theory]
    [InlineData("a < b", "a &lt; b")]
    [InlineData("\u001b[31mred\u001b[0m plain", "<span class=\"ansi-1\">red</span> plain")]
    [InlineData("\u001b[1;32mbold green\u001b[22m green\u001b[39m plain", "<span class=\"ansi-2 ansi-bold\">bold green</span><span class=\"ansi-2\"> green</span> plain")]
    [InlineData("\u001b[94;41mx", "<span class=\"ansi-12 ansi-on-1\">x</span>")]
    [InlineData("\u001b[38;5;9mx\u001b[38;5;208my\u001b[48;2;1;2;999mz", "<span class=\"ansi-9\">x</span><span style=\"color:rgb(255,135,0);\">y</span><span style=\"color:rgb(255,135,0);background:rgb(1,2,255);\">z</span>")]
    [InlineData("\u001b[2K\u001b]0;title\u0007x\u001b[38;5mz", "xz")]
    [InlineData("10%\r50%\r100%\ndone\r\n", "100%\ndone\n")]
    [InlineData("\u001b[31mold\rnew", "<span class=\"ansi-1\">new</span>")]
    [InlineData("\u001b[31m<b>\u001b[m", "<span class=\"ansi-1\">&lt;b&gt;</span>")]
    [InlineData("\u001b[99999999999999;31mx", "<span class=\"ansi-1\">x</span>")]
    public void ConsoleTextLooksAsOnATerminal(string text, string html) => Assert.Equal(html, AnsiText.ToHtml(text));

    [Fact]
    public void EveryColourOfTheTableHasItsValue()
    {
        // Corners of the cube and ends of the grey ramp, as xterm defines them.
        foreach ((int index, string rgb) in new[] { (16, "0,0,0"), (21, "0,0,255"), (46, "0,255,0"), (196, "255,0,0"), (231, "255,255,255"), (59, "95,95,95"), (232, "8,8,8"), (255, "238,238,238") })
            Assert.Equal($"<span style=\"color:rgb({rgb});\">x</span>", AnsiText.ToHtml($"\u001b[38;5;{index}mx"));
    }
}
