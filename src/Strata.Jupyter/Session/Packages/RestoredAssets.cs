using System.Text.Json;
using Strata.Models;

namespace Strata.Jupyter.Session.Packages;

/// <summary>What a restore brought, as <c>project.assets.json</c> lists it for this machine. All paths are absolute.</summary>
/// <param name="Packages">Ids and versions, dependencies included.</param>
/// <param name="Compile">Assemblies to compile against.</param>
/// <param name="Runtime">Assemblies to run.</param>
/// <param name="Native">Native libraries.</param>
/// <param name="Resources">Assemblies with translations, by culture.</param>
internal sealed record RestoredAssets(
    IReadOnlyList<(string Id, string Version)> Packages,
    IReadOnlyList<string> Compile,
    IReadOnlyList<string> Runtime,
    IReadOnlyList<string> Native,
    IReadOnlyList<(string Culture, string Path)> Resources)
{
    /// <summary>Whether every file is there.</summary>
    public bool AreThere => Compile.Concat(Runtime).Concat(Native).All(File.Exists);

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidFileException">It is not what a restore writes.</exception>
    public static RestoredAssets Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidFileException(path, $"is not a list of restored packages: {e.Message}", e);
        }
    }

    private static RestoredAssets Read(JsonElement root)
    {
        string[] folders = root.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToArray();
        JsonElement libraries = root.GetProperty("libraries");

        // One target is for any machine, the other, which names the machine, has what was chosen for it.
        JsonElement target = root.GetProperty("targets").EnumerateObject().MaxBy(t => t.Name.Contains('/')).Value;
        List<(string, string)> packages = [];
        List<string> compile = [], runtime = [], native = [];
        List<(string, string)> resources = [];
        foreach (JsonProperty library in target.EnumerateObject().Where(library => library.Value.GetProperty("type").GetString() == "package"))
        {
            string[] name = library.Name.Split('/');
            packages.Add((name[0], name[1]));
            string folder = libraries.GetProperty(library.Name).GetProperty("path").GetString()!;
            string Locate(string asset) => folders.Select(f => Path.GetFullPath(Path.Combine(f, folder, asset))).FirstOrDefault(File.Exists) ?? Path.GetFullPath(Path.Combine(folders[0], folder, asset));
            compile.AddRange(Assets(library.Value, "compile").Select(asset => Locate(asset.Name)));
            runtime.AddRange(Assets(library.Value, "runtime").Select(asset => Locate(asset.Name)));
            native.AddRange(Assets(library.Value, "native").Select(asset => Locate(asset.Name)));
            resources.AddRange(Assets(library.Value, "resource").Select(asset => (asset.Value.GetProperty("locale").GetString()!, Locate(asset.Name))));
        }

        return new RestoredAssets(packages, compile, runtime, native, resources);
    }

    /// <summary>The assets of a kind; <c>_._</c> stands for "nothing, on purpose".</summary>
    private static IEnumerable<JsonProperty> Assets(JsonElement library, string kind) =>
        library.TryGetProperty(kind, out JsonElement assets) ? assets.EnumerateObject().Where(asset => Path.GetFileName(asset.Name) != "_._") : [];
}
