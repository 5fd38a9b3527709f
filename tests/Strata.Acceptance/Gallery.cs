using System.Collections.Concurrent;

namespace Strata.Acceptance;

/// <summary>The notebooks of the gallery, each run once for all tests.</summary>
public sealed class Gallery : IDisposable
{
    /// <summary>Notebooks with a parameter that says how much they do, and how little is enough for tests that read no number.</summary>
    private static readonly Dictionary<string, string> Little = new()
    {
        ["04-layer-by-layer"] = "games=10",
        ["05-similarity"] = "games=24",
        ["06-probes-and-controls"] = "games=16",
        ["07-lenses"] = "games=60",
        ["08-geometry"] = "games=10",
        ["09-performance"] = "runs=1",
    };

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
        string[] few = Little.TryGetValue(notebook, out string? little) ? ["--param", little] : [];
        Finished finished = await Programs.Strata(["run", Path.Combine(Repository.Root, "notebooks", notebook + ".ipynb"), "--report", report, .. few]);
        Assert.True(finished.Code == 0, $"{notebook} ended with code {finished.Code}:\n{finished.Error}");
        return report;
    }
}
