namespace Strata.Cli.Tests.Running;

/// <summary>Tests that run cells redirect the console of the process, so they run one after another.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SessionTests
{
    public const string Name = "C# session";
}
