using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Strata.Jupyter.Session;

namespace Strata.Jupyter.Kernel;

/// <summary>What could stand at the cursor.</summary>
/// <param name="Start">Where the text to be replaced begins; it ends at the cursor.</param>
/// <param name="Matches">The candidates with their kinds, best first.</param>
internal sealed record Candidates(int Start, IReadOnlyList<(string Text, string Kind)> Matches);

/// <summary>Completes C# by what the compiler knows of the session: members, variables, types; and magic commands with their options.</summary>
/// <param name="session">The session.</param>
internal sealed class Completion(CSharpSession session)
{
    private const int MaxMatches = 500;

    /// <summary>The candidates at the cursor.</summary>
    public async Task<Candidates> FindAsync(DraftCell cell)
    {
        if (cell.IsInMagic) return MagicCompletion.Find(cell, session.VariableNames);
        int start = cell.IdentifierStart();
        string typed = cell.Text[start..cell.Cursor];
        Compilation compilation = await session.AnalyseAsync(cell.Code());
        SyntaxTree tree = compilation.SyntaxTrees.Last();
        SyntaxNode root = await tree.GetRootAsync();
        if (IsInText(root, cell.Cursor)) return new Candidates(cell.Cursor, []);

        SemanticModel model = compilation.GetSemanticModel(tree);
        int dot = start - 1;
        while (dot >= 0 && char.IsWhiteSpace(cell.Text[dot])) dot--;
        bool isMember = dot >= 0 && cell.Text[dot] == '.';
        IEnumerable<ISymbol> symbols = isMember ? Members(model, root.FindToken(dot)) : model.LookupSymbols(start).Where(symbol => typed.Length > 0 || IsVariable(symbol));
        IEnumerable<(string Text, string Kind)> found = symbols
            .Where(symbol => symbol.CanBeReferencedByName && !IsHidden(symbol) && symbol.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(symbol => symbol.Name.StartsWith(typed, StringComparison.Ordinal))
            .ThenByDescending(IsVariable)
            .ThenBy(symbol => symbol.Name, StringComparer.Ordinal)
            .Select(symbol => (symbol.Name, Kind(symbol)));
        if (!isMember && typed.Length > 0) found = found.Concat(Keywords(typed));
        return new Candidates(start, found.DistinctBy(match => match.Text).Take(MaxMatches).ToArray());
    }

    /// <summary>The candidates as a <c>complete_reply</c>.</summary>
    public static JsonObject Reply(DraftCell cell, Candidates candidates)
    {
        int start = cell.CodePoints(candidates.Start), end = cell.CodePoints(cell.Cursor);
        JsonArray kinds = new(candidates.Matches
            .Select(match => (JsonNode)new JsonObject { ["start"] = start, ["end"] = end, ["text"] = match.Text, ["type"] = match.Kind })
            .ToArray());
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray(candidates.Matches.Select(match => (JsonNode)match.Text).ToArray()),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject { ["_jupyter_types_experimental"] = kinds },
        };
    }

    private static IEnumerable<ISymbol> Members(SemanticModel model, SyntaxToken dot)
    {
        ExpressionSyntax? left = dot.Parent switch
        {
            MemberAccessExpressionSyntax access => access.Expression,
            QualifiedNameSyntax name => name.Left,
            MemberBindingExpressionSyntax { Parent: ConditionalAccessExpressionSyntax access } => access.Expression,
            _ => null,
        };
        if (left is null) return [];
        if (model.GetSymbolInfo(left).Symbol is INamespaceOrTypeSymbol container)
            return model.LookupSymbols(dot.SpanStart, container).Where(symbol => symbol.IsStatic || symbol is INamespaceOrTypeSymbol or IFieldSymbol { IsConst: true });
        return model.GetTypeInfo(left).Type is { TypeKind: not TypeKind.Error } type
            ? model.LookupSymbols(dot.SpanStart, type, includeReducedExtensionMethods: true).Where(symbol => !symbol.IsStatic && symbol is not ITypeSymbol)
            : [];
    }

    private static bool IsInText(SyntaxNode root, int cursor)
    {
        SyntaxTrivia trivia = root.FindTrivia(Math.Max(0, cursor - 1));
        if (trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)) return true;
        SyntaxToken token = root.FindToken(Math.Max(0, cursor - 1));
        return token.SpanStart < cursor && (token.IsKind(SyntaxKind.StringLiteralToken) || token.IsKind(SyntaxKind.CharacterLiteralToken) || token.IsKind(SyntaxKind.InterpolatedStringTextToken));
    }

    private static bool IsVariable(ISymbol symbol) => symbol is ILocalSymbol or IParameterSymbol or IFieldSymbol or IPropertySymbol or IRangeVariableSymbol;

    private static bool IsHidden(ISymbol symbol) => symbol.GetAttributes()
        .Any(attribute => attribute.AttributeClass?.Name == "EditorBrowsableAttribute" && attribute.ConstructorArguments is [{ Value: 1 }]);

    private static IEnumerable<(string Text, string Kind)> Keywords(string typed) => SyntaxFacts.GetKeywordKinds()
        .Select(SyntaxFacts.GetText)
        .Where(word => word.StartsWith(typed, StringComparison.Ordinal) && char.IsLetter(word[0]))
        .Order(StringComparer.Ordinal)
        .Select(word => (word, "keyword"));

    private static string Kind(ISymbol symbol) => symbol switch
    {
        IMethodSymbol => "function",
        IPropertySymbol => "property",
        IFieldSymbol or ILocalSymbol or IParameterSymbol or IRangeVariableSymbol => "instance",
        INamespaceSymbol => "module",
        ITypeSymbol => "class",
        _ => "statement",
    };
}
