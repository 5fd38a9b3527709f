using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Strata.Models;
using Strata.Research;

namespace Strata.Acceptance;

/// <summary>The gallery as readers get it: every notebook runs, and its report says and shows what it should.</summary>
public sealed partial class GalleryTests(Gallery gallery) : IClassFixture<Gallery>
{
    private const string Tour = "01-layer-tour", Painters = "02-painters", Api = "03-csharp-api", Layers = "04-layer-by-layer", Geometry = "08-geometry", Performance = "09-performance", Similarity = "05-similarity", Readers = "06-probes-and-controls", Lenses = "07-lenses";

    [Theory]
    [InlineData(Tour, "The network", "The games", "Capture", "Geometry by layer", "Which layers are alike", "When is the move decided: the logit lens", "Where is the board: linear probes", "What this shows, and what it does not")]
    [InlineData(Painters, "The network as it is", "Six ways to run the middle", "Leaving out one block", "Leaving out windows of blocks", "Can the damage be foreseen? Angular distance", "What this shows, and what it does not")]
    [InlineData(Api, "Load", "Capture", "Measure, and a measure of one's own", "Compare", "Plans: skip, reverse, sweep", "Intervene", "Probe", "Logit lens and generation", "What this shows, and what it does not")]
    [InlineData(Similarity, "CKA, and its bias", "Random weights", "Without what the inputs share", "Other measures", "Networks of different depth: stitching", "A changed network", "More rows than memory", "What this shows, and what it does not")]
    [InlineData(Readers, "Eight squares, two boards", "A leak, and the split that stops it", "How long is the description", "How many units carry a square", "Erasure: is it used?", "What this shows, and what it does not")]
    [InlineData(Lenses, "The logit lens", "A fitted lens", "The future lens", "Who wrote the score: direct logit attribution", "The patching lens", "Decoding with mixed layers", "What this shows, and what it does not")]
    [InlineData(Layers, "Shape: four numbers per layer in one pass", "Views: do two versions of a game stay together?", "Corruption and length", "What can be read at each layer", "Does any number foretell it?", "Which blocks can be spared", "What this shows, and what it does not")]
    [InlineData(Geometry, "Intrinsic dimension, and at which scale", "Spectra", "Anisotropy, and the states without their leading directions", "Massive activations", "Position and context", "Coding rate", "What this shows, and what it does not")]
    [InlineData(Performance, "The machine", "Plans", "Layers", "Tokens", "Samples", "What is shared", "What this shows, and what it does not")]
    public async Task ReportHasItsSectionsAndItsProvenance(string notebook, params string[] sections)
    {
        string html = await File.ReadAllTextAsync(await gallery.Report(notebook));
        string[] headings = Heading().Matches(html).Select(match => Text(match.Groups[1].Value)).ToArray();
        foreach (string section in sections) Assert.Contains(section, headings);
        Assert.Contains("id=\"provenance\"", html);
        Assert.Contains("all cells ran", html);
    }

    [Theory]
    [InlineData(Tour)]
    [InlineData(Painters)]
    [InlineData(Api)]
    [InlineData(Similarity)]
    [InlineData(Readers)]
    [InlineData(Lenses)]
    [InlineData(Layers)]
    [InlineData(Geometry)]
    [InlineData(Performance)]
    public async Task ReportNeedsNothingOutsideItself(string notebook)
    {
        string html = await File.ReadAllTextAsync(await gallery.Report(notebook));
        string markup = Script().Replace(html, "");
        Assert.Empty(Reference().Matches(markup).Select(match => match.Value));
        Assert.DoesNotContain("@import", markup);
        Assert.InRange(html.Length, 100_000, 12_000_000);
    }

    [SkippableTheory]
    [InlineData(Tour, 14)]
    [InlineData(Painters, 7)]
    [InlineData(Api, 8)]
    [InlineData(Performance, 5)]
    public async Task BrowserDrawsEveryFigureAndReportsNoError(string notebook, int least)
    {
        string report = await gallery.Report(notebook);
        int figures = FigureData().Count(await File.ReadAllTextAsync(report));
        Assert.True(figures >= least, $"{notebook} has {figures} figures, expected {least} or more");
        Page page = await Browser.Open(report);
        Assert.Empty(page.Errors);

        // Each interactive plot begins with its container and holds its main drawing before the next one begins.
        string[] plots = page.Dom.Split("class=\"js-plotly-plot\"").Skip(1).ToArray();
        Assert.Equal(figures, plots.Length);
        Assert.All(plots, plot => Assert.Contains("class=\"main-svg\"", plot));
    }

