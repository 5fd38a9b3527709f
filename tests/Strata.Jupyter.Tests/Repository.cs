namespace Strata.Jupyter.Tests;

/// <summary>The checked-out repository.</summary>
internal static class Repository
{
    /// <summary>The folder of <c>Kernel.sln</c>.</summary>
    public static string Folder { get; } = Find();

    private static string Find()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Kernel.sln"))) folder = Path.GetDirectoryName(folder.TrimEnd('/')) ?? throw new InvalidOperationException("Kernel.sln is not above the tests.");
        return folder;
    }
}
