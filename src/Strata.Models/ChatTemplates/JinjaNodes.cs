namespace Strata.Models;

/// <summary>A part of a template.</summary>
internal abstract record JinjaNode(int Line);

/// <summary>Something that has a value.</summary>
internal abstract record JinjaExpression(int Line) : JinjaNode(Line);

/// <summary>A literal.</summary>
internal sealed record JinjaConstant(object? Value, int Line) : JinjaExpression(Line);

/// <summary>A variable.</summary>
internal sealed record JinjaName(string Name, int Line) : JinjaExpression(Line);

/// <summary><c>[a, b]</c> or <c>(a, b)</c>.</summary>
internal sealed record JinjaListLiteral(JinjaExpression[] Items, bool Tuple, int Line) : JinjaExpression(Line);

/// <summary><c>{a: b}</c>.</summary>
internal sealed record JinjaMapLiteral((JinjaExpression Key, JinjaExpression Value)[] Items, int Line) : JinjaExpression(Line);

/// <summary>An operator with one operand.</summary>
internal sealed record JinjaUnary(string Operator, JinjaExpression Operand, int Line) : JinjaExpression(Line);

/// <summary>An operator with two operands.</summary>
internal sealed record JinjaBinary(string Operator, JinjaExpression Left, JinjaExpression Right, int Line) : JinjaExpression(Line);

/// <summary>A chain of comparisons: <c>a &lt; b &lt;= c</c>.</summary>
internal sealed record JinjaComparison(JinjaExpression First, (string Operator, JinjaExpression Operand)[] Rest, int Line) : JinjaExpression(Line);

/// <summary><c>a if condition else b</c>.</summary>
internal sealed record JinjaConditional(JinjaExpression Condition, JinjaExpression Then, JinjaExpression? Else, int Line) : JinjaExpression(Line);

/// <summary><c>a.b</c> or <c>a['b']</c>; the first asks for a method before it asks for an item.</summary>
internal sealed record JinjaItem(JinjaExpression Target, JinjaExpression Key, bool Dotted, int Line) : JinjaExpression(Line);

/// <summary><c>a[from:to:step]</c>.</summary>
internal sealed record JinjaSlice(JinjaExpression Target, JinjaExpression? From, JinjaExpression? To, JinjaExpression? Step, int Line) : JinjaExpression(Line);

/// <summary>Arguments of a call, a filter or a test.</summary>
/// <param name="Positional">Arguments by their place.</param>
/// <param name="Named">Arguments by their name.</param>
/// <param name="List">A list of further arguments, <c>*list</c>; null for none.</param>
/// <param name="Map">A mapping of further named arguments, <c>**map</c>; null for none.</param>
internal sealed record JinjaArguments(JinjaExpression[] Positional, (string Name, JinjaExpression Value)[] Named, JinjaExpression? List = null, JinjaExpression? Map = null)
{
    /// <summary>No arguments.</summary>
    public static JinjaArguments None { get; } = new([], []);
}

/// <summary>A call.</summary>
internal sealed record JinjaCall(JinjaExpression Target, JinjaArguments Arguments, int Line) : JinjaExpression(Line);

/// <summary><c>a | filter</c>; the value is null within a filter block.</summary>
internal sealed record JinjaFilter(JinjaExpression? Value, string Name, JinjaArguments Arguments, int Line) : JinjaExpression(Line);

/// <summary><c>a is test</c>.</summary>
internal sealed record JinjaTest(JinjaExpression Value, string Name, JinjaArguments Arguments, bool Negated, int Line) : JinjaExpression(Line);

/// <summary>Text that is written as it stands.</summary>
internal sealed record JinjaText(string Text, int Line) : JinjaNode(Line);

/// <summary>An expression that is written out.</summary>
internal sealed record JinjaOutput(JinjaExpression Value, int Line) : JinjaNode(Line);

/// <summary><c>if</c> with its branches; the last one's condition is null where there is an <c>else</c>.</summary>
internal sealed record JinjaIf((JinjaExpression? Condition, JinjaNode[] Body)[] Branches, int Line) : JinjaNode(Line);

/// <summary><c>for</c>.</summary>
internal sealed record JinjaFor(string[] Targets, JinjaExpression Items, JinjaExpression? Condition, JinjaNode[] Body, JinjaNode[] Else, int Line) : JinjaNode(Line);

/// <summary><c>set</c>: variables, or an attribute of a namespace; the value is a body where there is no expression.</summary>
internal sealed record JinjaSet(string[] Targets, string? Attribute, JinjaExpression? Value, JinjaNode[] Body, JinjaFilter? Filter, int Line) : JinjaNode(Line);

/// <summary><c>macro</c>.</summary>
internal sealed record JinjaMacro(string Name, (string Name, JinjaExpression? Default)[] Parameters, JinjaNode[] Body, int Line) : JinjaNode(Line);

/// <summary><c>call</c>: a call that is given its body as the function <c>caller</c>.</summary>
internal sealed record JinjaCallBlock(JinjaCall Call, JinjaMacro Caller, int Line) : JinjaNode(Line);

/// <summary>Nodes with a scope of their own and, with <c>with</c>, variables.</summary>
internal sealed record JinjaScopeBlock((string Name, JinjaExpression Value)[] Variables, JinjaNode[] Body, int Line) : JinjaNode(Line);

/// <summary>Nodes whose output goes through a filter.</summary>
internal sealed record JinjaFilterBlock(JinjaFilter Filter, JinjaNode[] Body, int Line) : JinjaNode(Line);

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record JinjaJump(bool Break, int Line) : JinjaNode(Line);
