using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Strata.Cli.Reporting;
using Strata.Notebooks;

namespace Strata.Cli.Tests.Reporting;

public sealed class SavedOutputTests
{
    private const string Png = "iVBORw0KGgo=";

    private static readonly Figure Plot = Figure.Lines("loss", "layer", "loss", new LineSeries("a", [0, 1, 2], [3, 2, 1])).WithNotes("A note with <b> & quotes.");

    private static SavedOutput Renderer(bool interactive = true) => new(new MarkdownRenderer("/tmp"), interactive);

    private static string Html(params (string Mime, string Content)[] renderings) => Html([], renderings);

    private static string Html(JsonObject metadata, params (string Mime, string Content)[] renderings) =>
        Renderer().ToHtml(renderings.ToDictionary(r => r.Mime, r => r.Content), metadata);

    /// <summary>The data that the report's script will hand to plotly.js.</summary>
    private static JsonElement[] Drawn(string html) => Regex.Matches(html, "<figure.*?<script type=\"application/json\">(.*?)</script></figure>", RegexOptions.Singleline)
        .Select(match => JsonDocument.Parse(match.Groups[1].Value).RootElement).ToArray();

    [Fact]
    public void EachFormHasItsPlace()
    {
        Assert.Contains($"<img alt=\"figure\" src=\"data:image/png;base64,{Png}\">", Html(("image/png", Png)));
        Assert.Contains($"<img alt=\"&lt;Figure&gt;\" src=\"data:image/jpeg;base64,{Png}\">", Html(("image/jpeg", Png), (MimeBundle.PlainText, "<Figure>")));
        Assert.Contains("src=\"data:image/svg+xml;base64,", Html((MimeBundle.Svg, "<svg onload='x'/>")));
        Assert.Contains("<span class=\"math\">\\alpha</span>", Html(("text/latex", "$\\alpha$"), (MimeBundle.PlainText, "object")));
        Assert.Contains("<strong>b</strong>", Html((MimeBundle.Markdown, "**b**")));
        Assert.Equal("<pre class=\"value\">{\n  &quot;a&quot;: 1\n}</pre>", Html(("application/json", """{"a":1}"""), (MimeBundle.PlainText, "object")).ReplaceLineEndings("\n"));
        Assert.Equal("<pre class=\"value\">IntSlider(value=7)</pre>", Html(("application/vnd.jupyter.widget-view+json", "{}"), (MimeBundle.PlainText, "IntSlider(value=7)")));
        Assert.Contains("cannot show: application/x-own", Html(("application/x-own", "1")));
    }

    [Fact]
    public void PicturesComeBeforeHtmlAndKeepTheirSize()
    {
        JsonObject metadata = new() { ["image/png"] = new JsonObject { ["width"] = 320.4, ["height"] = "\"onload=x" } };
        Assert.Equal($"<img alt=\"t\" width=\"320\" src=\"data:image/png;base64,{Png}\">", Html(metadata, (MimeBundle.Html, "<b>"), ("image/png", Png), (MimeBundle.PlainText, "t")));
        Assert.DoesNotContain("width=", Html(new JsonObject { ["image/png"] = new JsonObject { ["width"] = "1" } }, ("image/png", Png)));
    }

    [Fact]
    public void HtmlStandsInAFrameThatRunsNothing()
    {
        string html = Html((MimeBundle.Html, "</iframe><script>alert(1)</script><b onclick=\"x\">text</b>"));
        string[] tags = Regex.Matches(html, "<[a-z/]+").Select(match => match.Value).ToArray();
        Assert.Equal(["<iframe", "</iframe", "<p", "</p"], tags);
        Match frame = Regex.Match(html, "sandbox=\"([^\"]*)\" srcdoc=\"([^\"]*)\"");
        Assert.DoesNotContain("allow-scripts", frame.Groups[1].Value);
        Assert.DoesNotContain("allow-forms", frame.Groups[1].Value);
        Assert.DoesNotContain("allow-top-navigation", frame.Groups[1].Value);
        string inner = WebUtility.HtmlDecode(frame.Groups[2].Value);
        Assert.StartsWith("<!DOCTYPE html><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';", inner);
        Assert.EndsWith("</iframe><script>alert(1)</script><b onclick=\"x\">text</b>", inner);
        Assert.Contains("do not run", html);
        Assert.DoesNotContain("do not run", Html((MimeBundle.Html, "<b>text</b>")));
    }

