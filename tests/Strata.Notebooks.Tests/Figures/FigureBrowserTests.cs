using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>What a real browser with plotly.js makes of figures.</summary>
public class FigureBrowserTests
{
    [SkippableFact]
    public async Task PlotlyAcceptsAndDrawsEveryKindAndShowsHostileTextAsText()
    {
        Needed.Require(PlotlyAsset.IsAvailable, "built without plotly.js");
        (string Kind, Figure Figure)[] figures = SampleFigures.All().ToArray();

        // The library comes last: fragments must wait for it.
        StringBuilder page = new("<!doctype html><meta charset=\"utf-8\"><body>");
        foreach ((_, Figure figure) in figures) page.Append(figure.ToHtml());
        page.Append(PlotlyAsset.Script).Append("<pre id=\"report\"></pre><script>window.addEventListener('load', function() { setTimeout(function() {")
            .Append("var lines = [];document.querySelectorAll('.strata-figure').forEach(function(e) { var f = JSON.parse(e.querySelector('script').textContent);")
            .Append("var faults = Plotly.validate(f.data, f.layout) || []; var title = e.querySelector('.gtitle');")
            .Append("lines.push([e.querySelectorAll('.js-plotly-plot').length, faults.map(function(x) { return x.msg }).join(';'), title ? title.textContent : ''].join('|')) });")
            .Append("document.getElementById('report').textContent = lines.join('\\n') }, 1500) })</script>");
        string dom = await Load(page.ToString());
        string[] report = System.Net.WebUtility.HtmlDecode(Regex.Match(dom, "<pre id=\"report\">(.*?)</pre>", RegexOptions.Singleline).Groups[1].Value).Split('\n');
        Assert.Equal(figures.Length, report.Length);
        for (int i = 0; i < figures.Length; i++) Assert.Equal($"{figures[i].Kind}: 1||{SampleFigures.Hostile}", $"{figures[i].Kind}: {report[i]}");
    }

    private static async Task<string> Load(string html)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("strata-page-");
        try
        {
            string page = Path.Combine(folder.FullName, "page.html");
            File.WriteAllText(page, html);
            return (await Browser.Open(page)).Dom;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
