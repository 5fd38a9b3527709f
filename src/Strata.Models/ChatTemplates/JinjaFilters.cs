using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>The filters behind <c>|</c>.</summary>
internal static class JinjaFilters
{
    private static readonly string[] Names =
    [
        "abs", "attr", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min",
        "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "unique", "upper",
    ];

    /// <summary>What a filter makes of a value.</summary>
    /// <exception cref="JinjaException">There is no such filter.</exception>
    /// <exception cref="FormatException">It does not fit the value or its arguments.</exception>
    public static object? Apply(JinjaInterpreter interpreter, string name, object? value, JinjaCallArguments arguments, int line)
    {
        string Text() => interpreter.Str(value, line);
        List<object?> Items() => interpreter.Items(value, line);
        return name switch
        {
            "trim" => JinjaMethods.Strip(Text(), arguments.Get(0, "chars"), left: true, right: true),
            "upper" => Text().ToUpperInvariant(),
            "lower" => Text().ToLowerInvariant(),
            "capitalize" => JinjaMethods.Capitalize(Text()),
            "title" => JinjaMethods.Title(Text()),
            "string" or "safe" => Text(),
            "escape" or "e" => interpreter.Bounded(Text().Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("'", "&#39;").Replace("\"", "&#34;"), line),
            "replace" => JinjaMethods.Replace(interpreter, Text(), arguments, line),
            "indent" => interpreter.Bounded(Indent(Text(), arguments), line),
            "tojson" => interpreter.Bounded(Json(value, arguments), line),
            "default" or "d" => value is JinjaUndefined || (JinjaValues.IsTrue(arguments.Get(1, "boolean", false)) && !JinjaValues.IsTrue(value)) ? arguments.Get(0, "default_value", "") : value,
            "length" or "count" => JinjaValues.Length(value) ?? throw new FormatException($"{JinjaValues.Describe(value)} has no length"),
            "list" => new List<object?>(Items()),
            "items" => value is JinjaUndefined ? new List<object?>() : value is JinjaMap map ? Pairs(map) : throw new FormatException($"items needs a mapping; given is {JinjaValues.Describe(value)}"),
            "dictsort" => value is JinjaMap map ? Sorted(Pairs(map), pair => Folded(((List<object?>)pair!)[0])) : throw new FormatException("dictsort needs a mapping"),
            "first" => Items() is [var first, ..] ? first : new JinjaUndefined("the first item of an empty list"),
            "last" => Items() is [.., var last] ? last : new JinjaUndefined("the last item of an empty list"),
            "join" => Join(interpreter, Attributes(interpreter, Items(), arguments.Get(1, "attribute"), line), interpreter.Str(arguments.Get(0, "d", ""), line), line),
            "reverse" => Reversed(value, Items()),
            "sort" => Sort(interpreter, Items(), arguments, line),
            "unique" => Unique(Items()),
            "min" or "max" => Items() is { Count: > 0 } some ? Sorted(some, Folded)[name == "min" ? 0 : ^1] : new JinjaUndefined($"the {name} of an empty list"),
            "sum" => Sum(Attributes(interpreter, Items(), arguments.Get(0, "attribute"), line), arguments.Get(1, "start", 0L)),
            "map" => Map(interpreter, Items(), arguments, line),
            "select" or "reject" => Chosen(interpreter, Items(), null, 0, arguments, name == "select", line),
            "selectattr" or "rejectattr" => Chosen(interpreter, Items(), arguments.Get(0, "attribute") as string ?? throw new FormatException($"{name} needs the name of an attribute"), 1, arguments, name == "selectattr", line),
            "attr" => Attribute(value, arguments.Get(0, "name")),
            "abs" => value switch { long number => (object)Math.Abs(number), double number => Math.Abs(number), _ => throw new FormatException("abs needs a number") },
            "int" => Int(value, arguments.Get(0, "default", 0L)),
            "float" => Float(value, arguments.Get(0, "default", 0.0)),
            "round" => Round(value, arguments),
            _ => throw new JinjaException(line, $"there is no filter {Excerpt.Quote(name)}. {Excerpt.Nearest(name, Names)}"),
        };
    }

