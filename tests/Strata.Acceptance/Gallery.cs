using System.Collections.Concurrent;

namespace Strata.Acceptance;

/// <summary>The notebooks of the gallery, each run once for all tests.</summary>
public sealed class Gallery : IDisposable
{
    /// <summary>Notebooks whose parameter says how many games they take; none of their tests reads a number.</summary>
    private static readonly string[] Small = ["04-layer-by-layer", "08-geometry"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-gallery-");
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _reports = new();

    /// <summary>The file of a notebook's report; the first call runs the notebook.</summary>
    /// <param name="notebook">Name of the notebook without extension.</param>
    public Task<string> Report(string notebook) => _reports.GetOrAdd(notebook, name => new Lazy<Task<string>>(() => Run(name))).Value;

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<string> Run(string notebook)
    {
        string report = Path.Combine(_folder.FullName, notebook + ".html");
        string[] few = Small.Contains(notebook) ? ["--param", "games=16"] : [];
        Finished finished = await Programs.Strata(["run", Path.Combine(Repository.Root, "notebooks", notebook + ".ipynb"), "--report", report, .. few]);
        Assert.True(finished.Code == 0, $"{notebook} ended with code {finished.Code}:\n{finished.Error}");
        return report;
    }
}
