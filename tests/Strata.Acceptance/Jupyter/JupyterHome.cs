namespace Strata.Acceptance.Jupyter;

/// <summary>
/// Debian's Jupyter with the kernel installed by <c>strata jupyter install</c>, in a folder of its own: nothing of the user's settings is read or changed.
/// Beside it lie copies of the gallery and of what it reads, so that a run writes nothing into the repository.
/// </summary>
public sealed class JupyterHome : IAsyncLifetime
{

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-jupyter-");
    private string? _installation;

    /// <summary>The folder with the copies of the notebooks.</summary>
    public string Notebooks => Path.Combine(_folder.FullName, "work", "notebooks");

    /// <summary>What is written here stays after the tests: pages as they looked, for whoever wants to look at them.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "pictures")).FullName;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Copy(Path.Combine(Repository.Root, "notebooks"), Notebooks);
        Copy(Path.Combine(Repository.Root, "data"), Path.Combine(_folder.FullName, "work", "data"));
        Finished installed = await Programs.Strata("jupyter", "install", "--prefix", Path.Combine(_folder.FullName, "prefix"));
        if (installed.Code != 0) _installation = installed.Error;
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Makes sure that Python has a module. Where it has not the test is skipped, and on a build server (CI=true) it fails.</summary>
    public void Require(string module, string package)
    {
        Assert.True(_installation is null, _installation);
        Python.Require(module, package);
    }

    /// <summary>Runs Python to its end.</summary>
    /// <param name="arguments">Its command line.</param>
    internal Task<Finished> Run(params string[] arguments) => Programs.Run(Python.Interpreter, arguments, Notebooks, Environment());

    /// <summary>Starts Python and leaves it running.</summary>
    /// <param name="arguments">Its command line.</param>
    internal RunningProcess Start(params string[] arguments) => new(Python.Interpreter, arguments, Notebooks, Environment());

    /// <summary>A path in the folder of results, which is made if need be.</summary>
    /// <param name="name">The file's name.</param>
    internal string Result(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.FullName, "results")).FullName, name);

    private Dictionary<string, string> Environment() => new()
    {
        ["HOME"] = _folder.FullName,
        ["JUPYTER_PATH"] = Path.Combine(_folder.FullName, "prefix", "share", "jupyter"),
        ["JUPYTER_CONFIG_DIR"] = Path.Combine(_folder.FullName, "config"),
        ["JUPYTER_DATA_DIR"] = Path.Combine(_folder.FullName, "user"),
        ["JUPYTER_RUNTIME_DIR"] = Path.Combine(_folder.FullName, "runtime"),
        ["JUPYTER_NO_CONFIG"] = "1",
        ["IPYTHONDIR"] = Path.Combine(_folder.FullName, "ipython"),
    };

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

/// <summary>The tests that drive Jupyter: they share one installation and run one after the other, because they measure patience.</summary>
[CollectionDefinition(Name)]
public sealed class JupyterTests : ICollectionFixture<JupyterHome>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "Jupyter";
}
