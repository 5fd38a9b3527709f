using System.Text.Json;
using System.Text.Json.Nodes;
using Strata.Models;

namespace Strata.Jupyter.Kernel;

/// <summary>The entry by which Jupyter finds the kernel: a folder <c>kernels/strata</c> with <c>kernel.json</c> and a logo (https://jupyter-client.readthedocs.io/en/stable/kernels.html).</summary>
public static class KernelSpec
{
    /// <summary>The kernel's name: what <c>jupyter --kernel</c> takes and notebooks keep.</summary>
    public const string Name = "strata";

    /// <summary>What menus call it.</summary>
    public const string DisplayName = "C# (Strata)";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The data folder of Jupyter for the current user.</summary>
    public static string UserFolder()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } given) return given;
        if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter");
        if (OperatingSystem.IsMacOS()) return Path.Combine(home, "Library", "Jupyter");
        return Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? Path.Combine(data, "jupyter") : Path.Combine(home, ".local", "share", "jupyter");
    }

    /// <summary>The data folder of Jupyter below the prefix of an installation of Python.</summary>
    public static string PrefixFolder(string prefix) => Path.Combine(Path.GetFullPath(prefix), "share", "jupyter");

    /// <summary>The prefix of the Python environment that is active in the shell.</summary>
    /// <exception cref="StrataException">None is active.</exception>
    public static string ActivePrefix() =>
        Environment.GetEnvironmentVariable("VIRTUAL_ENV") is { Length: > 0 } venv ? venv
        : Environment.GetEnvironmentVariable("CONDA_PREFIX") is { Length: > 0 } conda ? conda
        : throw new StrataException("--sys-prefix: no Python environment is active (neither VIRTUAL_ENV nor CONDA_PREFIX is set). Activate one, or name it with --prefix FOLDER.");

    /// <summary>Writes the entry, in place of one that is there.</summary>
    /// <param name="dataFolder">A data folder of Jupyter.</param>
    /// <param name="command">The command line that starts the kernel, up to the connection file.</param>
    /// <returns>The folder of the entry.</returns>
    /// <exception cref="InvalidFileException">It cannot be written.</exception>
    public static string Install(string dataFolder, IReadOnlyList<string> command)
    {
        string folder = FolderIn(dataFolder);
        JsonObject spec = new()
        {
            ["argv"] = new JsonArray(command.Append("{connection_file}").Select(word => (JsonNode)word).ToArray()),
            ["display_name"] = DisplayName,
            ["language"] = "C#",
            ["interrupt_mode"] = "message",
            ["metadata"] = new JsonObject { ["debugger"] = false },
        };
        Try(folder, () =>
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "kernel.json"), spec.ToJsonString(Indented) + "\n");
            File.WriteAllText(Path.Combine(folder, "logo-svg.svg"), Logo);
        });
        return folder;
    }

    /// <summary>Removes the entry.</summary>
    /// <returns>Its folder; null when there was none.</returns>
    /// <exception cref="InvalidFileException">It cannot be removed.</exception>
    public static string? Uninstall(string dataFolder)
    {
        string folder = FolderIn(dataFolder);
        if (!File.Exists(Path.Combine(folder, "kernel.json"))) return null;
        Try(folder, () => Directory.Delete(folder, recursive: true));
        return folder;
    }

    private static string FolderIn(string dataFolder) => Path.Combine(dataFolder, "kernels", Name);

    private static void Try(string folder, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(folder, $"cannot be changed: {e.Message}", e);
        }
    }

    /// <summary>Layers, one of them out of place.</summary>
    private const string Logo = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
          <rect width="64" height="64" rx="10" fill="#1f2a44"/>
          <rect x="12" y="12" width="32" height="8" rx="2" fill="#8fb8de"/>
          <rect x="20" y="24" width="32" height="8" rx="2" fill="#f4a259"/>
          <rect x="12" y="36" width="32" height="8" rx="2" fill="#8fb8de"/>
          <rect x="12" y="48" width="32" height="8" rx="2" fill="#5b8bb5"/>
        </svg>

        """;
}
