using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Strata.Cli.Reporting;

/// <summary>Marks keywords, literals, comments and magic commands of a C# cell.</summary>
internal static class CodeTint
{
    private static readonly CSharpParseOptions Script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);
    private static readonly HashSet<string> ContextualKeywords = ["async", "await", "record", "var", "when", "yield"];

    /// <summary>The source as HTML, all of it escaped.</summary>
    public static string ToHtml(string source)
    {
        StringBuilder html = new();
        StringBuilder code = new();
        foreach (string line in source.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            if (!line.StartsWith("#!", StringComparison.Ordinal))
            {
                code.Append(line).Append('\n');
                continue;
            }

            AddCode(html, code);
            Add(html, "magic", line);
            html.Append('\n');
        }

        AddCode(html, code);
        return html.ToString();
    }

    private static void AddCode(StringBuilder html, StringBuilder code)
    {
        foreach (SyntaxToken token in SyntaxFactory.ParseTokens(code.ToString(), options: Script))
        {
            foreach (SyntaxTrivia trivia in token.LeadingTrivia) AddTrivia(html, trivia);
            Add(html, Kind(token), token.Text);
            foreach (SyntaxTrivia trivia in token.TrailingTrivia) AddTrivia(html, trivia);
        }

        code.Clear();
    }

    private static void AddTrivia(StringBuilder html, SyntaxTrivia trivia)
    {
        string text = trivia.ToFullString();
        Add(html, text.StartsWith('/') ? "comment" : text.StartsWith('#') ? "magic" : null, text);
    }

    private static string? Kind(SyntaxToken token)
    {
        if (token.IsKeyword() || ContextualKeywords.Contains(token.Text)) return "keyword";
        if (token.IsKind(SyntaxKind.NumericLiteralToken)) return "number";
        return token.Text.Length > 1 && (token.Text[0] is '"' or '\'' or '$' || token.Text.StartsWith("@\"", StringComparison.Ordinal)) ? "string" : null;
    }

    private static void Add(StringBuilder html, string? kind, string text)
    {
        if (text.Length == 0) return;
        if (kind is null) html.Append(Html.Escape(text));
        else html.Append("<span class=\"").Append(kind).Append("\">").Append(Html.Escape(text)).Append("</span>");
    }
}
