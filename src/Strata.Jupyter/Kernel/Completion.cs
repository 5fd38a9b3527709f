using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>Completes C# by what the compiler knows of the session (members, variables, types), text in literals by what it is given to, and magic commands.</summary>
/// <param name="session">The session.</param>
/// <param name="magics">The magic commands.</param>
internal sealed class Completion(CSharpSession session, SessionMagics magics)
{
    private const int MaxMatches = 500;

    private readonly LiteralCompletion _literals = new(session, () => magics.CurrentModel);

    /// <summary>The candidates at the cursor.</summary>
    public async Task<CompletionList> FindAsync(DraftCell cell)
    {
        if (cell.IsInMagic) return InMagic(cell);
        int start = cell.IdentifierStart();
        string typed = cell.Text[start..cell.Cursor];
        Compilation compilation = await session.AnalyseAsync(cell.Code());
        SyntaxTree tree = compilation.SyntaxTrees.Last();
        SyntaxNode root = await tree.GetRootAsync();
        SemanticModel model = compilation.GetSemanticModel(tree);
        SyntaxToken? literal = LiteralAt(root, cell.Cursor);
        if (literal is { } text && text.IsKind(SyntaxKind.StringLiteralToken)) return _literals.Find(model, text, cell.Cursor);
        if (literal is not null || IsInComment(root, cell.Cursor)) return new CompletionList(cell.Cursor, []);

        int dot = start - 1;
        while (dot >= 0 && char.IsWhiteSpace(cell.Text[dot])) dot--;
        bool isMember = dot >= 0 && cell.Text[dot] == '.';
        IEnumerable<ISymbol> symbols = isMember ? Members(model, root.FindToken(dot)) : model.LookupSymbols(start).Where(symbol => typed.Length > 0 || IsVariable(symbol));
        IEnumerable<CompletionCandidate> found = symbols
            .Where(symbol => symbol.CanBeReferencedByName && !IsHidden(symbol) && symbol.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(symbol => symbol.Name.StartsWith(typed, StringComparison.Ordinal))
            .ThenByDescending(IsVariable)
            .ThenBy(symbol => symbol.Name, StringComparer.Ordinal)
            .Select(symbol => new CompletionCandidate(symbol.Name, Kind(symbol)));
        if (!isMember && typed.Length > 0) found = found.Concat(Keywords(typed));
        return new CompletionList(start, found.DistinctBy(match => match.Text).Take(MaxMatches).ToArray());
    }

    /// <summary>The candidates as a <c>complete_reply</c>.</summary>
    public static JsonObject Reply(DraftCell cell, CompletionList found)
    {
        int start = cell.CodePoints(found.Start), end = cell.CodePoints(cell.Cursor);
        JsonArray kinds = new(found.Candidates
            .Select(match => (JsonNode)new JsonObject { ["start"] = start, ["end"] = end, ["text"] = match.Text, ["type"] = match.Kind })
            .ToArray());
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray(found.Candidates.Select(match => (JsonNode)match.Text).ToArray()),
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

    private CompletionList InMagic(DraftCell cell)
    {
        CompletionList found = magics.Over(session).Complete(cell.Line, cell.Cursor - cell.LineStart);
        return found with { Start = found.Start + cell.LineStart };
    }

    private static bool IsInComment(SyntaxNode root, int cursor)
    {
        SyntaxTrivia trivia = root.FindTrivia(Math.Max(0, cursor - 1));
        return trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);
    }

    /// <summary>The literal that the cursor stands in; it need not be closed yet.</summary>
    private static SyntaxToken? LiteralAt(SyntaxNode root, int cursor)
    {
        SyntaxToken token = root.FindToken(Math.Max(0, cursor - 1));
        bool isLiteral = token.IsKind(SyntaxKind.StringLiteralToken) || token.IsKind(SyntaxKind.CharacterLiteralToken) || token.IsKind(SyntaxKind.InterpolatedStringTextToken);
        bool isBehind = token.Text.Length > 1 && token.Text[^1] is '"' or '\'' && cursor >= token.Span.End;
        return isLiteral && token.SpanStart < cursor && !isBehind ? token : null;
    }

    private static bool IsVariable(ISymbol symbol) => symbol is ILocalSymbol or IParameterSymbol or IFieldSymbol or IPropertySymbol or IRangeVariableSymbol;

    private static bool IsHidden(ISymbol symbol) => symbol.GetAttributes()
        .Any(attribute => attribute.AttributeClass?.Name == "EditorBrowsableAttribute" && attribute.ConstructorArguments is [{ Value: 1 }]);

    private static IEnumerable<CompletionCandidate> Keywords(string typed) => SyntaxFacts.GetKeywordKinds()
        .Select(SyntaxFacts.GetText)
        .Where(word => word.StartsWith(typed, StringComparison.Ordinal) && char.IsLetter(word[0]))
        .Order(StringComparer.Ordinal)
        .Select(word => new CompletionCandidate(word, "keyword"));

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