    [Theory]
    [InlineData("<script>library()</script>")]
    [InlineData("<style>a{}</style> <!-- loader -->\n<SCRIPT src=x></SCRIPT>")]
    public void WhatOnlyPreparesThePageIsNotShown(string html) => Assert.Equal("", Html((MimeBundle.Html, html), (MimeBundle.PlainText, "loaded")));

    [Fact]
    public void FiguresAreDrawnFromTheirDataAlone()
    {
        string html = Html(
            (MimeBundle.Plotly, """{"data":[{"type":"bar","y":[1],"name":"</script><script>alert(1)</script>"}],"layout":{"title":{"text":"t"}},"config":{"plotlyServerURL":"https://example.org"}}"""),
            (MimeBundle.Html, "<div><script>own()</script></div>"));
        JsonElement figure = Assert.Single(Drawn(html));
        Assert.Equal("</script><script>alert(1)</script>", figure.GetProperty("data")[0].GetProperty("name").GetString());
        Assert.Equal(["data", "layout"], figure.EnumerateObject().Select(property => property.Name));
        Assert.DoesNotContain("alert(1)</script>", html);
        Assert.DoesNotContain("own()", html);
    }

    [Theory]
    [InlineData("""{"data":[{"type":"scatter3d"}]}""")]
    [InlineData("""{"data":[{"type":7}]}""")]
    [InlineData("""{"data":[7]}""")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"data":[{"type":"bar"}],"data":1}""")]
    public void FiguresThatCannotBeDrawnFallBack(string json) => Assert.Equal("<pre class=\"value\">text</pre>", Html((MimeBundle.Plotly, json), (MimeBundle.PlainText, "text")));

    [Fact]
    public void FiguresOfStrataKeepPictureNotesAndData()
    {
        IReadOnlyDictionary<string, string> renderings = Plot.ToMimeBundle().Renderings;
        string html = Renderer().ToHtml(renderings, []);
        Assert.Contains("<p>A note with &lt;b&gt; &amp; quotes.</p>", html);
        Assert.Contains("<div class=\"plot-area\"><img ", html);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Plot.ToPlotlyJson()).RootElement.GetProperty("data"), Assert.Single(Drawn(html)).GetProperty("data")));

        SavedOutput still = Renderer(interactive: false);
        Assert.StartsWith("<img ", still.ToHtml(renderings, []));
        Assert.False(still.HasFigure);
    }

    [SkippableFact]
    public void FiguresInsideOtherHtmlAreFound()
    {
        Skip.IfNot(PlotlyAsset.IsAvailable, "This build holds no plotly.js, so HTML of figures holds no data.");
        SavedOutput renderer = Renderer();
        string html = renderer.ToHtml(new Dictionary<string, string> { [MimeBundle.Html] = "<p>before</p>" + Plot.ToHtml() + "<table></table>" + Plot.ToHtml() }, []);
        Assert.Equal(2, Drawn(html).Length);
        Assert.Equal(2, Regex.Count(html, "<iframe"));
        Assert.True(renderer.HasFigure);
    }

    [SkippableFact]
    public void WhatOnlyLooksLikeAFigureIsNotTrusted()
    {
        Skip.IfNot(PlotlyAsset.IsAvailable, "This build holds no plotly.js, so HTML of figures holds no data.");
        string forged = Plot.ToHtml().Replace("<script>(function", "<script src=x></script><script>(function");
        Assert.StartsWith("<iframe", Html((MimeBundle.Html, forged)));
    }
}
