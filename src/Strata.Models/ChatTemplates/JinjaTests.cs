namespace Strata.Models;

/// <summary>The tests behind <c>is</c>.</summary>
internal static class JinjaTests
{
    private static readonly string[] Names =
    [
        "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "in", "integer", "iterable", "le", "lower", "lt", "mapping", "ne", "none", "number",
        "odd", "sameas", "sequence", "string", "true", "undefined", "upper",
    ];

    /// <summary>Whether a test holds.</summary>
    /// <exception cref="JinjaException">There is no such test, or it does not fit the value.</exception>
    public static bool Holds(JinjaInterpreter interpreter, string name, object? value, JinjaCallArguments arguments, int line)
    {
        object? other = arguments.Get(0, "other");
        return name switch
        {
            "defined" => value is not JinjaUndefined,
            "undefined" => value is JinjaUndefined,
            "none" => value is null,
            "string" => value is string,
            "mapping" => value is JinjaMap and not JinjaNamespace,
            "sequence" => value is string or List<object?> or JinjaUndefined || value is JinjaMap and not JinjaNamespace,
            "iterable" => value is string or List<object?> or JinjaUndefined || value is JinjaMap and not JinjaNamespace,
            "number" => JinjaValues.IsNumber(value),
            "integer" => value is long,
            "float" => value is double,
            "boolean" => value is bool,
            "true" => value is true,
            "false" => value is false,
            "callable" => value is JinjaFunction,
            "even" => Remainder(value, 2, line) == 0,
            "odd" => Remainder(value, 2, line) != 0,
            "divisibleby" => Remainder(value, other is long and not 0 ? (long)other : throw new JinjaException(line, "divisibleby needs an integer other than 0"), line) == 0,
            "upper" => value is string text && text.Any(char.IsLetter) && text == text.ToUpperInvariant(),
            "lower" => value is string text && text.Any(char.IsLetter) && text == text.ToLowerInvariant(),
            "sameas" => ReferenceEquals(value, other) || (value is not (string or List<object?> or JinjaMap) && value?.GetType() == other?.GetType() && JinjaValues.AreEqual(value, other)),
            "in" => interpreter.Holds("in", value, other, line),
            "eq" or "equalto" or "==" => JinjaValues.AreEqual(value, other),
            "ne" or "!=" => !JinjaValues.AreEqual(value, other),
            "lt" or "lessthan" => interpreter.Holds("<", value, other, line),
            "le" => interpreter.Holds("<=", value, other, line),
            "gt" or "greaterthan" => interpreter.Holds(">", value, other, line),
            "ge" => interpreter.Holds(">=", value, other, line),
            _ => throw new JinjaException(line, $"there is no test {Excerpt.Quote(name)}. {Excerpt.Nearest(name, Names)}"),
        };
    }

    private static long Remainder(object? value, long divisor, int line) => value is long number ? number % divisor : throw new JinjaException(line, $"the test needs an integer; given is {JinjaValues.Describe(value)}");
}
