using System.Text.RegularExpressions;
using System.Xml.Linq;
using Strata.Notebooks;
using Xunit;

namespace Strata.Notebooks.Tests;

public class FigureEscapingTests
{
    [Fact]
    public void SvgIsWellFormedAndShowsHostileTextAsText()
    {
        foreach ((string kind, Figure figure) in SampleFigures.All())
        {
            XElement svg = XElement.Parse(figure.WithSubtitle(SampleFigures.Hostile).WithNotes("note " + SampleFigures.Hostile).WithProvenance(SampleFigures.Origin).ToSvg());
            XNamespace ns = "http://www.w3.org/2000/svg";
            Assert.Equal(ns + "svg", svg.Name);
            Assert.DoesNotContain(svg.Descendants(), e => e.Name.LocalName is "script" or "b" or "foreignObject");
            string[] texts = svg.Descendants(ns + "text").Select(t => t.Value).ToArray();
            Assert.True(texts.Count(t => t == SampleFigures.Hostile) >= 2, kind);
            Assert.Contains("note " + SampleFigures.Hostile, texts);
            Assert.Contains(SampleFigures.Hostile, svg.Element(ns + "desc")!.Value);
        }
    }

    [Fact]
    public void SvgSurvivesCharactersThatXmlCannotHold()
    {
        string svg = Figure.Lines("bell \u0007, null \0, half a pair \uD800, emoji \U0001F600", "x", "y", new LineSeries("a", [0, 1], [1, 2])).ToSvg();
        Assert.Contains("emoji \U0001F600", XElement.Parse(svg).Value);
    }

    [Fact]
    public void PlotlyJsonCannotEndAScriptBlockAndHoldsNoMarkupFromOutside()
    {
        foreach ((string kind, Figure figure) in SampleFigures.All())
        {
            string json = figure.ToPlotlyJson();
            Assert.DoesNotContain('<', json);
            Assert.DoesNotContain('>', json);
            string title = System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("layout").GetProperty("title").GetProperty("text").GetString()!;
            Assert.True(title == "&#60;/script&#62;&#60;b&#62;&#38;", kind);
        }
    }

    [Fact]
    public void HtmlHoldsNoElementsFromOutside()
    {
        foreach ((string kind, Figure figure) in SampleFigures.All())
        {
            string html = figure.WithNotes(SampleFigures.Hostile).WithProvenance(SampleFigures.Origin).ToHtml();
            Assert.DoesNotContain("<b>", html);
            Assert.True(Regex.Matches(html, "<script").Count == Regex.Matches(html, "</script>").Count, kind);
            Assert.Contains("<details", html);
        }
    }

    [Fact]
    public void MarkdownAndPlainText()
    {
        foreach ((string kind, Figure figure) in SampleFigures.All())
        {
            string markdown = figure.WithNotes(SampleFigures.Hostile).ToMarkdown();
            Assert.DoesNotContain('<', markdown);
            Assert.Contains("- &lt;/script&gt;&lt;b&gt;&amp;", markdown);
            Assert.True(figure.ToPlainText().StartsWith(SampleFigures.Hostile, StringComparison.Ordinal), kind);
        }
    }
}
