using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Strata.Models;

namespace Strata.Jupyter.Session;

/// <summary>Says what keeps a cell from compiling: the compiler's message, the line, and what was probably meant. Warnings are not shown: most of them are about how scripts are built.</summary>
/// <param name="compilation">The compilation of the cell.</param>
/// <param name="folder">Where relative paths begin.</param>
internal sealed partial class CompileErrors(Compilation compilation, string folder)
{
    /// <summary>The error of the cell.</summary>
    public CellError Of(IEnumerable<Diagnostic> diagnostics)
    {
        List<string> traceback = [];
        foreach (Diagnostic error in diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).OrderBy(d => d.Location.SourceTree?.FilePath, StringComparer.Ordinal).ThenBy(d => d.Location.SourceSpan.Start))
            traceback.AddRange(Lines(error));
        return new CellError("CompilationError", traceback.FirstOrDefault() ?? "The cell does not compile.", traceback);
    }

    private IEnumerable<string> Lines(Diagnostic error)
    {
        FileLinePositionSpan place = error.Location.GetLineSpan();
        int line = place.StartLinePosition.Line, column = place.StartLinePosition.Character;
        string file = Path.IsPathRooted(place.Path) ? Path.GetFileName(place.Path) : "";
        yield return $"{file}({line + 1},{column + 1}): error {error.Id}: {error.GetMessage(CultureInfo.InvariantCulture)}";
        string? source = error.Location.SourceTree?.GetText().Lines.ElementAtOrDefault(line).ToString();
        if (source is not null)
        {
            yield return $"    {source}";
            yield return $"    {string.Concat(source.Take(column).Select(c => c == '\t' ? '\t' : ' '))}^";
        }

        string? advice = error.Id is "CS0006" or "CS1504" ? MissingFile(error, source ?? "") : Suggestion(error);
        if (advice is not null) yield return $"    {advice}";
    }

    /// <summary>Where the file of a directive was looked for, and what is there.</summary>
    private string? MissingFile(Diagnostic error, string line)
    {
        if (Directive().Match(line) is not { Success: true } directive) return null;
        string from = error.Location.SourceTree?.FilePath is { } path && Path.IsPathRooted(path) ? Path.GetDirectoryName(path)! : folder;
        string file = Path.GetFullPath(directive.Groups[1].Value, from), place = Path.GetDirectoryName(file) ?? "/";
        if (File.Exists(file)) return null;
        if (!Directory.Exists(place)) return $"There is no folder {place}.";
        string found = NearestNames.Suggest(Path.GetFileName(file), Directory.EnumerateFiles(place).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal));
        return $"There is no {Path.GetFileName(file)} in {place}. {(found.StartsWith("Did", StringComparison.Ordinal) ? found : "")}".TrimEnd();
    }

    /// <summary>The names nearest to one that is not known.</summary>
    private string? Suggestion(Diagnostic error)
    {
        if (error.Location.SourceTree is not { } tree || error.Id is not ("CS0103" or "CS0246" or "CS1061" or "CS0117")) return null;
        SyntaxNode node = tree.GetRoot().FindNode(error.Location.SourceSpan, getInnermostNodeForTie: true);
        if (node.DescendantNodesAndSelf().OfType<SimpleNameSyntax>().FirstOrDefault() is not { } name || name.Identifier.ValueText.Length < 3) return null;
        string suggestion = NearestNames.Suggest(name.Identifier.ValueText, Known(name, error.Id).Where(symbol => symbol.CanBeReferencedByName).Select(symbol => symbol.Name));
        return suggestion.StartsWith("Did", StringComparison.Ordinal) ? suggestion : null;
    }

    private IEnumerable<ISymbol> Known(SimpleNameSyntax name, string error)
    {
        SemanticModel model = compilation.GetSemanticModel(name.SyntaxTree);
        if (error == "CS0103") return model.LookupSymbols(name.SpanStart);
        if (error == "CS0246") return model.LookupNamespacesAndTypes(name.SpanStart);
        ExpressionSyntax? left = name.Parent switch
        {
            MemberAccessExpressionSyntax access => access.Expression,
            MemberBindingExpressionSyntax { Parent.Parent: ConditionalAccessExpressionSyntax access } => access.Expression,
            MemberBindingExpressionSyntax { Parent: ConditionalAccessExpressionSyntax access } => access.Expression,
            _ => null,
        };
        ITypeSymbol? type = left is null ? null : model.GetSymbolInfo(left).Symbol as ITypeSymbol ?? model.GetTypeInfo(left).Type;
        return type is null ? [] : model.LookupSymbols(name.SpanStart, type, includeReducedExtensionMethods: true);
    }

    [GeneratedRegex("^\\s*#(?:r|load)\\s+\"([^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Directive();
}
