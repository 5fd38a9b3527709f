using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Strata.Jupyter.Session;

/// <summary>
/// Writes the checks of <see cref="CellGuard"/> into the text of a cell: into every round of a loop, before every <c>goto</c>, and on entry of every method, local function, accessor
/// and lambda. No line is added, so that the lines of exceptions stay those of the cell. Lambdas that become expression trees stay as they are.
/// </summary>
internal sealed class GuardedCode : CSharpSyntaxWalker
{
    private const string Guard = "global::Strata.Jupyter.Session." + nameof(CellGuard) + ".";
    private const string Check = Guard + nameof(CellGuard.Check) + "();";
    private const string Enter = Guard + nameof(CellGuard.Enter) + "();";
    private const string EnterAsync = Guard + nameof(CellGuard.EnterAsync) + "();";

    private readonly SemanticModel _model;
    private readonly CancellationToken _cancellation;
    private readonly string _source;
    private readonly StringBuilder _text = new();
    private int _copied, _loops;

    // The variable with the flag for the loop around the visited code; null outside loops. Iterators have none: they may go on in another cell than they began in.
    private string? _flag;
    private bool _inIterator;

    private GuardedCode(SemanticModel model, CancellationToken cancellation)
    {
        (_model, _cancellation) = (model, cancellation);
        _source = model.SyntaxTree.GetText(cancellation).ToString();
    }

    /// <summary>Whether there is anything to guard in a text.</summary>
    public static bool IsNeededIn(SyntaxTree tree) => tree.GetRoot().DescendantNodes().Any(node =>
        node is WhileStatementSyntax or DoStatementSyntax or ForStatementSyntax or CommonForEachStatementSyntax or GotoStatementSyntax
            or BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax or ArrowExpressionClauseSyntax or AnonymousFunctionExpressionSyntax);

    /// <summary>The text with checks.</summary>
    /// <param name="compilation">Holds the text; free of errors.</param>
    /// <param name="tree">The text.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static string In(Compilation compilation, SyntaxTree tree, CancellationToken cancellation)
    {
        GuardedCode code = new(compilation.GetSemanticModel(tree), cancellation);
        code.Visit(tree.GetRoot(cancellation));
        code.CopyTo(code._source.Length);
        return code._text.ToString();
    }

    public override void VisitWhileStatement(WhileStatementSyntax node) => VisitLoop(node, node.Statement);

    public override void VisitDoStatement(DoStatementSyntax node) => VisitLoop(node, node.Statement);

    public override void VisitForStatement(ForStatementSyntax node) => VisitLoop(node, node.Statement);

    public override void VisitForEachStatement(ForEachStatementSyntax node) => VisitLoop(node, node.Statement);

    public override void VisitForEachVariableStatement(ForEachVariableStatementSyntax node) => VisitLoop(node, node.Statement);

    public override void VisitGotoStatement(GotoStatementSyntax node)
    {
        Insert(node.SpanStart, "{" + Check);
        base.VisitGotoStatement(node);
        Insert(node.Span.End, "}");
    }

    public override void VisitMethodDeclaration(MethodDeclarationSyntax node) => VisitFunction(node, node.Body, node.ExpressionBody);

    public override void VisitOperatorDeclaration(OperatorDeclarationSyntax node) => VisitFunction(node, node.Body, node.ExpressionBody);

    public override void VisitConversionOperatorDeclaration(ConversionOperatorDeclarationSyntax node) => VisitFunction(node, node.Body, node.ExpressionBody);

    public override void VisitConstructorDeclaration(ConstructorDeclarationSyntax node)
    {
        // A type whose static constructor fails is lost for the session.
        if (node.Modifiers.Any(SyntaxKind.StaticKeyword)) base.VisitConstructorDeclaration(node);
        else VisitFunction(node, node.Body, node.ExpressionBody);
    }

    public override void VisitLocalFunctionStatement(LocalFunctionStatementSyntax node) => VisitFunction(node, node.Body, node.ExpressionBody);

