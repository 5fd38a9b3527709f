using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Strata.Cli.Tests.Commands;
using Strata.Notebooks;

namespace Strata.Cli.Tests.Reporting;

/// <summary>What a real browser, opening files without a network, makes of reports on saved notebooks.</summary>
public sealed partial class ReportBrowserTests : FolderTest
{
    private const string Attack = "document.title='owned';parent.document.title='owned'";

    [SkippableFact]
    public async Task NothingOfAHostileNotebookRunsAndItsFiguresAreDrawn()
    {
        Needed.Require(PlotlyAsset.IsAvailable, "built without plotly.js");
        string notebook = Executed("hostile", "# Harmless\n\n<script>" + Attack + "</script> [x](javascript:" + Attack + ")",
            new JsonObject { ["text/html"] = $"<script>{Attack}</script><img src=x onerror=\"{Attack}\"><svg onload=\"{Attack}\"></svg><iframe src=\"javascript:{Attack}\"></iframe><div style=\"height:345px\">tall</div>" },
            new JsonObject { ["image/svg+xml"] = $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\" onload=\"{Attack}\"><script>{Attack}</script></svg>" },
            new JsonObject { ["application/javascript"] = Attack, ["text/plain"] = "js" },
            new JsonObject
            {
                ["application/vnd.plotly.v1+json"] = new JsonObject
                {
                    ["data"] = new JsonArray(new JsonObject { ["type"] = "bar", ["x"] = new JsonArray($"<img src=x onerror=\"{Attack}\">"), ["y"] = new JsonArray(1), ["name"] = $"</script><script>{Attack}</script>" }),
                    ["layout"] = new JsonObject { ["title"] = new JsonObject { ["text"] = $"<a href=\"javascript:{Attack}\">title</a><script>{Attack}</script>" } },
                },
                ["text/html"] = $"<script>{Attack}</script>",
            });
        ToolResult result = await Tool.Run("report", notebook, "-o", At("report.html"));
        Assert.True(result.Code == 0, result.Error);

        string dom = await Open("report.html");
        Assert.Contains("<title>Harmless</title>", dom);
        Assert.Single(Regex.Matches(dom, "class=\"js-plotly-plot\""));
        Assert.Contains("class=\"main-svg\"", dom);
        // The frame has the height of its content, which the page measured.
        Assert.Matches("<iframe class=\"html\"[^>]* style=\"height: (?:3[4-9]|4|5)\\d+px;\"", dom);
    }

    [SkippableFact]
    public async Task TheGalleryFindsNotebooksByTheirTextAndItsReportsDraw()
    {
        Browser.Require();
        JsonObject figure = new() { ["application/vnd.plotly.v1+json"] = JsonNode.Parse("""{"data":[{"type":"bar","y":[1,2]}],"layout":{}}"""), ["text/plain"] = "bars" };
        string[] notebooks = [Executed("a", "# Owls\n\nNight birds.\n\n## Hunting\n\nThey hear a mouse in the *dark*.", figure), Executed("b", "# Ducks\n\nWater birds, by day and in the dark.")];
        Assert.Equal(0, (await Tool.Run(["report", .. notebooks, "--site", At("site")])).Code);

        string found = await Open("site/index.html", "#dark%20MOUSE");
        Assert.Equal(["Owls"], Visible(found));
        Assert.Matches("<li><a href=\"a.html#hunting\">Hunting</a><span>They hear a <mark>mouse</mark> in the <mark>dark</mark>.</span></li>", found);
        Assert.Equal(["Owls", "Ducks"], Visible(await Open("site/index.html", "#birds")));
        Assert.Empty(Visible(await Open("site/index.html", "#parrot")));
        Assert.Equal(["Owls", "Ducks"], Visible(await Open("site/index.html")));

        if (PlotlyAsset.IsAvailable) Assert.Contains("class=\"main-svg\"", await Open("site/a.html"));
    }

    private static string[] Visible(string dom) => Card().Matches(dom).Select(match => match.Groups[1].Value).ToArray();

    private string Executed(string name, string markdown, params JsonObject[] shown) => Write($"{name}.ipynb", new JsonObject
    {
        ["nbformat"] = 4,
        ["nbformat_minor"] = 4,
        ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = "python3", ["display_name"] = "Python 3", ["language"] = "python" } },
        ["cells"] = new JsonArray(
            new JsonObject { ["cell_type"] = "markdown", ["metadata"] = new JsonObject(), ["source"] = markdown },
            new JsonObject
            {
                ["cell_type"] = "code",
                ["execution_count"] = 1,
                ["metadata"] = new JsonObject(),
                ["source"] = "show()",
                ["outputs"] = new JsonArray(shown.Select(data => (JsonNode)new JsonObject { ["output_type"] = "display_data", ["metadata"] = new JsonObject(), ["data"] = data }).ToArray()),
            }),
    }.ToJsonString());

    /// <summary>The page as it is after its scripts ran.</summary>
    private async Task<string> Open(string page, string fragment = "") => (await Browser.Open(At(page), fragment)).Dom;

    [GeneratedRegex("<li class=\"card\"><div class=\"picture\">.*?<h2><a href=\"[^\"]*\">(.*?)</a>", RegexOptions.Singleline)]
    private static partial Regex Card();
}
