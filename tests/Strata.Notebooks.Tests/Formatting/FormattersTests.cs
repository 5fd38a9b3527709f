using System.Xml.Linq;
using Strata.Models;
using Strata.Notebooks;
using Strata.Research;
using Xunit;

namespace Strata.Notebooks.Tests;

public class FormattersTests
{
    private interface IAnimal;

    private interface IDog : IAnimal;

    private sealed class Terrier : IDog;

    private class Plant;

    private sealed class Tree : Plant;

    [Theory]
    [InlineData(null, "null")]
    [InlineData(3, "3")]
    [InlineData(0.1f, "0.1")]
    [InlineData(2.0 / 3, "0.6666667")]
    [InlineData(true, "True")]
    [InlineData("a\nb", "a\nb")]
    [InlineData(new[] { 1.0, 2.5 }, "[1, 2.5]")]
    [InlineData(new[] { "x", null }, "[\"x\", null]")]
    public void OrdinaryValues(object? value, string expected)
    {
        MimeBundle bundle = Formatters.Format(value);
        Assert.Equal(expected, bundle.Renderings[MimeBundle.PlainText]);
        Assert.Equal(expected, XElement.Parse(bundle.Renderings[MimeBundle.Html]).Value);
        Assert.True(bundle.Renderings.ContainsKey(MimeBundle.Markdown));
    }

    [Fact]
    public void LongSequencesAreCutAndEndlessOnesAreReadNoFurther()
    {
        Assert.EndsWith("19, …] (5,000 items)", Formatters.Format(Enumerable.Range(0, 5000).ToArray()).Renderings[MimeBundle.PlainText]);
        int read = 0;
        IEnumerable<int> Endless()
        {
            while (true) yield return read++;
        }

        Assert.EndsWith("(more than 20 items)", Formatters.Format(Endless()).Renderings[MimeBundle.PlainText]);
        Assert.InRange(read, 20, 22);
        Assert.EndsWith("(100 x 3)", Formatters.Format(new double[100, 3]).Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void StrataExceptionsShowTheirMessageAlone()
    {
        MimeBundle bundle = Formatters.Format(Thrown(new InvalidFileException("/m/config.json", "n_layer is missing")));
        Assert.Equal("/m/config.json: n_layer is missing", bundle.Renderings[MimeBundle.PlainText]);
        Assert.DoesNotContain("<details", bundle.Renderings[MimeBundle.Html]);
    }

    [Fact]
    public void OtherExceptionsShowTypeAndMessageWithTheStackCollapsed()
    {
        string html = Formatters.Format(Thrown(new InvalidOperationException("no"))).Renderings[MimeBundle.Html];
        Assert.Contains(">InvalidOperationException: no</div>", html);
        Assert.Matches("<details[^>]*><summary>Stack trace</summary><pre>[^<]*Thrown", html);
    }

    [Fact]
    public void RegistrationsServeDerivedTypesAndTheMostDerivedInterfaceCounts()
    {
        Formatters.Register<IAnimal>(_ => MimeBundle.OfText("animal"));
        Formatters.Register<IDog>(_ => MimeBundle.OfText("dog"));
        Formatters.Register<Plant>(_ => MimeBundle.OfText("plant"));
        Assert.Equal("dog", Formatters.Format(new Terrier()).Renderings[MimeBundle.PlainText]);
        Assert.Equal("plant", Formatters.Format(new Tree()).Renderings[MimeBundle.PlainText]);
        Formatters.Register<Tree>(_ => MimeBundle.OfText("tree"));
        Assert.Equal("tree", Formatters.Format(new Tree()).Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void FiguresHaveAllRenderings()
    {
        IReadOnlyDictionary<string, string> renderings = Formatters.Format(SampleFigures.Heatmap("t")).Renderings;
        Assert.Equal([MimeBundle.Plotly, MimeBundle.Svg, MimeBundle.Html, MimeBundle.Markdown, MimeBundle.PlainText], renderings.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void HostileTextIsTextEverywhere()
    {
        const string hostile = SampleFigures.Hostile;
        Table table = new(hostile, SampleFigures.Origin, Column.Text(hostile, [hostile]), Column.Real("v", [1], hostile)) { Notes = [hostile] };
        object[] values = [table, hostile, new[] { hostile }, new Dictionary<string, string> { [hostile] = hostile }, SampleFigures.Origin, Thrown(new StrataException(hostile)), Thrown(new InvalidOperationException(hostile)), new System.Text.StringBuilder(hostile)];
        foreach (object value in values)
        {
            MimeBundle bundle = Formatters.Format(value);
            XElement html = XElement.Parse($"<div>{bundle.Renderings[MimeBundle.Html]}</div>");
            Assert.DoesNotContain(html.Descendants(), e => e.Name.LocalName is "script" or "b");
            Assert.Contains(hostile, html.Value);
            Assert.DoesNotContain('<', bundle.Renderings[MimeBundle.Markdown]);
            Assert.Contains("&lt;/script&gt;&lt;b&gt;&amp;", bundle.Renderings[MimeBundle.Markdown]);
            Assert.Contains(hostile, bundle.Renderings[MimeBundle.PlainText]);
        }
    }

    [Fact]
    public void MarkdownTextHasNoMeaningToMarkdown()
    {
        Assert.Equal(@"a \| b \*c\* \[d\]\(e\) \# \`f\` \$x\$ &lt;i&gt; g h", Escape.Markdown("a | b *c* [d](e) # `f` $x$ <i> g\nh"));
    }

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }
}