    [Fact]
    public async Task ShareOfLegalMovesIsTheOneThatTheLibraryComputes()
    {
        Model model = Model.Load(Repository.Othello);
        TokenRows games = DataSet.Read(Repository.Games).Tokens(model);
        Evaluation identity = Evaluation.Run(model, games, options: new SweepOptions { Scorer = Scorer.LegalOthelloMoves });
        Assert.InRange(identity.Score!.Value, 0.935, 0.955);
        Assert.InRange(identity.Loss, 2.38, 2.41);
        string sentence = string.Create(CultureInfo.InvariantCulture, $"{games.Count} games, {identity.Tokens:N0} predicted tokens: loss {identity.Loss:0.000} nats, most likely token legal at {identity.Score:P1} of the positions.");
        Assert.Contains(sentence, Text(await File.ReadAllTextAsync(await gallery.Report(Painters))));
    }

    [Fact]
    public async Task ProbesReadTheBoardInRelativeTermsBestAndFromTheTrainedNetworkBetter()
    {
        Match sentence = Accuracies().Match(Text(await File.ReadAllTextAsync(await gallery.Report(Tour))));
        Assert.True(sentence.Success, "The report has no sentence about the accuracies of the probes.");
        double[] percent = sentence.Groups.Cast<Group>().Skip(1).Select(group => double.Parse(group.Value, CultureInfo.InvariantCulture)).ToArray();
        (double relative, double relativeTwin, double absolute, double absoluteTwin, double majority) = (percent[0], percent[1], percent[2], percent[3], percent[4]);
        Assert.True(relative > absolute + 3 && absolute > absoluteTwin + 3 && relative > relativeTwin + 10 && relativeTwin > majority, sentence.Value);
    }

    [Fact]
    public void NotebooksAreKeptWithoutOutputs()
    {
        string[] notebooks = Directory.GetFiles(Path.Combine(Repository.Root, "notebooks"), "*.ipynb");
        Assert.NotEmpty(notebooks);
        foreach (string notebook in notebooks)
        {
            JsonElement json = JsonDocument.Parse(File.ReadAllBytes(notebook)).RootElement;
            Assert.Equal((4, 5), (json.GetProperty("nbformat").GetInt32(), json.GetProperty("nbformat_minor").GetInt32()));
            JsonElement[] cells = json.GetProperty("cells").EnumerateArray().ToArray();
            Assert.Equal(cells.Length, cells.Select(cell => cell.GetProperty("id").GetString()).Distinct().Count());
            foreach (JsonElement cell in cells.Where(cell => cell.GetProperty("cell_type").GetString() == "code"))
            {
                Assert.Equal(0, cell.GetProperty("outputs").GetArrayLength());
                Assert.Equal(JsonValueKind.Null, cell.GetProperty("execution_count").ValueKind);
            }
        }
    }

    private static string Text(string html) => WebUtility.HtmlDecode(Tag().Replace(html, ""));

    [GeneratedRegex("<h[1-3][^>]*>(.*?)</h[1-3]>", RegexOptions.Singleline)]
    private static partial Regex Heading();

    [GeneratedRegex("<script[^>]*>.*?</script>", RegexOptions.Singleline)]
    private static partial Regex Script();

    /// <summary>An attribute or a style that makes the browser fetch or link something other than the page itself and embedded data.</summary>
    [GeneratedRegex("""\s(?:src|srcset|href|xlink:href|action|poster)\s*=\s*(?!["']?(?:#|data:))[^\s>]+|url\(\s*(?!["']?(?:#|data:))[^)]*\)""", RegexOptions.IgnoreCase)]
    private static partial Regex Reference();

    [GeneratedRegex("<script type=\"application/json\">")]
    private static partial Regex FigureData();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"Mine / theirs is read best with ([0-9.]+) % at \S+ \(random weights there: ([0-9.]+) %\); black / white with ([0-9.]+) % at \S+ \(random weights there: ([0-9.]+) %\)\. The majority state is right in ([0-9.]+) %")]
    private static partial Regex Accuracies();
}
