using System.Text;
using Microsoft.Playwright;

namespace Strata.Acceptance.Jupyter;

/// <summary>The gallery run by nbconvert and nbclient with this kernel, and what nbconvert makes of the outputs.</summary>
[Collection(JupyterTests.Name)]
public sealed class NbconvertTests(JupyterHome jupyter)
{
    private const string Tour = "01-layer-tour";

    [SkippableFact]
    public async Task TheTourIsExecutedAndBecomesAPageAndAPdf()
    {
        await Require();
        string executed = jupyter.Result(Tour + ".ipynb"), html = jupyter.Result(Tour + ".html");
        await Convert("--to", "notebook", "--execute", "--output", executed, Tour + ".ipynb");
        await RequireValid(executed);
        await Convert("--to", "html", "--output", html, executed);
        byte[] pdf = await Drawn(html, least: 14);
        Assert.Equal("%PDF-", Encoding.ASCII.GetString(pdf, 0, 5));
        Assert.InRange(pdf.Length, 100_000, 10_000_000);
    }

    [SkippableTheory]
    [InlineData("02-painters", 7)]
    [InlineData("03-csharp-api", 7)]
    public async Task ANotebookIsExecutedByNbclientAndBecomesAPage(string notebook, int figures)
    {
        await Require();
        string executed = jupyter.Result(notebook + ".ipynb"), html = jupyter.Result(notebook + ".html");
        Finished run = await jupyter.Run("-c", "import nbclient, nbformat, sys; nbformat.write(nbclient.execute(nbformat.read(sys.argv[1], 4)), sys.argv[2])", notebook + ".ipynb", executed);
        Assert.True(run.Code == 0, run.Error);
        await RequireValid(executed);
        await Convert("--to", "html", "--output", html, executed);
        await Drawn(html, figures);
    }

    [SkippableFact]
    public async Task LatexHoldsTheTablesAndNothingAboutScripts()
    {
        await Require();
        jupyter.Require("nbconvert.utils.pandoc as pandoc; pandoc.get_pandoc_version()", "pandoc");
        string executed = jupyter.Result("latex.ipynb"), latex = jupyter.Result("latex.tex");
        await File.WriteAllTextAsync(Path.Combine(jupyter.Notebooks, "latex.ipynb"), """
            {"cells":[{"cell_type":"code","execution_count":null,"id":"a","metadata":{},"outputs":[],"source":"#!model ../data/othello\n#!data ../data/othello/games-test.jsonl --take 4 --name games\n#!sweep --drop-each"}],
            "metadata":{"kernelspec":{"name":"strata","display_name":"C# (Strata)","language":"C#"}},"nbformat":4,"nbformat_minor":5}
            """);
        await Convert("--to", "notebook", "--execute", "--output", executed, "latex.ipynb");

        // Drawings as PDF are Inkscape's work; what the kernel has to get right is that each output has a rendering that LaTeX can take.
        await Convert("--to", "latex", "--SVG2PDFPreprocessor.enabled=False", "--output", latex, executed);
        string text = await File.ReadAllTextAsync(latex);
        Assert.Contains(@"\begin{longtable}", text);
        Assert.Contains("gpt2, 8 blocks", text);
        Assert.DoesNotContain("plotly", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<svg", text);
    }

    [SkippableTheory]
    [InlineData("await_timeout")]
    [InlineData("spin_timeout")]
    [InlineData("hard_timeout")]
    [InlineData("raising")]
    [InlineData("wrong_code")]
    [InlineData("wrong_magic")]
    [InlineData("allow_errors")]
    [InlineData("tagged")]
    public async Task TimeoutsAndErrorsBehaveAsScriptsExpect(string scenario)
    {
        await Require();
        Finished finished = await jupyter.Run(Path.Combine(AppContext.BaseDirectory, "Jupyter", "clients.py"), scenario);
        Assert.True(finished.Code == 0 && finished.Output.EndsWith("passed\n", StringComparison.Ordinal), finished.Error + finished.Output);
    }

    private async Task Require()
    {
        jupyter.Require("nbconvert", "python3-nbconvert");
        jupyter.Require("nbclient", "python3-nbclient");
    }

    private async Task Convert(params string[] arguments)
    {
        Finished finished = await jupyter.Run(["-m", "nbconvert", "--log-level=WARN", .. arguments]);
        Assert.True(finished.Code == 0, finished.Error);
    }

    private async Task RequireValid(string notebook)
    {
        Finished valid = await jupyter.Run("-c", "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT))", notebook);
        Assert.True(valid.Code == 0, valid.Error);
        Assert.DoesNotContain("\"output_type\": \"error\"", await File.ReadAllTextAsync(notebook));
    }

    /// <summary>Opens a page in a browser without a network and makes sure that it draws every figure.</summary>
    /// <returns>The page printed to PDF.</returns>
    private static async Task<byte[]> Drawn(string html, int least)
    {
        await using OfflinePage page = await OfflinePage.Open();

        // The scripts that nbconvert itself takes from the network (MathJax, RequireJS) are answered with nothing: the figures must not need them.
        await page.Page.RouteAsync(url => url.StartsWith("http", StringComparison.Ordinal), route => route.FulfillAsync(new RouteFulfillOptions { Status = 200, Body = "" }));
        await page.Page.GotoAsync(new Uri(html).AbsoluteUri);
        int figures = await page.Page.Locator(".strata-figure > script[type='application/json']").CountAsync();
        Assert.True(figures >= least, $"{html} has {figures} figures, expected {least} or more");
        await page.Drawn(figures);
        Assert.Empty(page.Errors);
        await page.Picture("nbconvert-" + Path.GetFileNameWithoutExtension(html), whole: true);
        return await page.Page.PdfAsync();
    }
}
