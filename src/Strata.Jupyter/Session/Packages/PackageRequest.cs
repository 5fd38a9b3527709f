using System.Text.RegularExpressions;
using Strata.Models;

namespace Strata.Jupyter.Session.Packages;

/// <summary>A package that a cell asks for: <c>#r "nuget: Id, version"</c>.</summary>
/// <param name="Id">The package's id.</param>
/// <param name="Version">A version, a range or a floating version as NuGet writes them; null where the cell names none, which means the latest stable one.</param>
internal sealed partial record PackageRequest(string Id, string? Version)
{
    /// <summary>What every such reference begins with.</summary>
    public const string Scheme = "nuget:";

    /// <summary>The version as a project file has it.</summary>
    public string VersionRange => Version ?? "*";

    /// <summary>Whether another day may bring another version.</summary>
    public bool IsFloating => VersionRange.Contains('*');

    /// <summary>Whether the text of an <c>#r</c> means a package.</summary>
    public static bool IsOne(string reference) => reference.TrimStart().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the text of an <c>#r</c>.</summary>
    /// <exception cref="StrataException">It is not of the form <c>nuget: Id, version</c>.</exception>
    public static PackageRequest Parse(string reference)
    {
        string[] parts = reference.Trim()[Scheme.Length..].Split(',', 2, StringSplitOptions.TrimEntries);
        string? version = parts.Length > 1 && parts[1].Length > 0 ? parts[1] : null;
        if (!Ids().IsMatch(parts[0]) || (version is not null && !Versions().IsMatch(version)))
            throw new StrataException($"#r \"{reference}\" is not understood. Write #r \"nuget: Id\" or #r \"nuget: Id, version\", as in #r \"nuget: CsvHelper, 33.0.1\".");
        return new PackageRequest(parts[0], version);
    }

    /// <inheritdoc/>
    public override string ToString() => Version is null ? Id : $"{Id} {Version}";

    [GeneratedRegex(@"^[A-Za-z0-9_]+([.\-][A-Za-z0-9_]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ids();

    [GeneratedRegex(@"^[0-9A-Za-z.*+\-\[\](), ]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Versions();
}
