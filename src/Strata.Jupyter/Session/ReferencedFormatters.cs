using Microsoft.CodeAnalysis;
using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>Finds the formatters of assemblies that cells refer to (<see cref="AssemblyFormattersAttribute"/>), each once.</summary>
internal sealed class ReferencedFormatters
{
    private static readonly string Marker = typeof(AssemblyFormattersAttribute).FullName!;
    private readonly HashSet<MetadataReference> _known = new(SessionReferences.All, ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _registered = new(StringComparer.Ordinal);

    /// <summary>C# code that refers to the assemblies that are new in a cell and registers their formatters; empty when there are none.</summary>
    /// <param name="cell">The compiled cell.</param>
    public string Registrations(Compilation cell)
    {
        List<(string File, string Type)> sources = [];
        foreach (PortableExecutableReference reference in cell.References.OfType<PortableExecutableReference>().Where(_known.Add))
        {
            if (reference.FilePath is { } file && SourceOf(cell.GetAssemblyOrModuleSymbol(reference)) is { } type && _registered.Add(type)) sources.Add((file, type));
        }

        return string.Concat(sources.Select(s => $"#r \"{s.File}\"\n")) + string.Concat(sources.Select(s => $"new {s.Type}().{nameof(IAssemblyFormatters.Register)}();\n"));
    }

    private static string? SourceOf(ISymbol? assembly)
    {
        AttributeData? marker = assembly?.GetAttributes().FirstOrDefault(a => a.AttributeClass?.ToDisplayString() == Marker);
        return marker?.ConstructorArguments.FirstOrDefault().Value is INamedTypeSymbol { DeclaredAccessibility: Accessibility.Public } type
            ? type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)
            : null;
    }
}
