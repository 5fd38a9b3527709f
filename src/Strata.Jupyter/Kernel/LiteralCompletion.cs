using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>
/// Completes text within a string literal by what it is given to: hook points and plans by the parameter or property (<c>point</c>, <c>Points</c>, <c>globs</c>;
/// <c>LayerPlans.Parse</c>), paths by the parameter too, and by their look.
/// </summary>
/// <param name="session">Where the values of variables are found.</param>
/// <param name="currentModel">The model to complete for where the code names none; null when none is loaded.</param>
internal sealed class LiteralCompletion(CSharpSession session, Func<Model?> currentModel)
{
    private static readonly string[] PathNames = ["path", "folder", "file", "fileName", "directory"];

    /// <summary>The candidates at the cursor.</summary>
    /// <param name="model">What the compiler knows of the code.</param>
    /// <param name="literal">The literal.</param>
    /// <param name="cursor">The cursor's position in the code.</param>
    public CompletionList Find(SemanticModel model, SyntaxToken literal, int cursor)
    {
        int start = literal.SpanStart + literal.Text.IndexOf('"') + 1;
        if (cursor < start || literal.Parent is not ExpressionSyntax expression) return new CompletionList(cursor, []);
        string typed = literal.SyntaxTree!.GetText().ToString(Microsoft.CodeAnalysis.Text.TextSpan.FromBounds(start, cursor));
        (string name, ISymbol? taker) = Target(model, expression);
        CompletionList found = name switch
        {
            "point" or "points" or "globs" or "glob" => HookPoints(expression, typed),
            "plan" or "plans" => Plans(expression, typed),
            "text" when taker is IMethodSymbol { Name: nameof(LayerPlan.Parse), ContainingType.Name: nameof(LayerPlans) or nameof(LayerPlan) } => Plans(expression, typed),
            _ when PathNames.Contains(name) || typed.Contains('/') => PathCompletion.Of(typed),
            _ => new CompletionList(typed.Length, []),
        };
        return found with { Start = found.Start + start };
    }

    private CompletionList HookPoints(ExpressionSyntax literal, string typed)
    {
        object? receiver = Receivers(literal).FirstOrDefault(value => value is Model or Activations);
        if (receiver is Activations kept) return new CompletionList(0, kept.Points.Where(point => point.StartsWith(typed, StringComparison.Ordinal)).Select(point => new CompletionCandidate(point, "value")).ToArray());
        return (receiver as Model ?? currentModel()) is { } model ? HookPointCompletion.Of(model, typed) : new CompletionList(typed.Length, []);
    }

    private CompletionList Plans(ExpressionSyntax literal, string typed)
    {
        LayerPlans? plans = (Receivers(literal).OfType<Model>().FirstOrDefault() ?? currentModel())?.Plans;
        return plans is null ? new CompletionList(typed.Length, []) : PlanCompletion.Of(plans, typed);
    }

    /// <summary>The values of the variables at the left end of the calls around the literal, innermost first.</summary>
    private IEnumerable<object?> Receivers(ExpressionSyntax literal)
    {
        foreach (InvocationExpressionSyntax call in literal.Ancestors().OfType<InvocationExpressionSyntax>())
        {
            ExpressionSyntax left = call.Expression;
            while (left is MemberAccessExpressionSyntax access) left = access.Expression;
            if (left is IdentifierNameSyntax name && session.TryGetVariable(name.Identifier.ValueText, out object? value)) yield return value;
        }
    }

    /// <summary>What the literal, or the list that it stands in, is given to: a parameter, a property or a variable, by its name.</summary>
    private static (string Name, ISymbol? Taker) Target(SemanticModel model, SyntaxNode literal)
    {
        SyntaxNode value = literal;
        while (value.Parent is ExpressionElementSyntax or CollectionExpressionSyntax or InitializerExpressionSyntax or ArrayCreationExpressionSyntax
            or ImplicitArrayCreationExpressionSyntax or ParenthesizedExpressionSyntax)
            value = value.Parent;
        return value.Parent switch
        {
            ArgumentSyntax { NameColon: { } named } => (named.Name.Identifier.ValueText, null),
            ArgumentSyntax { Parent: BaseArgumentListSyntax list } argument => Parameter(model, list, list.Arguments.IndexOf(argument)),
            AssignmentExpressionSyntax { Left: IdentifierNameSyntax left } => (Lower(left.Identifier.ValueText), null),
            AssignmentExpressionSyntax { Left: MemberAccessExpressionSyntax left } => (Lower(left.Name.Identifier.ValueText), null),
            EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax variable } => (variable.Identifier.ValueText, null),
            _ => ("", null),
        };
    }

    /// <summary>The parameter that an argument is for, in the first overload that has one.</summary>
    private static (string Name, ISymbol? Taker) Parameter(SemanticModel model, BaseArgumentListSyntax list, int index)
    {
        if (list.Parent is null) return ("", null);
        SymbolInfo info = model.GetSymbolInfo(list.Parent);
        IEnumerable<ISymbol> group = list.Parent is InvocationExpressionSyntax call ? model.GetMemberGroup(call.Expression) : [];
        foreach (IMethodSymbol method in new[] { info.Symbol }.Concat(info.CandidateSymbols).Concat(group).OfType<IMethodSymbol>())
        {
            IParameterSymbol? parameter = index < method.Parameters.Length ? method.Parameters[index] : method.Parameters.LastOrDefault(last => last.IsParams);
            if (parameter is not null) return (parameter.Name, method);
        }

        return ("", null);
    }

    private static string Lower(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
