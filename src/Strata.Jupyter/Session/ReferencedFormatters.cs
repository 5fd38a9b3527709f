using System.Text;
using Microsoft.CodeAnalysis;
using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>Finds the formatters of assemblies that cells refer to (<see cref="AssemblyFormattersAttribute"/>), each once.</summary>
internal sealed class ReferencedFormatters
{
    private static readonly string Marker = typeof(AssemblyFormattersAttribute).FullName!;
    private readonly HashSet<MetadataReference> _known = new(SessionReferences.All, ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _registered = new(StringComparer.Ordinal);

    /// <summary>C# code that registers the formatters of the assemblies that are new in a cell; empty when there are none.</summary>
    /// <param name="cell">The compiled cell.</param>
    public string Registrations(Compilation cell)
    {
        StringBuilder references = new(), registrations = new();
        foreach (PortableExecutableReference reference in cell.References.OfType<PortableExecutableReference>().Where(_known.Add))
        {
            if (RegistrarOf(cell.GetAssemblyOrModuleSymbol(reference)) is not { } type || !_registered.Add(type)) continue;
            // What the cell itself refers to, code that runs before it must refer to as well.
            if (cell.DirectiveReferences.Contains(reference)) references.Append($"#r \"{reference.FilePath}\"\n");
            registrations.Append($"new {type}().{nameof(IAssemblyFormatters.Register)}();\n");
        }

        return references.Append(registrations).ToString();
    }

    private static string? RegistrarOf(ISymbol? assembly)
    {
        AttributeData? marker = assembly?.GetAttributes().FirstOrDefault(a => a.AttributeClass?.ToDisplayString() == Marker);
        return marker?.ConstructorArguments.FirstOrDefault().Value is INamedTypeSymbol { DeclaredAccessibility: Accessibility.Public } type
            ? type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)
            : null;
    }
}
