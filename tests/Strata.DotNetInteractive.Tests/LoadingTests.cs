using Strata.Notebooks;
using Xunit;

namespace Strata.DotNetInteractive.Tests;

/// <summary>The extension's C# compiles and runs on the stand-in in both shapes of the host's API, and registers everything.</summary>
public class LoadingTests
{
    public static TheoryData<string> Shapes => [.. StandInHosts.Shapes];

    [Theory, MemberData(nameof(Shapes))]
    public async Task EveryMagicIsRegisteredAsItsGrammarSays(string shape)
    {
        (IStandInHost host, CellOutcome[] loading) = await StandInHosts.LoadAsync(shape);

        Assert.All(loading, cell => Assert.Empty(cell.Failures));
        Assert.Equal(MagicGrammar.All.Select(m => (m.Name, m.Summary)), host.Directives.Select(d => (d.Name, d.Description)));
        foreach ((MagicSignature magic, RegisteredDirective directive) in MagicGrammar.All.Zip(host.Directives))
        {
            Assert.Equal(magic.Parameters.Where(p => !p.IsArgument).Select(p => (p.Name, p.Summary, p.IsFlag)), directive.Parameters.Where(p => !p.Implicit).Select(p => (p.Name, p.Description, p.Flag)));
            Assert.All(directive.Parameters, p => Assert.False(p.Required));
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task AHostForDotNet9IsToldWhatIsNeeded(string shape)
    {
        IStandInHost host = StandInHosts.Create(shape, "FOR_NET9");

        CellOutcome first = await host.RunAsync(StandInHosts.Cells(StandInHosts.Extension())[0]);

        Assert.Contains("Strata needs .NET Interactive for .NET 10; this one was built for .NET 9.0", Assert.Single(first.Failures));
        Assert.Empty(host.Directives);
    }

    [Fact]
    public void TheFirstCellNeedsNothingOfStrata()
    {
        // It must compile where the package's assemblies could not be restored.
        string[] lines = StandInHosts.Cells(StandInHosts.Extension())[0].Split('\n');

        Assert.DoesNotContain(lines, line => line.Contains("Strata.") && !line.TrimStart().StartsWith("//") && !line.Contains("jupyter install"));
    }

    [Theory, MemberData(nameof(Shapes))]
    public async Task LoadingShowsTheScriptOfFiguresOnce(string shape)
    {
        (_, CellOutcome[] loading) = await StandInHosts.LoadAsync(shape);

        Assert.Equal(PlotlyAsset.IsAvailable ? 1 : 0, loading.Sum(cell => cell.Outputs.Count));
    }
}
