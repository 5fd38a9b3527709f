namespace Strata.DotNetInteractive.Tests;

/// <summary>Places in the repository.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The small trained network.</summary>
    public static string Othello { get; } = Path.Combine(Root, "data", "othello");

    /// <summary>Some of its games.</summary>
    public static string Games { get; } = Path.Combine(Othello, "games-test.jsonl");

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kernel.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
