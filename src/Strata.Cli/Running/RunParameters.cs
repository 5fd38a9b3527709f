using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Strata.Models;

namespace Strata.Cli.Running;

/// <summary>
/// Values given to a run from outside, after papermill's convention: the cell tagged <c>parameters</c> holds the defaults, and a cell tagged
/// <c>injected-parameters</c> put behind it (or first, when there are no defaults) holds the values given.
/// </summary>
public static class RunParameters
{
    private const string DefaultsTag = "parameters";
    private const string InjectedTag = "injected-parameters";

    /// <summary>Splits <c>NAME=VALUE</c>.</summary>
    /// <exception cref="StrataException">No such form, or NAME is no C# identifier, or given twice.</exception>
    public static IReadOnlyDictionary<string, string> Parse(IEnumerable<string> assignments)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (string assignment in assignments)
        {
            string[] sides = assignment.Split('=', 2);
            if (sides.Length != 2 || !SyntaxFacts.IsValidIdentifier(sides[0]) || SyntaxFacts.GetKeywordKind(sides[0]) != SyntaxKind.None)
                throw new StrataException($"--param \"{assignment}\": expected NAME=VALUE, where NAME is a C# variable name, such as --param seed=7.");
            if (!values.TryAdd(sides[0], sides[1])) throw new StrataException($"--param {sides[0]} is given twice; give it once.");
        }

        return values;
    }

    /// <summary>Puts a cell with the values into the notebook, in place of one from an earlier run.</summary>
    /// <exception cref="StrataException">The notebook's parameters have no such name.</exception>
    public static void Inject(Notebook notebook, IReadOnlyDictionary<string, string> values)
    {
        for (int i = notebook.Cells.Count - 1; i >= 0; i--)
            if (notebook.Cells[i].Tags.Contains(InjectedTag)) notebook.RemoveAt(i);
        if (values.Count == 0) return;

        int defaults = notebook.Cells.ToList().FindIndex(cell => cell.Kind == CellKind.Code && cell.Tags.Contains(DefaultsTag));
        IReadOnlyDictionary<string, string?>? types = defaults < 0 ? null : DeclaredTypes(notebook.Cells[defaults].Source);
        IEnumerable<string> lines = values.Select(pair => Assignment(pair.Key, pair.Value, types));
        notebook.Insert(defaults + 1, CellKind.Code, string.Join('\n', lines), InjectedTag);
    }

    private static string Assignment(string name, string value, IReadOnlyDictionary<string, string?>? types)
    {
        if (types is null) return $"var {name} = {Literal(value)};";
        if (!types.TryGetValue(name, out string? type))
            throw new StrataException($"The notebook has no parameter \"{name}\". {NearestNames.Suggest(name, types.Keys)}");
        string literal = type?.TrimEnd('?') switch
        {
            "string" => Quote(value),
            "float" when IsNumber(value) => $"{value}f",
            "decimal" when IsNumber(value) => $"{value}m",
            _ => Literal(value),
        };
        return $"{type ?? "var"} {name} = {literal};";
    }

    /// <summary>The variables that a cell declares, with their types; null for a <c>var</c> whose initial value is no literal.</summary>
    private static Dictionary<string, string?> DeclaredTypes(string source)
    {
        SyntaxNode root = CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(kind: SourceCodeKind.Script)).GetRoot();
        Dictionary<string, string?> types = new(StringComparer.Ordinal);
        foreach (FieldDeclarationSyntax field in root.ChildNodes().OfType<FieldDeclarationSyntax>())
            foreach (VariableDeclaratorSyntax variable in field.Declaration.Variables)
                types[variable.Identifier.ValueText] = field.Declaration.Type.IsVar ? LiteralType(variable.Initializer?.Value) : field.Declaration.Type.ToString();
        return types;
    }

    private static string? LiteralType(ExpressionSyntax? value) => value switch
    {
        PrefixUnaryExpressionSyntax { Operand: { } operand } => LiteralType(operand),
        LiteralExpressionSyntax literal => literal.Token.Value switch
        {
            string => "string",
            bool => "bool",
            int => "int",
            long => "long",
            float => "float",
            double => "double",
            decimal => "decimal",
            _ => null,
        },
        _ => null,
    };

    private static string Literal(string value) => value switch
    {
        "true" or "false" or "null" => value,
        _ when IsNumber(value) => value,
        _ => Quote(value),
    };

    private static bool IsNumber(string value) =>
        double.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number) && char.IsAsciiDigit(value[^1]);

    private static string Quote(string value) => SymbolDisplay.FormatLiteral(value, quote: true);
}
