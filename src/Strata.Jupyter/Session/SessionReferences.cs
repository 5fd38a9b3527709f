using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;
using Strata.Jupyter.Session.Packages;

namespace Strata.Jupyter.Session;

/// <summary>Which assemblies and namespaces a C# cell sees.</summary>
internal static class SessionReferences
{
    /// <summary>Namespaces imported into every cell.</summary>
    public static readonly IReadOnlyList<string> Imports =
    [
        "System", "System.Linq", "System.Collections.Generic", "System.IO", "System.Threading.Tasks",
        "Strata.Tensors", "Strata.Models", "Strata.Research", "Strata.Notebooks",
    ];

    // Read once per process: the runtime, Strata and everything that is deployed beside it.
    private static readonly Lazy<IReadOnlyDictionary<string, PortableExecutableReference>> Deployed = new(ReadDeployed);

    /// <summary>A reference to each deployed assembly.</summary>
    public static IEnumerable<MetadataReference> All => Deployed.Value.Values;

    /// <summary>Whether an assembly of this name is deployed with the process.</summary>
    public static bool IsDeployed(string name) => Deployed.Value.ContainsKey(name);

    /// <summary>The version of a deployed assembly; null where there is none of this name.</summary>
    public static Version? VersionOf(string name) =>
        Deployed.Value.TryGetValue(name, out PortableExecutableReference? reference) ? AssemblyName.GetAssemblyName(reference.FilePath!).Version : null;

    /// <summary>A line for each assembly that is deployed beside Strata in another version than the one that a package brings.</summary>
    public static IEnumerable<string> Kept(IEnumerable<string> assemblies)
    {
        foreach (string path in assemblies)
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (!Deployed.Value.TryGetValue(name, out PortableExecutableReference? own) || !own.FilePath!.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal)) continue;
            Version? kept = VersionOf(name), brought = AssemblyName.GetAssemblyName(path).Version;
            if (kept != brought) yield return $"{name} {kept} is deployed with Strata and is used; the packages bring {brought}.";
        }
    }

    /// <summary>A reference to an assembly, with its documentation where that lies beside it.</summary>
    public static PortableExecutableReference To(string path) => MetadataReference.CreateFromFile(path, documentation: Documentation(path));

    /// <summary>Resolves <c>#r</c>: files relative to a folder, packages that the session has.</summary>
    public static MetadataReferenceResolver ResolverFor(string folder, SessionPackages packages) => new Resolver(ScriptMetadataResolver.Default.WithBaseDirectory(folder), packages);

    private static Dictionary<string, PortableExecutableReference> ReadDeployed()
    {
        string paths = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        Dictionary<string, PortableExecutableReference> references = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in paths.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            references.TryAdd(Path.GetFileNameWithoutExtension(path), To(path));
        return references;
    }

    private static XmlDocumentation? Documentation(string assembly)
    {
        string xml = Path.ChangeExtension(assembly, ".xml");
        return File.Exists(xml) ? new XmlDocumentation(xml) : null;
    }

    private sealed class Resolver(ScriptMetadataResolver files, SessionPackages packages) : MetadataReferenceResolver
    {
        public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties)
        {
            if (!PackageRequest.IsOne(reference)) return files.ResolveReference(reference, baseFilePath, properties);

            // The assemblies of a package are references of the session already; the compiler is content with one that is there anyway.
            return packages.Has(reference) ? [Deployed.Value["System.Runtime"].WithProperties(properties)] : [];
        }

        public override bool Equals(object? other) => other is Resolver resolver && files.Equals(resolver.Files);

        public override int GetHashCode() => files.GetHashCode();

        private ScriptMetadataResolver Files => files;
    }
}
