using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace Strata.Jupyter.Session.Packages;

/// <summary>A project that consists of package references alone, written so that the SDK can restore it.</summary>
/// <param name="Text">The project file.</param>
/// <param name="IsFloating">Whether another day may bring other packages.</param>
internal sealed record RestoreProject(string Text, bool IsFloating)
{
    /// <summary>Names what is restored: equal projects have equal keys.</summary>
    public string Key => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..24];

    /// <summary>The project of some packages.</summary>
    /// <param name="packages">The packages; each id once.</param>
    /// <param name="sources">Package sources beside those that the user's settings name.</param>
    /// <param name="folder">Where the search for settings (<c>nuget.config</c>) begins.</param>
    public static RestoreProject Of(IReadOnlyCollection<PackageRequest> packages, IReadOnlyCollection<string> sources, string folder)
    {
        XElement project = new("Project",
            Group(("ImportDirectoryBuildProps", "false"), ("ImportDirectoryBuildTargets", "false"), ("ImportDirectoryPackagesProps", "false")),
            new XElement("Import", new XAttribute("Project", "Sdk.props"), new XAttribute("Sdk", "Microsoft.NET.Sdk")),
            Group(
                ("TargetFramework", FormattableString.Invariant($"net{Environment.Version.Major}.{Environment.Version.Minor}")),
                ("RuntimeIdentifier", RuntimeInformation.RuntimeIdentifier), ("SelfContained", "false"), ("UseAppHost", "false"), ("EnableDefaultItems", "false"), ("NuGetAudit", "false"),
                ("RestoreRootConfigDirectory", folder), ("RestoreAdditionalProjectSources", string.Join(';', sources))),
            new XElement("ItemGroup", packages.Select(package =>
                new XElement("PackageReference", new XAttribute("Include", package.Id), new XAttribute("Version", package.VersionRange)))),
            new XElement("Import", new XAttribute("Project", "Sdk.targets"), new XAttribute("Sdk", "Microsoft.NET.Sdk")));
        return new RestoreProject(project.ToString(), packages.Any(package => package.IsFloating));
    }

    private static XElement Group(params IEnumerable<(string Name, string Value)> properties) =>
        new("PropertyGroup", properties.Select(property => new XElement(property.Name, property.Value)));
}
