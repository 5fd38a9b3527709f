using System.Collections.Concurrent;

namespace Strata.Acceptance;

/// <summary>The notebooks of the gallery, each run once for all tests.</summary>
public sealed class Gallery : IDisposable
{
    /// <summary>Notebooks whose parameter says how many games they take, and how few are enough for tests that read no number.</summary>
    private static readonly Dictionary<string, int> Games = new() { ["04-layer-by-layer"] = 16, ["08-geometry"] = 16, ["05-similarity"] = 40, ["06-probes-and-controls"] = 24, ["07-lenses"] = 60 };

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
        string[] few = Games.TryGetValue(notebook, out int games) ? ["--param", $"games={games}"] : [];
        Finished finished = await Programs.Strata(["run", Path.Combine(Repository.Root, "notebooks", notebook + ".ipynb"), "--report", report, .. few]);
        Assert.True(finished.Code == 0, $"{notebook} ended with code {finished.Code}:\n{finished.Error}");
        return report;
    }
}
