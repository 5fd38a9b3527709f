using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Strata.Jupyter.Session;

/// <summary>The expression without semicolon that may end a cell, and that is then its value.</summary>
internal static class LastExpression
{
    private static readonly CSharpParseOptions Script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    /// <summary>The expression; null when the cell ends otherwise.</summary>
    public static ExpressionSyntax? Of(SyntaxTree tree) =>
        ((CompilationUnitSyntax)tree.GetRoot()).Members.LastOrDefault() is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last } ? last.Expression : null;

    /// <summary>The line on which the expression begins, from 1; null when there is none.</summary>
    public static int? LineIn(string code) => Of(CSharpSyntaxTree.ParseText(code, Script))?.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
