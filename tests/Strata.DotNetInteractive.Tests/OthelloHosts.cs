using System.Collections.Concurrent;

namespace Strata.DotNetInteractive.Tests;

/// <summary>One host of each shape in which the Othello network, some games and their residual streams were loaded by magic commands.</summary>
internal static class OthelloHosts
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<(IStandInHost, CellOutcome)>>> Hosts = new();

    /// <summary>The host, and what the loading cell came to.</summary>
    public static Task<(IStandInHost Host, CellOutcome Setup)> Of(string shape) => Hosts.GetOrAdd(shape, _ => new(() => SetUpAsync(shape))).Value;

    private static async Task<(IStandInHost, CellOutcome)> SetUpAsync(string shape)
    {
        (IStandInHost host, _) = await StandInHosts.LoadAsync(shape);
        return (host, await host.RunAsync($"""
            #!model "{Repository.Othello}"
            #!data "{Repository.Games}" --take 200
            #!capture --points blocks.*.resid_post --take 12
            """));
    }
}
