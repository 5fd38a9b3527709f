using Microsoft.CodeAnalysis;
using Strata.Models;

namespace Strata.Jupyter.Session.Packages;

/// <summary>The packages of one session: what cells asked for so far, and what that brought.</summary>
/// <param name="folder">The notebook's folder.</param>
/// <param name="restore">Restores packages.</param>
internal sealed class SessionPackages(string folder, PackageRestore restore)
{
    /// <summary>The package with which a notebook loads Strata into .NET Interactive; here, Strata is there already.</summary>
    private const string InteractiveExtension = "Strata.DotNetInteractive";

    private readonly Dictionary<string, PackageRequest> _packages = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _satisfied = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _sources = [];

    /// <summary>References to the assemblies that were restored.</summary>
    public IReadOnlyList<MetadataReference> References { get; private set; } = [];

    /// <summary>Whether the session has the package that an <c>#r</c> names.</summary>
    public bool Has(string reference) => PackageRequest.Parse(reference).Id is { } id && (_packages.ContainsKey(id) || _satisfied.Contains(id));

    /// <summary>Restores what a cell asks for.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="host">Hears of progress and of what was restored.</param>
    /// <returns>The cell as the compiler takes it.</returns>
    /// <exception cref="StrataException">A directive is malformed, or the restore failed; the session is as before.</exception>
    public async Task<string> TakeAsync(string code, ICellHost host)
    {
        PackageDirectives directives = PackageDirectives.Read(code, folder);
        foreach (string source in directives.Sources.Except(_sources).ToArray()) _sources.Add(source);
        PackageRequest[] wanted = directives.Requests.Where(request => !IsDeployed(request, host)).ToArray();
        if (wanted.All(request => _packages.TryGetValue(request.Id, out PackageRequest? known) && (request.Version is null || known == request))) return directives.Code;

        Dictionary<string, PackageRequest> all = new(_packages, StringComparer.OrdinalIgnoreCase);
        foreach (PackageRequest request in wanted) all[request.Id] = request;
        RestoreProject project = RestoreProject.Of(all.Values.OrderBy(request => request.Id, StringComparer.OrdinalIgnoreCase).ToArray(), _sources, folder);
        string title = $"Restoring {string.Join(", ", wanted.Select(request => request.ToString()).Distinct())}";
        (RestoredAssets assets, IReadOnlyList<string> warnings) = await restore.RunAsync(project, title, host.Progress, host.Cancellation);

        IReadOnlyList<string> notes = PackageAssemblies.Add(assets, name => !SessionReferences.IsDeployed(name));
        References = assets.Compile.Where(path => !SessionReferences.IsDeployed(Path.GetFileNameWithoutExtension(path))).Select(SessionReferences.To).ToArray();
        foreach ((string id, PackageRequest request) in all) _packages[id] = request;
        foreach (string line in warnings.Concat(notes).Concat(SessionReferences.Kept(assets.Runtime))) host.Write(StandardStream.Error, line + "\n");
        host.Write(StandardStream.Output, $"Restored {string.Join(", ", wanted.Select(request => Found(request, assets)).Distinct())}.\n");
        return directives.Code;
    }

    /// <summary>Whether a package is satisfied by what is deployed with the process.</summary>
    private bool IsDeployed(PackageRequest request, ICellHost host)
    {
        if (!SessionReferences.IsDeployed(request.Id) && !request.Id.Equals(InteractiveExtension, StringComparison.OrdinalIgnoreCase)) return false;
        if (_satisfied.Add(request.Id) && SessionReferences.VersionOf(request.Id) is { } version && IsOther(request.Version, version))
            host.Write(StandardStream.Error, $"{request.Id} {version} is deployed with Strata and is used; {request.Version} was not restored.\n");
        return true;
    }

    private static bool IsOther(string? asked, Version deployed) =>
        asked is not null && Version.TryParse(asked.Split('-', '+')[0], out Version? version) && !deployed.ToString().StartsWith(version.ToString(), StringComparison.Ordinal);

    private static string Found(PackageRequest request, RestoredAssets assets)
    {
        (string id, string version) = assets.Packages.FirstOrDefault(package => package.Id.Equals(request.Id, StringComparison.OrdinalIgnoreCase));
        return id is null ? request.ToString() : $"{id} {version}";
    }
}
