using Strata.Models;
using Strata.Notebooks;
using Strata.Research;
using Xunit;

namespace Strata.DotNetInteractive.Tests;

/// <summary>Magic commands through the extension, on the stand-in in both shapes of the host's API, with the network of <c>data/othello</c>.</summary>
public class MagicTests
{
    public static TheoryData<string> Shapes => [.. StandInHosts.Shapes];

    [Theory, MemberData(nameof(Shapes))]
    public async Task ResultsAreShownAndAreVariables(string shape)
    {
        (IStandInHost host, CellOutcome setup) = await OthelloHosts.Of(shape);

        Assert.Empty(setup.Failures);
        Assert.Contains(setup.Outputs, o => o.Last[MimeBundle.PlainText].Contains("othello", StringComparison.OrdinalIgnoreCase));
        Assert.All(setup.Outputs, o => Assert.Contains(MimeBundle.Html, o.Last.Keys));
        Assert.Equal(8, Assert.IsType<Model>(host.Variable("model")).Spec.Blocks);
        Assert.Equal(200, Assert.IsType<DataSet>(host.Variable("data")).Count);
        CellOutcome typed = await host.RunAsync("acts.Points.Count + model.Spec.Blocks");
        Assert.Equal("16", Assert.Single(typed.Outputs).Last[MimeBundle.Html]);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task FiguresComeInEveryRendering(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);

        CellOutcome cell = await host.RunAsync("#!measure acts --measure norm");

        Assert.Empty(cell.Failures);
        ShownOutput figure = cell.Outputs.First(o => o.Last.ContainsKey(MimeBundle.Svg));
        string[] renderings = [MimeBundle.Plotly, MimeBundle.Svg, MimeBundle.Html, MimeBundle.Markdown, MimeBundle.PlainText];
        Assert.Equal(renderings.Order(), figure.Last.Keys.Order());
        Assert.StartsWith("<svg", figure.Last[MimeBundle.Svg]);
        using var plotly = System.Text.Json.JsonDocument.Parse(figure.Last[MimeBundle.Plotly]);
        Assert.True(plotly.RootElement.TryGetProperty("data", out _));
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task LinesReachStrataAsTheyWereWritten(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);

        // An option that is given twice, and a second argument: the host's own binding would lose both.
        CellOutcome cell = await host.RunAsync("""
            #!sweep --plan "0..4, 6..8" --plan "0..4, reverse(4..8)" --take 2 --name twoPlans
            #!model DATA --random 0 --name twin
            #!capture --points blocks.*.resid_post --model twin --take 12 --name twinActs
            #!compare acts twinActs --with cka --name both
            """.Replace("DATA", $"\"{Repository.Othello}\""));

        Assert.Empty(cell.Failures);
        Assert.Equal(["0..8", "0..4, 6..8", "0..4, reverse(4..8)"], Assert.IsType<SweepResult>(host.Variable("twoPlans")).Results.Select(r => r.Plan.ToString()));
        Assert.NotEqual(1.0, Assert.IsType<ComparisonMatrix>(host.Variable("both")).Values[0, 0], 3);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task CellsAndCommandsShareVariables(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);

        CellOutcome cell = await host.RunAsync("""
            var few = DataSet.Read(@"GAMES").Take(3).Tokens(model);
            #!capture --data few --points blocks.0.resid_post --name fewActs
            fewActs.Points.Count
            """.Replace("GAMES", Repository.Games));

        Assert.Empty(cell.Failures);
        Assert.Single(Assert.IsType<Activations>(host.Variable("fewActs")).Points);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task AFailureStopsTheCellWithItsMessageAlone(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);

        CellOutcome cell = await host.RunAsync("""
            #!capture --points blocks.*.resid_pots --name never
            #!strata plans
            var afterFailure = 1;
            """);

        Assert.Contains("resid_post", cell.Failures[0]);
        Assert.DoesNotContain("   at Strata.", cell.Failures[0]);
        Assert.Empty(cell.Outputs);
        Assert.Null(host.Variable("never"));
        Assert.Null(host.Variable("afterFailure"));
    }

