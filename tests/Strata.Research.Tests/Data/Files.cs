namespace Strata.Research.Tests.Data;

/// <summary>Files of the repository, and files that a test makes and leaves no trace of.</summary>
internal static class Files
{
    /// <summary>A file below the repository's data folder.</summary>
    public static string InRepository(string path) => Path.Combine(Repository.Root, "data", path);

    /// <summary>Runs with the path of a file of this name and content.</summary>
    public static T With<T>(string name, byte[] content, Func<string, T> use) => InFolder(folder =>
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return use(path);
    });

    /// <summary>Runs with the path of an empty folder.</summary>
    public static T InFolder<T>(Func<string, T> use)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("strata-data-");
        try
        {
            return use(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
