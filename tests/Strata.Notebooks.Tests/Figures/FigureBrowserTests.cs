using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Strata.Notebooks;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>What a real browser with plotly.js makes of figures; skipped where there is no Chromium, or no plotly.js in the build.</summary>
public class FigureBrowserTests
{
    [SkippableFact]
    public void PlotlyAcceptsAndDrawsEveryKindAndShowsHostileTextAsText()
    {
        string? browser = Browser();
        Skip.If(browser is null, "no Chromium on the path");
        Skip.IfNot(PlotlyAsset.IsAvailable, "built without plotly.js");
        (string Kind, Figure Figure)[] figures = SampleFigures.All().ToArray();

        // The library comes last: fragments must wait for it.
        StringBuilder page = new("<!doctype html><meta charset=\"utf-8\"><body>");
        foreach ((_, Figure figure) in figures) page.Append(figure.ToHtml());
        page.Append(PlotlyAsset.Script).Append("<pre id=\"report\"></pre><script>window.addEventListener('load', function() { setTimeout(function() {")
            .Append("var lines = [];document.querySelectorAll('.strata-figure').forEach(function(e) { var f = JSON.parse(e.querySelector('script').textContent);")
            .Append("var faults = Plotly.validate(f.data, f.layout) || []; var title = e.querySelector('.gtitle');")
            .Append("lines.push([e.querySelectorAll('.js-plotly-plot').length, faults.map(function(x) { return x.msg }).join(';'), title ? title.textContent : ''].join('|')) });")
            .Append("document.getElementById('report').textContent = lines.join('\\n') }, 1500) })</script>");
        string dom = Load(browser!, page.ToString());
        string[] report = System.Net.WebUtility.HtmlDecode(Regex.Match(dom, "<pre id=\"report\">(.*?)</pre>", RegexOptions.Singleline).Groups[1].Value).Split('\n');
        Assert.Equal(figures.Length, report.Length);
        for (int i = 0; i < figures.Length; i++) Assert.Equal($"{figures[i].Kind}: 1||{SampleFigures.Hostile}", $"{figures[i].Kind}: {report[i]}");
    }

    private static string? Browser() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    private static string Load(string browser, string html)
    {
        string folder = Directory.CreateTempSubdirectory("strata-browser-").FullName;
        try
        {
            string page = Path.Combine(folder, "page.html");
            File.WriteAllText(page, html);
            ProcessStartInfo start = new(browser) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in (string[])["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={folder}/profile", "--virtual-time-budget=20000", "--dump-dom", page]) start.ArgumentList.Add(argument);
            using Process process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string dom = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return dom;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