    public override void VisitAccessorDeclaration(AccessorDeclarationSyntax node) => VisitFunction(node, node.Body, node.ExpressionBody);

    public override void VisitPropertyDeclaration(PropertyDeclarationSyntax node) => VisitProperty(node, node.ExpressionBody);

    public override void VisitIndexerDeclaration(IndexerDeclarationSyntax node) => VisitProperty(node, node.ExpressionBody);

    public override void VisitSimpleLambdaExpression(SimpleLambdaExpressionSyntax node) => VisitLambda(node);

    public override void VisitParenthesizedLambdaExpression(ParenthesizedLambdaExpressionSyntax node) => VisitLambda(node);

    public override void VisitAnonymousMethodExpression(AnonymousMethodExpressionSyntax node) => VisitLambda(node);

    /// <summary>The outermost loop of a function gets a block around it, in which a variable holds the flag for it and for the loops in it.</summary>
    private void VisitLoop(StatementSyntax loop, StatementSyntax body)
    {
        bool isOutermost = _flag is null && !_inIterator;
        if (isOutermost)
        {
            _flag = $"__strata{_loops++}";
            Insert(loop.SpanStart, $"{{var {_flag}={Guard}{nameof(CellGuard.Flag)}();");
        }

        foreach (SyntaxNode child in loop.ChildNodes())
            if (child == body) VisitLoopBody(body);
            else Visit(child);
        if (!isOutermost) return;
        Insert(loop.Span.End, "}");
        _flag = null;
    }

    private void VisitLoopBody(StatementSyntax body)
    {
        string check = _flag is null ? Check : $"if({_flag}.{nameof(CellFlag.IsRaised)}){Guard}{nameof(CellGuard.Stop)}();";
        if (body is BlockSyntax block)
        {
            Insert(block.OpenBraceToken.Span.End, check);
            Visit(block);
            return;
        }

        Insert(body.SpanStart, "{" + check);
        Visit(body);
        Insert(body.Span.End, "}");
    }

    private void VisitFunction(SyntaxNode node, BlockSyntax? body, ArrowExpressionClauseSyntax? arrow)
    {
        IMethodSymbol? method = _model.GetDeclaredSymbol(node, _cancellation) as IMethodSymbol;
        if (method is null || IsCalledByNativeCode(method))
        {
            DefaultVisit(node);
            return;
        }

        Nested(method.IsIterator, () =>
        {
            foreach (SyntaxNode child in node.ChildNodes())
            {
                if (child == body) Insert(body.OpenBraceToken.Span.End, CheckFor(body, method.IsAsync));
                if (child == arrow) VisitArrow(arrow, "", method, "");
                else Visit(child);
            }
        });
    }

    /// <summary>A property or an indexer; one with an arrow in place of accessors has a getter alone.</summary>
    private void VisitProperty(SyntaxNode node, ArrowExpressionClauseSyntax? arrow)
    {
        foreach (SyntaxNode child in node.ChildNodes())
            if (child == arrow) VisitArrow(arrow, "{get", null, "}");
            else Visit(child);
    }

    /// <summary>Visits what belongs to a function of its own; flags of loops around it are not its.</summary>
    private void Nested(bool isIterator, Action visit)
    {
        (string? flag, bool inIterator) = (_flag, _inIterator);
        (_flag, _inIterator) = (null, isIterator);
        visit();
        (_flag, _inIterator) = (flag, inIterator);
    }

    /// <summary>Makes a block of an arrow: the arrow gives way to its brace, and a <c>return</c> stands where the expression begins, so that no line changes.</summary>
    /// <param name="arrow">The arrow with its expression.</param>
    /// <param name="before">What opens before the block.</param>
    /// <param name="method">The function; null for a getter.</param>
    /// <param name="after">What closes after the block.</param>
    private void VisitArrow(ArrowExpressionClauseSyntax arrow, string before, IMethodSymbol? method, string after)
    {
        Insert(arrow.ArrowToken.SpanStart, before + "{" + CheckFor(arrow.Expression, method is { IsAsync: true }));
        _copied = arrow.ArrowToken.Span.End;
        VisitBody(arrow.Expression, method is null || GivesValue(method));
        Insert(arrow.GetLastToken().GetNextToken().Span.End, "}" + after);
    }