    [Fact]
    public async Task ProgressIsOneDisplayThatEndsWithTheCommand()
    {
        (IStandInHost host, _) = await OthelloHosts.Of("APRIL_2026");

        CellOutcome cell = await host.RunAsync("#!sweep --windows --take 20 --name windows");

        Assert.Empty(cell.Failures);
        ShownOutput progress = Assert.Single(cell.Outputs, o => o.States.Count > 1);
        Assert.Contains("<progress", progress.States[0][MimeBundle.Html]);
        Assert.Matches(@"\d+ %", progress.States[0][MimeBundle.PlainText]);
        Assert.Matches(@" in \d+", progress.Last[MimeBundle.PlainText]);
        Assert.Equal(0, cell.Late);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task StoppingTheCellStopsTheWork(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);
        Action stop = () => { };

        Task<CellOutcome> running = host.RunAsync("#!sweep --windows --name stopped", cancel => stop = cancel);
        await Task.Delay(500);
        Assert.False(running.IsCompleted);
        stop();
        CellOutcome cell = await running.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Contains("Command cancelled.", cell.Failures);
        Assert.Null(host.Variable("stopped"));
        Assert.Equal(0, cell.Late);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task CSharpCellsHaveProgressAndCancellation(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);

        CellOutcome cell = await host.RunAsync("""
            var reporter = progress;
            for (int i = 0; i <= 5; i++)
            {
                reporter.Report(new WorkProgress("Counting", i, 5, "steps"));
                await System.Threading.Tasks.Task.Delay(120, cancellation);
            }
            """);
        ((IProgress<WorkProgress>)host.Variable("reporter")!).Report(new WorkProgress("Counting", 5, 5, "steps"));

        Assert.Empty(cell.Failures);
        ShownOutput shown = Assert.Single(cell.Outputs);
        Assert.InRange(shown.States.Count, 2, 6);
        Assert.StartsWith("Counting: 5 steps in ", shown.Last[MimeBundle.PlainText]);
        Assert.Equal(0, cell.Late);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task ValuesAreCompletedFromWhatTheSessionHas(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);
        await host.RunAsync("var otherModel = model;");
        RegisteredParameter Parameter(string magic, string name) => host.Directives.Single(d => d.Name == magic).Parameters.Single(p => p.Name == name);

        Assert.Equal(["f32", "bf16", "f16", "int8"], Parameter("#!model", "--storage").Completions);
        Assert.Contains("blocks.*.resid_post", Parameter("#!capture", "--points").Completions);
        Assert.Superset(new HashSet<string> { "model", "otherModel" }, Parameter("#!capture", "--model").Completions.ToHashSet());
        Assert.DoesNotContain("acts", Parameter("#!capture", "--model").Completions);
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task HelpIsStratasOwn(string shape)
    {
        (IStandInHost host, _) = await OthelloHosts.Of(shape);

        CellOutcome cell = await host.RunAsync("#!model --help");

        Assert.Empty(cell.Failures);
        Assert.Contains("--storage", Assert.Single(cell.Outputs).Last[MimeBundle.PlainText]);
    }

    [Fact]
    public async Task EveryDisplayedTypeHasTheRenderingsThatAreAnnounced()
    {
        (IStandInHost host, _) = await OthelloHosts.Of("APRIL_2026");
        CellOutcome cell = await host.RunAsync("""
            #!measure acts --measure norm --name measured
            #!compare acts --with cka --name compared
            #!lens --tokens 61,19 --name lensed
            #!sweep --drop-each --take 2 --name swept
            #!generate --tokens 61,19 --max-new 2 --name generated
            var brackets = Brackets.Create(2, 4, 20, 20, 1);
            var rows = data.Take(4).Tokens(model);
            """);
        Assert.Empty(cell.Failures);

        Model model = (Model)host.Variable("model")!;
        object[] values =
        [
            model, model.Explain(), model.Plans.Parse("0..4, 6..8"), host.Variable("data")!, host.Variable("brackets")!, host.Variable("rows")!, host.Variable("acts")!,
            host.Variable("measured")!, host.Variable("compared")!, host.Variable("lensed")!, host.Variable("swept")!, host.Variable("generated")!,
            model.Provenance, ((SweepResult)host.Variable("swept")!).ToTable(), ((SweepResult)host.Variable("swept")!).Results[0],
            Figure.Lines("a line", "x", "y", new LineSeries("one", [0, 1], [1, 2])),
        ];

        foreach (object value in values)
        {
            (Type type, string[] announced) = DisplayedTypes.All.Single(t => t.Type.IsInstanceOfType(value));
            IReadOnlyDictionary<string, string> shown = host.Show(value);
            Assert.Equal(announced, shown.Keys);
            Assert.All(shown, rendering => Assert.False(string.IsNullOrEmpty(rendering.Value), $"{type.Name} has an empty {rendering.Key}"));
        }
    }
}
