using Strata.Models;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>What cells show without a formatter of their own.</summary>
public sealed class MarkupTests
{
    // One transparent pixel.
    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    [Fact]
    public void Each_kind_has_its_rendering_and_text()
    {
        Assert.Equal("<b>x</b>", Of(new Html("<b>x</b>"))[MimeBundle.Html]);
        Assert.Equal("*x*", Of(new Markdown("*x*"))[MimeBundle.Markdown]);
        Assert.Equal("$$x^2$$", Of(new LaTeX("x^2"))[MimeBundle.LaTeX]);
        Assert.Equal("$x^2$", Of(new LaTeX("$x^2$"))[MimeBundle.LaTeX]);
        Assert.Equal("<svg/>", Of(new Svg("<svg/>"))[MimeBundle.Svg]);
        Assert.Equal("{\n  \"a\": [\n    1\n  ]\n}", Of(Json.Parse("{\"a\":[1]}"))[MimeBundle.Json].ReplaceLineEndings("\n"));
        Assert.Equal("{\n  \"name\": \"x\"\n}", Of(Json.Of(new { Name = "x" }))[MimeBundle.Json].ReplaceLineEndings("\n"));
        Assert.All(new object[] { new Html(""), new Markdown(""), new LaTeX("x"), new Svg("<svg/>"), Json.Of(1), Image.FromBytes(Png) }, value => Assert.True(Of(value).ContainsKey(MimeBundle.PlainText)));
    }

    [Fact]
    public void A_picture_keeps_its_bytes_and_tells_its_encoding()
    {
        Image picture = Image.FromBytes(Png);
        Assert.Equal("image/png", picture.MimeType);
        Assert.Equal(Png, Convert.FromBase64String(Of(picture)["image/png"]));
        Assert.Equal($"PNG picture, 1 x 1, {Png.Length} bytes", picture.ToString());
        Assert.Equal("image/jpeg", Image.FromBytes([0xFF, 0xD8, 0xFF, 0xE0]).MimeType);
        Assert.Equal("image/gif", Image.FromBytes("GIF89a"u8).MimeType);
        string file = Path.GetTempFileName();
        File.WriteAllBytes(file, Png);
        Assert.Equal(picture.ToString(), Image.FromFile(file).ToString());
        File.WriteAllText(file, "<svg/>");
        Assert.Contains("found 3C7376672F3E", Assert.Throws<InvalidFileException>(() => Image.FromFile(file)).Message);
        File.Delete(file);
        Assert.Throws<InvalidFileException>(() => Image.FromFile(file));
    }

    [Fact]
    public void What_is_not_what_it_should_be_is_refused()
    {
        Assert.Contains("found nothing", Assert.Throws<StrataException>(() => Image.FromBytes([])).Message);
        Assert.Throws<StrataException>(() => new Svg("<svg>"));
        Assert.Contains("\"html\"; expected \"svg\"", Assert.Throws<StrataException>(() => new Svg("<html/>")).Message);
        Assert.Throws<StrataException>(() => Json.Parse("{"));
        Assert.Throws<StrataException>(() => Json.Of(double.NaN));
    }

    [Fact]
    public void A_foreign_value_is_shown_as_it_says()
    {
        Assert.Equal("<i>7</i>", Of(new WithMethod(7))[MimeBundle.Html]);
        Assert.Equal("seven", Of(new WithMethod(7))[MimeBundle.PlainText]);
        Assert.Equal("<u>7</u>", Of(new ByConvention())[MimeBundle.Html]);
        Assert.DoesNotContain("text/never", Of(new DerivedFromConvention()).Keys);
        Assert.Equal("<span class=\"strata-output\">plain</span>", Of(new WithOtherMethod())[MimeBundle.Html]);
    }

    private static IReadOnlyDictionary<string, string> Of(object value) => Formatters.Format(value).Renderings;

    private sealed class WithMethod(int number)
    {
        public string ToHtml() => $"<i>{number}</i>";

        public override string ToString() => "seven";
    }

    private sealed class WithOtherMethod
    {
        public string ToHtml(bool indented) => indented ? "no" : "never";

        public override string ToString() => "plain";
    }

    [AttributeUsage(AttributeTargets.Class)]
    private sealed class TypeFormatterSourceAttribute(Type source) : Attribute
    {
        public Type FormatterSourceType => source;
    }

    [TypeFormatterSource(typeof(Source))]
    private class ByConvention;

    private sealed class DerivedFromConvention : ByConvention;

    private sealed class Source
    {
        public IEnumerable<object> CreateTypeFormatters() => [new Formatter("text/html", true), new Formatter("text/never", false)];
    }

    private sealed class Formatter(string type, bool writes)
    {
        public string MimeType => type;

        public bool Format(object value, TextWriter writer)
        {
            writer.Write("<u>7</u>");
            return writes;
        }
    }
}
