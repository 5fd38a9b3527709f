namespace Strata.Models.Tests;

/// <summary>The small trained network that comes with the repository.</summary>
internal static class Othello
{
    public static string Folder { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, "data", "othello");
            if (Directory.Exists(folder)) return folder;
        }

        throw new DirectoryNotFoundException("data/othello lies in no folder above the tests.");
    }
}
