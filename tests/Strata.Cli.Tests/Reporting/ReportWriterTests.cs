using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Strata.Cli.Reporting;
using Strata.Cli.Running;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Cli.Tests.Reporting;

public sealed partial class ReportWriterTests
{
    private const string Hostile = "</script><script>alert(1)</script><b onmouseover=x>&\"'";

    private static readonly ReportAssets Assets = new("<style>.asset{}</style>", "/* figures */");

    private static NotebookCell Markdown(Notebook notebook, string text) => notebook.Insert(notebook.Cells.Count, CellKind.Markdown, text);

    private static NotebookCell Code(Notebook notebook, string text, params CellOutput[] outputs)
    {
        NotebookCell cell = notebook.Insert(notebook.Cells.Count, CellKind.Code, text);
        cell.ExecutionCount = notebook.Cells.Count;
        cell.Outputs = outputs;
        return cell;
    }

    private static DisplayOutput Shown(params (string Mime, string Content)[] renderings) =>
        new(new MimeBundle(renderings.ToDictionary(r => r.Mime, r => r.Content)), [], IsResult: false);

    private static RunResult Ran(Notebook notebook, params CellStatus[] statuses) => new(
        notebook.Cells.Select((cell, i) => new CellOutcome(i, i < statuses.Length ? statuses[i] : CellStatus.Succeeded, TimeSpan.FromSeconds(1), null)).ToArray(),
        DateTimeOffset.UnixEpoch,
        TimeSpan.FromSeconds(2));

    private static string Report(Notebook notebook, RunResult? run = null, string path = "/tmp/a notebook.ipynb") => new ReportWriter(Assets).Render(notebook, path, run).Html;

    [GeneratedRegex(@"<(?:script|link|img|iframe|source|video|audio|embed|object|use|image)\b[^>]*\b(?:src|href|data|xlink:href)\s*=(?>\s*[""']?\s*)(?!data:|#)|@import|url\((?>\s*[""']?)(?!data:|#)", RegexOptions.IgnoreCase)]
    private static partial Regex Fetches();

    [Fact]
    public void TextIsEscapedWhereverItStands()
    {
        Notebook notebook = Notebook.Empty();
        Markdown(notebook, $"# {Hostile}\n\n{Hostile}\n\n`{Hostile}`\n\n| a |\n|---|\n| {Hostile} |\n\n```{Hostile}\n{Hostile}\n```\n");
        NotebookCell code = Code(
            notebook,
            $"var s = \"x\"; // {Hostile}\n#!magic {Hostile}\n/* {Hostile} */ {Hostile}",
            new StreamOutput(StandardStream.Output, Hostile),
            new StreamOutput(StandardStream.Error, Hostile),
            Shown((MimeBundle.PlainText, Hostile)),
            Shown((MimeBundle.Markdown, Hostile)),
            Shown(("image/png", Hostile), (MimeBundle.PlainText, Hostile)),
            Shown((MimeBundle.Svg, $"<svg xmlns='http://www.w3.org/2000/svg'>{Hostile}</svg>"), (MimeBundle.PlainText, Hostile)),
            Shown((Hostile, Hostile)),
            new DisplayOutput(MimeBundle.OfText("r"), new JsonObject { [Renderings.ProvenanceKey] = new JsonObject { [Hostile] = Hostile, ["list"] = new JsonArray(Hostile), ["map"] = new JsonObject { [Hostile] = Hostile } } }, true),
            new ErrorOutput(new CellError(Hostile, Hostile, [Hostile])));
        code.Metadata["tags"] = new JsonArray(Hostile);
        notebook.Insert(notebook.Cells.Count, CellKind.Raw, Hostile);

        string html = Report(notebook, Ran(notebook), $"/tmp/{Hostile.Replace('/', ' ')}.ipynb");
        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("<b onmouseover", html);
        Assert.DoesNotContain("</script>", html);
    }

    [Fact]
    public void NothingIsFetched()
    {
        Notebook notebook = Notebook.Empty();
        Markdown(notebook, "[a link](https://example.org/a) ![remote](https://example.org/p.png) ![x](//example.org/q.png) ![m](https://www.youtube.com/watch?v=1) ![f](file:///etc/passwd) https://example.org/b");
        Code(notebook, "1", Shown((MimeBundle.Svg, "<svg xmlns='http://www.w3.org/2000/svg'><image href='https://example.org/x.png'/></svg>")));
        string html = Report(notebook, Ran(notebook));
        Assert.DoesNotMatch(Fetches(), html);
        Assert.Contains("<a href=\"https://example.org/a\">a link</a>", html);
        Assert.Contains("<a href=\"https://example.org/p.png\">remote</a>", html);
        Assert.Contains("default-src 'none'", html);
        Assert.Matches(Fetches(), "<img alt=\"\" src=\"http://a/b.png\">");
    }