    /// <summary>The texts of items with another text between them.</summary>
    public static string Join(JinjaInterpreter interpreter, List<object?> items, string between, int line)
    {
        StringBuilder text = new();
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(between);
            text.Append(interpreter.Str(items[i], line));
            if (text.Length > JinjaInterpreter.MaxText) throw new FormatException("join makes a text that is too long");
        }

        return interpreter.Bounded(text.ToString(), line);
    }

    /// <summary>JSON with the options of Python's <c>json.dumps</c>, in the order in which chat templates pass them.</summary>
    private static string Json(object? value, JinjaCallArguments arguments)
    {
        int? indent = arguments.Get(1, "indent") is long given ? (int)Math.Clamp(given, 0, 100) : null;
        List<object?>? separators = arguments.Get(2, "separators") as List<object?>;
        if (separators is not (null or [string, string])) throw new FormatException("the separators of tojson must be two strings");
        string between = separators?[0] as string ?? (indent is null ? ", " : ",");
        return JinjaWriter.Json(value, new JsonStyle(indent, between, separators?[1] as string ?? ": ", JinjaValues.IsTrue(arguments.Get(0, "ensure_ascii", false)), JinjaValues.IsTrue(arguments.Get(3, "sort_keys", false))), JinjaInterpreter.MaxText);
    }

    private static List<object?> Pairs(JinjaMap map) => [.. map.Items.Select(item => (object?)new JinjaTuple([JinjaValues.Key(item.Key), item.Value]))];

    private static string Indent(string text, JinjaCallArguments arguments)
    {
        object? width = arguments.Get(0, "width", 4L);
        string space = width as string ?? new string(' ', (int)Math.Clamp(JinjaValues.Integer(width), 0, 1000));
        bool first = JinjaValues.IsTrue(arguments.Get(1, "first", false));
        bool blank = JinjaValues.IsTrue(arguments.Get(2, "blank", false));
        return string.Join("\n", text.Split('\n').Select((line, i) => (i == 0 ? first : line.Length > 0 || blank) ? space + line : line));
    }

    private static object Reversed(object? value, List<object?> items)
    {
        List<object?> reversed = [.. items];
        reversed.Reverse();
        return value is string ? string.Concat(reversed.Cast<string>()) : reversed;
    }

    private static object? Attribute(object? item, object? name)
    {
        object? value = item;
        foreach (string part in (name as string ?? throw new FormatException("the name of an attribute must be a string")).Split('.'))
        {
            object? key = long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && value is List<object?> ? number : part;
            value = value is JinjaMap map && map.TryGet(key, out object? found) ? found
                : value is List<object?> list && key is long at && at < list.Count ? list[(int)at] : new JinjaUndefined(part);
        }

        return value;
    }

    private static List<object?> Attributes(JinjaInterpreter interpreter, List<object?> items, object? attribute, int line)
    {
        if (attribute is null) return items;
        interpreter.Charge(items.Count, line);
        return items.ConvertAll(item => Attribute(item, attribute));
    }

    private static List<object?> Map(JinjaInterpreter interpreter, List<object?> items, JinjaCallArguments arguments, int line)
    {
        if (arguments.Named.TryGetValue("attribute", out object? attribute))
        {
            object? absent = arguments.Get(99, "default", new JinjaUndefined("attribute"));
            return items.ConvertAll(item => Attribute(item, attribute) is var value && value is JinjaUndefined ? absent : value);
        }

        string filter = arguments.Get(0, "filter") as string ?? throw new FormatException("map needs the name of a filter or attribute=");
        JinjaCallArguments rest = new(arguments.Positional[Math.Min(1, arguments.Positional.Length)..], arguments.Named);
        return items.ConvertAll(item => Apply(interpreter, filter, item, rest, line));
    }

    private static List<object?> Chosen(JinjaInterpreter interpreter, List<object?> items, string? attribute, int at, JinjaCallArguments arguments, bool wanted, int line)
    {
        string? test = at < arguments.Positional.Length ? arguments.Positional[at] as string ?? throw new FormatException("the name of a test must be a string") : null;
        JinjaCallArguments rest = new(arguments.Positional[Math.Min(at + 1, arguments.Positional.Length)..], arguments.Named);
        return items.FindAll(item =>
        {
            object? value = attribute is null ? item : Attribute(item, attribute);
            return (test is null ? JinjaValues.IsTrue(value) : JinjaTests.Holds(interpreter, test, value, rest, line)) == wanted;
        });
    }

    private static List<object?> Sort(JinjaInterpreter interpreter, List<object?> items, JinjaCallArguments arguments, int line)
    {
        object? attribute = arguments.Get(2, "attribute");
        bool exact = JinjaValues.IsTrue(arguments.Get(1, "case_sensitive", false));
        interpreter.Charge(items.Count, line);
        List<object?> sorted = Sorted(items, item => (attribute is null ? item : Attribute(item, attribute)) is var key && exact ? key : Folded(key));
        if (JinjaValues.IsTrue(arguments.Get(0, "reverse", false)))
        {
            // Equals keep their order, as in Python.
            sorted = Sorted([.. Enumerable.Reverse(items)], item => (attribute is null ? item : Attribute(item, attribute)) is var key && exact ? key : Folded(key));
            sorted.Reverse();
        }

        return sorted;
    }

    private static List<object?> Sorted(List<object?> items, Func<object?, object?> key)
    {
        try
        {
            return [.. items.OrderBy(key, Comparer<object?>.Create((a, b) => JinjaValues.Compare(a, b) ?? throw new FormatException($"{JinjaValues.Describe(a)} and {JinjaValues.Describe(b)} cannot be compared")))];
        }
        catch (InvalidOperationException e) when (e.InnerException is FormatException cause)
        {
            // Sorting wraps what a comparer throws.
            throw new FormatException(cause.Message, e);
        }
    }

    private static object? Folded(object? value) => value is string text ? text.ToLowerInvariant() : value;

    private static List<object?> Unique(List<object?> items)
    {
        HashSet<object> seen = new(JinjaValues.KeyComparer);
        return items.FindAll(item => seen.Add(Folded(item) ?? JinjaValues.NoneKey));
    }

    private static object? Sum(List<object?> items, object? start)
    {
        object? sum = start;
        foreach (object? item in items)
        {
            if (!JinjaValues.IsNumber(item)) throw new FormatException($"sum needs numbers; given is {JinjaValues.Describe(item)}");
            sum = sum is double || item is double ? (object)(JinjaValues.Number(sum) + JinjaValues.Number(item)) : JinjaValues.Integer(sum) + JinjaValues.Integer(item);
        }

        return sum;
    }

    private static object? Int(object? value, object? absent) => value switch
    {
        long or bool => JinjaValues.Integer(value),
        double number when Math.Abs(number) < 9e18 => (long)number,
        string text when long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
        string text when double.TryParse(text.Trim(), CultureInfo.InvariantCulture, out double number) && Math.Abs(number) < 9e18 => (long)number,
        _ => absent,
    };

    private static object? Float(object? value, object? absent) => value switch
    {
        long or bool or double => JinjaValues.Number(value),
        string text when double.TryParse(text.Trim(), CultureInfo.InvariantCulture, out double number) => number,
        _ => absent,
    };

    private static object Round(object? value, JinjaCallArguments arguments)
    {
        if (!JinjaValues.IsNumber(value)) throw new FormatException("round needs a number");
        double scale = Math.Pow(10, Math.Clamp(JinjaValues.Integer(arguments.Get(0, "precision", 0L)), 0, 15));
        double number = JinjaValues.Number(value) * scale;
        return (arguments.Get(1, "method", "common") switch { "ceil" => Math.Ceiling(number), "floor" => Math.Floor(number), _ => Math.Round(number, MidpointRounding.ToEven) }) / scale;
    }
}
