using System.Text;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>Says what the name at the cursor is: its signature and its documentation.</summary>
/// <param name="session">The session.</param>
/// <param name="magics">The magic commands.</param>
internal sealed class Inspection(CSharpSession session, SessionMagics magics)
{
    private const int MaxOverloads = 8, MaxValues = 20;

    private static readonly SymbolDisplayFormat Signature = SymbolDisplayFormat.MinimallyQualifiedFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeContainingType | SymbolDisplayMemberOptions.IncludeConstantValue)
        .WithKindOptions(SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeNamespaceKeyword);

    /// <summary>What is known of the name at the cursor; null when that is nothing.</summary>
    public async Task<string?> FindAsync(DraftCell cell)
    {
        if (cell.IsInMagic) return OfMagic(cell);
        Compilation compilation = await session.AnalyseAsync(cell.Code());
        SyntaxTree tree = compilation.SyntaxTrees.Last();
        IReadOnlyList<ISymbol> symbols = Symbols(compilation.GetSemanticModel(tree), await tree.GetRootAsync(), cell.Cursor);
        if (symbols.Count == 0) return null;
        StringBuilder text = new();
        foreach (ISymbol symbol in symbols.Take(MaxOverloads)) text.Append(symbol.ToDisplayString(Signature)).Append('\n');
        if (symbols.Count > MaxOverloads) text.Append($"... and {symbols.Count - MaxOverloads} more\n");
        return text.Append(Documentation(symbols[0])).ToString().TrimEnd();
    }

    /// <summary>The answer as an <c>inspect_reply</c>.</summary>
    public static JsonObject Reply(string? found) => new()
    {
        ["status"] = "ok",
        ["found"] = found is not null,
        ["data"] = found is null ? [] : new JsonObject { [MimeBundle.PlainText] = found, [MimeBundle.Html] = $"<pre>{Escape.Html(found)}</pre>" },
        ["metadata"] = new JsonObject(),
    };

    private static IReadOnlyList<ISymbol> Symbols(SemanticModel model, SyntaxNode root, int cursor)
    {
        SyntaxToken token = root.FindToken(cursor);
        if (!token.IsKind(SyntaxKind.IdentifierToken) && cursor > 0) token = root.FindToken(cursor - 1);
        for (SyntaxNode? node = token.Parent; node is not null and not StatementSyntax; node = node.Parent)
        {
            // Between the parentheses of a call, the call is meant.
            SyntaxNode asked = node is ArgumentListSyntax { Parent: InvocationExpressionSyntax call } ? call.Expression : node;
            SymbolInfo info = model.GetSymbolInfo(asked);
            if (info.Symbol is { } symbol) return [symbol, .. model.GetMemberGroup(asked).Where(other => !SymbolEqualityComparer.Default.Equals(other, symbol))];
            if (info.CandidateSymbols.Length > 0) return info.CandidateSymbols;
            if (model.GetDeclaredSymbol(asked) is { } declared and not IMethodSymbol { IsImplicitlyDeclared: true }) return [declared];
        }

        return [];
    }

    private static string Documentation(ISymbol symbol)
    {
        string? xml = symbol.GetDocumentationCommentXml();
        if (string.IsNullOrWhiteSpace(xml)) return "";
        XElement root;
        try
        {
            root = XElement.Parse($"<doc>{xml}</doc>");
        }
        catch (XmlException)
        {
            return "";
        }

        StringBuilder text = new();
        foreach (XElement part in root.Descendants())
        {
            if (part.Name == "summary") text.Append('\n').Append(Flat(part)).Append('\n');
            else if (part.Name == "param") text.Append($"  {(string?)part.Attribute("name")}: {Flat(part)}\n");
            else if (part.Name == "returns") text.Append($"  returns: {Flat(part)}\n");
            else if (part.Name == "exception") text.Append($"  throws {Name(part)}: {Flat(part)}\n");
        }

        return text.ToString();
    }

    private static string Flat(XElement element) => string.Join(' ', string.Concat(element.Nodes().Select(node => node switch
    {
        XText content => content.Value,
        XElement { IsEmpty: true } reference => Name(reference),
        XElement inner => Flat(inner),
        _ => "",
    })).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Name(XElement reference)
    {
        string name = (string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name") ?? (string?)reference.Attribute("langword") ?? "";
        string bare = name.Split('(')[0];
        return bare[(bare.LastIndexOfAny(['.', ':']) + 1)..];
    }

    private string? OfMagic(DraftCell cell)
    {
        string word = cell.Line.Split(' ', '\t')[0];
        (string Name, string Summary) command = MagicCommands.Names.FirstOrDefault(command => command.Name == word);
        if (command.Name is null) return null;
        string asked = cell.Word();
        if (MagicCommands.OptionsOf(word).FirstOrDefault(option => option.Name == asked) is { Name: not null } one)
        {
            string[] values = magics.Over(session).ValuesOf(word, one.Name).Select(value => value.Text).Take(MaxValues).ToArray();
            return $"{word} {one.Name}: {one.Summary}{(values.Length > 0 ? $"\n  {string.Join(", ", values)}" : "")}";
        }

        IEnumerable<string> options = MagicCommands.OptionsOf(word).Select(option => $"  {option.Name,-18} {option.Summary}");
        return $"{command.Name}: {command.Summary}\n{string.Join('\n', options)}";
    }
}
