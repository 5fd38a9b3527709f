using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Strata.Jupyter.Kernel;

/// <summary>Whether a cell could be executed as it stands: consoles ask after each line.</summary>
internal static class Completeness
{
    private static readonly CSharpParseOptions Script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    /// <summary>The answer to an <c>is_complete_request</c>.</summary>
    public static JsonObject Reply(string code)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(new DraftCell(code, 0).Code(), Script);
        if (!SyntaxFactory.IsCompleteSubmission(tree)) return new JsonObject { ["status"] = "incomplete", ["indent"] = "" };
        bool invalid = tree.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return new JsonObject { ["status"] = invalid ? "invalid" : "complete" };
    }
}
