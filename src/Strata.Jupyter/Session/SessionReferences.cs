using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

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

    /// <summary>Resolves <c>#r</c> relative to a folder; a package that is deployed with Strata is found without being restored.</summary>
    public static MetadataReferenceResolver ResolverFor(string folder) => new Resolver(ScriptMetadataResolver.Default.WithBaseDirectory(folder));

    private static Dictionary<string, PortableExecutableReference> ReadDeployed()
    {
        string paths = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        Dictionary<string, PortableExecutableReference> references = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in paths.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            references.TryAdd(Path.GetFileNameWithoutExtension(path), MetadataReference.CreateFromFile(path, documentation: Documentation(path)));
        return references;
    }

    private static XmlDocumentation? Documentation(string assembly)
    {
        string xml = Path.ChangeExtension(assembly, ".xml");
        return File.Exists(xml) ? new XmlDocumentation(xml) : null;
    }

    private sealed class Resolver(ScriptMetadataResolver files) : MetadataReferenceResolver
    {
        public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties)
        {
            if (!reference.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase)) return files.ResolveReference(reference, baseFilePath, properties);
            string package = reference["nuget:".Length..].Split(',')[0].Trim();
            return Deployed.Value.TryGetValue(package, out PortableExecutableReference? deployed) ? [deployed.WithProperties(properties)] : [];
        }

        public override bool Equals(object? other) => other is Resolver resolver && files.Equals(resolver.Files);

        public override int GetHashCode() => files.GetHashCode();

        private ScriptMetadataResolver Files => files;
    }
}
