namespace Strata;

/// <summary>The checked-out repository.</summary>
internal static class Repository
{
    /// <summary>The folder of <c>Kernel.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The small Othello network.</summary>
    public static string Othello { get; } = Path.Combine(Root, "data", "othello");

    /// <summary>Its held-out games.</summary>
    public static string Games { get; } = Path.Combine(Othello, "games-test.jsonl");

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Kernel.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Kernel.sln is not above the tests.");
        return folder;
    }
}
