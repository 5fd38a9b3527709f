using System.Text.Json;
using System.Text.RegularExpressions;
using Strata.Cli.Commands;

namespace Strata.Cli.Tests.Commands;

public sealed class ReportVerbTests : FolderTest
{
    private const string Svg = "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>";

    private static string Executed(string markdown, string outputs = """{"output_type":"stream","name":"stdout","text":"hello"}""") => $$$"""
        {"nbformat":4,"nbformat_minor":2,"metadata":{"kernelspec":{"name":"python3","display_name":"Python 3","language":"python"} },"cells":[
        {"cell_type":"markdown","metadata":{},"source":{{{JsonSerializer.Serialize(markdown)}}} },
        {"cell_type":"code","execution_count":1,"metadata":{},"source":"print('hello') # not C#","outputs":[{{{outputs}}}]}]}
        """;

    [Fact]
    public async Task ANotebookOfAnotherKernelBecomesAReport()
    {
        string notebook = Write("a.ipynb", Executed("# Title")), report = At("out.html");
        ToolResult result = await Tool.Run("report", notebook, "-o", report);
        Assert.True(result.Code == 0, result.Error);
        string html = File.ReadAllText(report);
        Assert.Contains("<pre class=\"stdout\">hello</pre>", html);
        Assert.Contains("<code>print(&#39;hello&#39;) # not C#</code>", html);
        Assert.Contains("Python 3", html);
        Assert.Equal(0, (await Tool.Run("report", notebook)).Code);
        Assert.True(File.Exists(At("a.html")));
    }

    [Fact]
    public async Task WhatHasNotRunIsRefusedWithTheCommandThatRunsIt()
    {
        string notebook = Write("a.ipynb", """{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"code","id":"a","execution_count":null,"metadata":{},"source":"1","outputs":[]}]}""");
        (await Tool.Run("report", notebook)).IsRefused(ExitCode.BadFile, "has not been executed", "strata run");
        (await Tool.Run("report", notebook, "--site", At("site"))).IsRefused(ExitCode.BadFile, "has not been executed");
        Assert.Equal(["a.ipynb"], Directory.EnumerateFileSystemEntries(Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task OptionsThatMakeNoSenseAreRefused()
    {
        string notebook = Write("a.ipynb", Executed("# A"));
        (await Tool.Run("report")).IsRefused(ExitCode.Usage, "NOTEBOOK");
        (await Tool.Run("report", notebook, notebook)).IsRefused(ExitCode.Usage, "--site");
        (await Tool.Run("report", notebook, "-o", notebook)).IsRefused(ExitCode.Usage, "would replace the notebook");
        (await Tool.Run("report", notebook, "-o", At("x.html"), "--site", At("site"))).IsRefused(ExitCode.Usage, "exclude each other");
        (await Tool.Run("report", At("none.ipynb"))).IsRefused(ExitCode.BadFile, "none.ipynb");
    }

    [Fact]
    public async Task AGalleryHasACardPerNotebookThatLeadsToItsReport()
    {
        Directory.CreateDirectory(At("other"));
        string[] notebooks =
        [
            Write("a.ipynb", Executed("# First & <b>best</b>\n\nThe *first* paragraph.\n\n## Part\n\nHidden words.", $$$"""{"output_type":"display_data","metadata":{},"data":{"image/svg+xml":"{{{Svg}}}"} }""")),
            Write("index.ipynb", Executed("no heading")),
            Write("other/a.ipynb", Executed("# Second </script>")),
        ];
        ToolResult result = await Tool.Run(["report", .. notebooks, "--site", At("site")]);
        Assert.True(result.Code == 0, result.Error);
        string page = File.ReadAllText(At("site/index.html"));
        string[] targets = Regex.Matches(page, "<h2><a href=\"([^\"]*)\">").Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(["a.html", "index-2.html", "a-2.html"], targets);
        Assert.All(targets, target => Assert.Contains("href=\"index.html\"", File.ReadAllText(At($"site/{target}"))));
        Assert.Contains("First &amp; &lt;b&gt;best&lt;/b&gt;</a>", page);
        Assert.Contains("<p class=\"summary\">The first paragraph.</p>", page);
        Assert.Single(Regex.Matches(page, "<img alt=\"\" src=\"data:image/svg"));
        Assert.Equal(2, Regex.Count(page, "<div class=\"picture\"><svg"));

        JsonElement texts = JsonDocument.Parse(Regex.Match(page, "id=\"texts\">(.*?)</script>").Groups[1].Value).RootElement;
        JsonElement part = texts[0].GetProperty("sections").EnumerateArray().Single(section => section.GetProperty("heading").GetString() == "Part");
        Assert.Equal("Hidden words.", part.GetProperty("text").GetString());
        Assert.Contains($"id=\"{part.GetProperty("anchor").GetString()}\"", File.ReadAllText(At("site/a.html")));
    }

    [Fact]
    public async Task AGalleryReplacesItsOwnPagesAndTouchesNoOthers()
    {
        string notebook = Write("a.ipynb", Executed("# One"));
        Directory.CreateDirectory(At("site"));
        File.WriteAllText(At("site/notes.txt"), "mine");
        Assert.Equal(0, (await Tool.Run("report", notebook, "--site", At("site"))).Code);
        Write("a.ipynb", Executed("# Two"));
        Assert.Equal(0, (await Tool.Run("report", notebook, "--site", At("site"))).Code);
        Assert.Contains("Two", File.ReadAllText(At("site/index.html")));
        Assert.Equal("mine", File.ReadAllText(At("site/notes.txt")));

        File.WriteAllText(At("site/a.html"), "<h1>mine</h1>");
        Write("a.ipynb", Executed("# Three"));
        (await Tool.Run("report", notebook, "--site", At("site"))).IsRefused(ExitCode.BadFile, "a.html", "not written by strata");
        Assert.Equal("<h1>mine</h1>", File.ReadAllText(At("site/a.html")));
        Assert.DoesNotContain("Three", File.ReadAllText(At("site/index.html")));
    }

    [SkippableFact]
    public async Task ReportsOfAGalleryShareOnePlotly()
    {
        string figure = """{"output_type":"display_data","metadata":{},"data":{"application/vnd.plotly.v1+json":{"data":[{"type":"bar","y":[1]}],"layout":{}},"text/plain":"bars"}}""";
        string notebook = Write("a.ipynb", Executed("# One", figure)), other = Write("b.ipynb", Executed("# Two", figure));
        Assert.Equal(0, (await Tool.Run("report", notebook, other, "--site", At("site"))).Code);
        Skip.IfNot(Notebooks.PlotlyAsset.IsAvailable, "This build holds no plotly.js.");
        string script = Assert.Single(Directory.GetFiles(At("site"), "plotly-*.js"));
        Assert.All(new[] { "a.html", "b.html" }, name => Assert.Matches($"<script nonce=\"[0-9a-f]+\" src=\"{Path.GetFileName(script)}\"></script>", File.ReadAllText(At($"site/{name}"))));
        Assert.True(new FileInfo(At("site/a.html")).Length < 100_000);
    }
}
