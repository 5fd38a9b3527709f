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
}