    private void VisitLambda(AnonymousFunctionExpressionSyntax node)
    {
        if (IsExpressionTree(node)) return;
        Nested(isIterator: false, () => VisitLambda(node, _model.GetSymbolInfo(node, _cancellation).Symbol as IMethodSymbol));
    }

    private void VisitLambda(AnonymousFunctionExpressionSyntax node, IMethodSymbol? method)
    {
        if (method is null || IsCalledByNativeCode(method))
        {
            DefaultVisit(node);
        }
        else if (node.Block is { } block)
        {
            Insert(block.OpenBraceToken.Span.End, CheckFor(block, method.IsAsync));
            Visit(block);
        }
        else if (node.ExpressionBody is { } expression)
        {
            Insert(expression.SpanStart, "{" + CheckFor(expression, method.IsAsync));
            VisitBody(expression, GivesValue(method));
            Insert(expression.Span.End, ";}");
        }
    }

    private void VisitBody(ExpressionSyntax expression, bool givesValue)
    {
        if (givesValue && expression is not ThrowExpressionSyntax) Insert(expression.SpanStart, "return ");
        Visit(expression);
    }

    private string CheckFor(SyntaxNode body, bool isAsync) =>
        isAsync ? EnterAsync : _model.GetOperation(body, _cancellation) is { } operation && CallsNothing(operation) ? Check : Enter;

    /// <summary>Whether code cannot recurse, so that no look at the stack is needed: it computes with fields, locals and arrays alone.</summary>
    private static bool CallsNothing(IOperation body) => body.DescendantsAndSelf().All(operation => operation switch
    {
        IBinaryOperation { OperatorMethod: null } or IUnaryOperation { OperatorMethod: null } or ICompoundAssignmentOperation { OperatorMethod: null }
            or IIncrementOrDecrementOperation { OperatorMethod: null } or IConversionOperation { OperatorMethod: null } => operation.Type?.SpecialType != SpecialType.System_String,
        IInvocationOperation call => call.TargetMethod is { IsStatic: true, ContainingType: { Name: nameof(Math) or nameof(MathF), ContainingNamespace.Name: nameof(System) } },
        IArgumentOperation or ILiteralOperation or ILocalReferenceOperation or IParameterReferenceOperation or IFieldReferenceOperation or IArrayElementReferenceOperation
            or IInstanceReferenceOperation or ISimpleAssignmentOperation or IParenthesizedOperation or IConditionalOperation or IBlockOperation or IReturnOperation
            or IExpressionStatementOperation or IMethodBodyBaseOperation => true,
        _ => false,
    });

    /// <summary>Whether the expression in the place of a body is what the function gives back.</summary>
    private static bool GivesValue(IMethodSymbol method) => !method.ReturnsVoid && !(method.IsAsync && method.ReturnType is INamedTypeSymbol { Arity: 0 });

    /// <summary>Whether no managed code stands below to take an exception.</summary>
    private static bool IsCalledByNativeCode(IMethodSymbol method) => method.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "UnmanagedCallersOnlyAttribute");

    private bool IsExpressionTree(AnonymousFunctionExpressionSyntax node) =>
        _model.GetTypeInfo(node, _cancellation).ConvertedType is { Name: "Expression" or "LambdaExpression" } type && type.ContainingNamespace.ToDisplayString() == "System.Linq.Expressions";

    private void Insert(int position, string text)
    {
        CopyTo(position);
        _text.Append(text);
    }

    private void CopyTo(int position)
    {
        _text.Append(_source, _copied, position - _copied);
        _copied = position;
    }
}
