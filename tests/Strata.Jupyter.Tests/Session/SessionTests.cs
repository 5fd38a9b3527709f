namespace Strata.Jupyter.Tests.Session;

/// <summary>Tests that run cells redirect the console of the process, or need its cores, so they run one after another.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SessionTests
{
    public const string Name = "C# session";
}