    [Theory]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVa&#x73;cript:alert(1))")]
    [InlineData("[x](<java\tscript:alert(1)>)")]
    [InlineData("[x](data:text/html;base64,PHNjcmlwdD4=)")]
    [InlineData("[x][1]\n\n[1]: vbscript:x")]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("![x](javascript:alert(1))")]
    [InlineData("# T {onclick=alert(1)}")]
    public void LinksRunNothing(string text)
    {
        Notebook notebook = Notebook.Empty();
        Markdown(notebook, text);
        Assert.DoesNotMatch(@"(?i)(href|src)\s*=\s*""\s*(java|data:text|vbscript)|<[^>]*\sonclick\s*=", Report(notebook));
    }

    [Fact]
    public void HtmlStandsInThePageFromThisRunOnly()
    {
        Notebook notebook = Notebook.Empty();
        Code(notebook, "1", Shown((MimeBundle.Html, "<table id=\"rich\"></table>"), (MimeBundle.PlainText, "plain")));
        Assert.Contains("<table id=\"rich\">", Report(notebook, Ran(notebook)));
        string saved = Report(notebook);
        Assert.DoesNotContain("<table", saved);
        Assert.Contains("&lt;table id=&quot;rich&quot;&gt;", saved);
    }

    [Fact]
    public void ScriptsOfFiguresComeOnlyWithFigures()
    {
        Notebook notebook = Notebook.Empty();
        Code(notebook, "1", Shown((MimeBundle.Html, "<div></div>")));
        Assert.DoesNotContain("/* figures */", Report(notebook, Ran(notebook)));
        Assert.DoesNotContain("/* figures */", Report(notebook));
        Code(notebook, "2", Shown((MimeBundle.Html, "<div></div>"), (MimeBundle.Plotly, """{"data":[{"type":"bar"}]}""")));
        Assert.Contains("<script>/* figures */</script>", Report(notebook, Ran(notebook)));
        Assert.Matches("<script nonce=\"[0-9a-f]{32}\">/\\* figures \\*/</script>", Report(notebook));
        Assert.Contains(Assets.Style, Report(notebook));
    }

    [Fact]
    public void HeadingsMakeTitleAndContents()
    {
        Notebook notebook = Notebook.Empty();
        Markdown(notebook, "## Before\n\n# The *title* & `more`\n\n[jump](#Part-One)");
        Markdown(notebook, "## Part One\n### Détail\n#### too deep");
        Markdown(notebook, "## Part one");
        string html = Report(notebook);
        Assert.Contains("<title>The title &amp; more</title>", html);
        string contents = html[html.IndexOf("<nav", StringComparison.Ordinal)..html.IndexOf("</nav>", StringComparison.Ordinal)];
        Assert.Equal(["before", "the-title-more", "part-one", "d&#233;tail", "part-one-2"], Regex.Matches(contents, "href=\"#([^\"]*)\"").Select(m => m.Groups[1].Value));
        Assert.Contains("<h2 id=\"part-one\">", html);
        Assert.Contains("<h2 id=\"part-one-2\">", html);
        Assert.Contains("<a href=\"#part-one\">jump</a>", html);
        Assert.Single(Regex.Matches(html, "<h1"));
    }

    [Fact]
    public void WithoutAHeadingTheFileGivesTheTitle()
    {
        string html = Report(Notebook.Empty());
        Assert.Contains("<title>a notebook</title>", html);
        Assert.Contains("<h1>a notebook</h1>", html);
    }

    [Fact]
    public void EveryLinkInsideThePageLeadsSomewhereAndIdsAreUnique()
    {
        Notebook notebook = Notebook.Empty();
        Markdown(notebook, "# T\n\nA note[^1].\n\n[^1]: First.");
        Markdown(notebook, "## Provenance\n\n## Provenance\n\n## Cell 3\n\nAnother[^1].\n\n[^1]: Second.");
        for (int i = 0; i < 3; i++)
            Code(notebook, $"{i}", new DisplayOutput(MimeBundle.OfText("v"), new JsonObject { [Renderings.ProvenanceKey] = new JsonObject { ["seed"] = i / 2, ["modelHash"] = "ab" } }, true));
        string html = Report(notebook, Ran(notebook));
        string[] ids = Regex.Matches(html, " id=\"([^\"]*)\"").Select(m => m.Groups[1].Value).ToArray();
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(Regex.Matches(html, "href=\"#([^\"]+)\"").Select(m => m.Groups[1].Value), target => Assert.Contains(target, ids));
        Assert.Equal(2, Regex.Matches(html, "<article id=\"origin:").Count);
        Assert.Contains("<dt>model hash</dt><dd>ab</dd>", html);
        Assert.Contains("<a href=\"#cell:3:output:1\">cell 3</a>, <a href=\"#cell:4:output:1\">cell 4</a>", html);
    }

    [Fact]
    public void FailedAndSkippedCellsAreMarked()
    {
        Notebook notebook = Notebook.Empty();
        Code(notebook, "a", new ErrorOutput(new CellError("System.Exception", "the message", ["System.Exception: the message", "  at cell 1, line 1"])));
        Code(notebook, "b").ExecutionCount = null;
        string html = Report(notebook, Ran(notebook, CellStatus.Failed, CellStatus.NotRun));
        Assert.Contains("<section class=\"code failed\" id=\"cell:1\">", html);
        Assert.Contains("<section class=\"code not-run\" id=\"cell:2\">", html);
        Assert.Contains("System.Exception: the message\n  at cell 1, line 1", html);
        Assert.Contains("<a class=\"badge failed\" href=\"#cell:1\">failed</a>", html);
    }

    [Fact]
    public void PicturesComeFromAttachmentsAndFromTheNotebooksFolder()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("report");
        try
        {
            byte[] picture = [0x89, 0x50, 0x4E, 0x47];
            string data = $"data:image/png;base64,{Convert.ToBase64String(picture)}";
            Directory.CreateDirectory(Path.Combine(folder.FullName, "inner"));
            File.WriteAllBytes(Path.Combine(folder.FullName, "inner", "a b.png"), picture);
            File.WriteAllBytes(Path.Combine(folder.FullName, "outside.png"), picture);
            Notebook notebook = Notebook.Empty();
            Markdown(notebook, "![one](a%20b.png)\n\n![two](../outside.png)\n\n![three](missing.png)");
            string html = Report(notebook, path: Path.Combine(folder.FullName, "inner", "n.ipynb"));
            Assert.Single(Regex.Matches(html, Regex.Escape($"<img src=\"{data}\" alt=\"one\"")));
            Assert.DoesNotContain("<img src=\"../", html);
            Assert.Single(Regex.Matches(html, "<img"));

            Notebook attached = Notebook.Parse(System.Text.Encoding.UTF8.GetBytes($$"""
                {"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "metadata": {}, "source": "![p](attachment:p.png)", "attachments": {"p.png": {"image/png": "{{Convert.ToBase64String(picture)}}"} } }]}
                """), "n.ipynb");
            Assert.Contains($"src=\"{data}\"", Report(attached));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void FormulasAreShownAsWritten()
    {
        Notebook notebook = Notebook.Empty();
        Markdown(notebook, "So $a_i < b_i$ holds.\n\n$$\n\\sum_i <b>\n$$");
        string html = Report(notebook);
        Assert.Contains("<span class=\"math\">a_i &lt; b_i</span>", html);
        Assert.Contains("<div class=\"math\">\\sum_i &lt;b&gt;", html);
    }

    [Fact]
    public void CodeIsTinted()
    {
        Notebook notebook = Notebook.Empty();
        Code(notebook, "var n = 1.5; // a < b\n#!measure x\nreturn $\"v {n}\";");
        string html = Report(notebook);
        Assert.Contains("<span class=\"keyword\">var</span> n = <span class=\"number\">1.5</span>; <span class=\"comment\">// a &lt; b</span>\n<span class=\"magic\">#!measure x</span>\n<span class=\"keyword\">return</span> <span class=\"string\">$&quot;v {n}&quot;</span>;", html);
    }

    [Fact]
    public void DeeplyNestedMarkdownIsStillShown()
    {
        Notebook notebook = Notebook.Empty();
        Markdown(notebook, new string('>', 5000) + " deep");
        Assert.Contains("deep", Report(notebook));
    }
}
