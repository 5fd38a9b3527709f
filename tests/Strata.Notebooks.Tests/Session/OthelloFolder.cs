namespace Strata.Notebooks.Tests;

/// <summary>The small trained network and its games.</summary>
internal static class OthelloFolder
{
    public static string Path { get; } = Find();

    public static string Games { get; } = System.IO.Path.Combine(Path, "games-test.jsonl");

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(System.IO.Path.Combine(folder.FullName, "data", "othello"))) folder = folder.Parent;
        return System.IO.Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("data/othello is not above the tests."), "data", "othello");
    }
}
