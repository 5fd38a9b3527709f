using System.Runtime.CompilerServices;
using System.Text;

namespace Strata.Models;

/// <summary>Runs a template. It can reach the values that it is given and nothing else; steps, depth and the length of texts and lists are bounded.</summary>
internal sealed class JinjaInterpreter
{
    /// <summary>Most characters of a text.</summary>
    public const int MaxText = 1 << 22;

    private const int MaxSteps = 1_000_000;
    private const int MaxItems = 1 << 20;
    private const long MaxWork = 1L << 26;

    private readonly Scope _globals = new(null);
    private readonly DateTime _now;
    private StringBuilder _output = new();
    private int _steps;
    private long _work;
    private Jump _jump;

    /// <summary>An interpreter with variables.</summary>
    public JinjaInterpreter(IEnumerable<(string Name, object? Value)> variables, DateTime now)
    {
        _now = now;
        foreach (JinjaFunction function in Functions()) _globals.Set(function.Name, function);
        foreach ((string name, object? value) in variables) _globals.Set(name, value);
    }

    private enum Jump
    {
        None,
        Break,
        Continue,
    }

    /// <summary>The text that a template gives.</summary>
    /// <exception cref="JinjaException">It refuses, does what it may not, or takes too long.</exception>
    public string Run(JinjaNode[] nodes)
    {
        // Variables that the template sets hide those that it was given.
        Execute(nodes, new Scope(_globals));
        return _output.ToString();
    }

    /// <summary>Counts work that is in proportion to the length of a text or a list.</summary>
    public void Charge(long amount, int line)
    {
        _work += amount;
        if (_work > MaxWork) throw new JinjaException(line, "it makes too much text");
    }

    /// <summary>A text, which must not be too long.</summary>
    public string Bounded(string text, int line)
    {
        Charge(text.Length, line);
        return text.Length <= MaxText ? text : throw new JinjaException(line, $"a text has more than {MaxText:N0} characters");
    }

    /// <summary>The text of a value.</summary>
    public string Str(object? value, int line)
    {
        try
        {
            return value as string ?? Bounded(JinjaWriter.Str(value, MaxText), line);
        }
        catch (FormatException e)
        {
            throw new JinjaException(line, e.Message);
        }
    }

    /// <summary>The items of a value.</summary>
    public List<object?> Items(object? value, int line)
    {
        List<object?> items = JinjaValues.Items(value) ?? throw new JinjaException(line, $"{JinjaValues.Describe(value)} has no items to go through");
        Charge(items.Count, line);
        return items;
    }

    private void Step(int line)
    {
        if (++_steps > MaxSteps) throw new JinjaException(line, $"it takes more than {MaxSteps:N0} steps");
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new JinjaException(line, "it is nested too deep");
    }

    private void Execute(JinjaNode[] nodes, Scope scope)
    {
        foreach (JinjaNode node in nodes)
        {
            Step(node.Line);
            switch (node)
            {
                case JinjaText text:
                    Write(text.Text, text.Line);
                    break;
                case JinjaOutput output:
                    Write(Str(Evaluate(output.Value, scope), output.Line), output.Line);
                    break;
                case JinjaIf condition:
                    ExecuteIf(condition, scope);
                    break;
                case JinjaFor loop:
                    ExecuteFor(loop, scope);
                    break;
                case JinjaSet set:
                    ExecuteSet(set, scope);
                    break;
                case JinjaMacro macro:
                    scope.Set(macro.Name, new JinjaFunction(macro.Name, arguments => CallMacro(macro, arguments, scope)));
                    break;
                case JinjaCallBlock block:
                    ExecuteCallBlock(block, scope);
                    break;
                case JinjaScopeBlock block:
                    ExecuteBlock(block, scope);
                    break;
                case JinjaFilterBlock block:
                    Write(Str(Filter(block.Filter, Captured(block.Body, new Scope(scope)), scope), block.Line), block.Line);
                    break;
                case JinjaJump jump:
                    _jump = jump.Break ? Jump.Break : Jump.Continue;
                    break;
            }

            if (_jump != Jump.None) return;
        }
    }

    private void Write(string text, int line)
    {
        Charge(text.Length, line);
        if (_output.Length + (long)text.Length > MaxText) throw new JinjaException(line, $"it writes more than {MaxText:N0} characters");
        _output.Append(text);
    }

    private void ExecuteIf(JinjaIf node, Scope scope)
    {
        foreach ((JinjaExpression? condition, JinjaNode[] body) in node.Branches)
        {
            if (condition is not null && !JinjaValues.IsTrue(Evaluate(condition, scope))) continue;
            Execute(body, scope);
            return;
        }
    }

    private void ExecuteFor(JinjaFor node, Scope scope)
    {
        List<object?> items = [.. Items(Evaluate(node.Items, scope), node.Line)];
        if (node.Condition is { } condition) items = items.FindAll(item => JinjaValues.IsTrue(Evaluate(condition, Bind(node, item, scope))));
        bool reachedEnd = false;
        for (int i = 0; i < items.Count; i++)
        {
            Step(node.Line);
            Scope inner = Bind(node, items[i], scope);
            inner.Set("loop", new JinjaLoop(items, i));
            Execute(node.Body, inner);
            Jump jump = _jump;
            _jump = Jump.None;
            if (jump == Jump.Break) break;
            reachedEnd |= jump == Jump.None;
        }

        // As in Jinja, "else" also follows where no run of the body reached its end.
        if (!reachedEnd) Execute(node.Else, new Scope(scope));
    }

    private static Scope Bind(JinjaFor node, object? item, Scope scope)
    {
        Scope inner = new(scope);
        Assign(node.Targets, item, inner, node.Line);
        return inner;
    }

    private static void Assign(string[] targets, object? value, Scope scope, int line)
    {
        if (targets.Length == 1)
        {
            scope.Set(targets[0], value);
            return;
        }

        if (value is not List<object?> parts || parts.Count != targets.Length)
            throw new JinjaException(line, $"{JinjaValues.Describe(value)} cannot be split into {string.Join(", ", targets)}");
        for (int i = 0; i < targets.Length; i++) scope.Set(targets[i], parts[i]);
    }

    private void ExecuteSet(JinjaSet node, Scope scope)
    {
        object? value = node.Value is { } expression ? Evaluate(expression, scope) : Captured(node.Body, new Scope(scope));
        if (node.Filter is not null) value = Filter(node.Filter, value, scope);
        if (node.Attribute is null) Assign(node.Targets, value, scope, node.Line);
        else if (node.Targets is [var name] && scope.Get(name) is JinjaNamespace target) target.Set(node.Attribute, value);
        else throw new JinjaException(node.Line, $"{Excerpt.Quote(node.Targets[0])} is not a namespace; only the attributes of one can be set");
    }

    private void ExecuteCallBlock(JinjaCallBlock node, Scope scope)
    {
        JinjaFunction caller = new("caller", arguments => CallMacro(node.Caller, arguments, scope));
        Write(Str(Call(node.Call, scope, caller), node.Line), node.Line);
    }

    private void ExecuteBlock(JinjaScopeBlock node, Scope scope)
    {
        if (node.Variables.Length == 0)
        {
            Execute(node.Body, new Scope(scope));
            return;
        }

        Scope inner = new(scope);
        foreach ((string name, JinjaExpression value) in node.Variables) inner.Set(name, Evaluate(value, scope));
        Execute(node.Body, inner);
    }

    /// <summary>What nodes write, as a value.</summary>
    private string Captured(JinjaNode[] nodes, Scope scope)
    {
        StringBuilder outer = _output;
        _output = new StringBuilder();
        try
        {
            Execute(nodes, scope);
            return _output.ToString();
        }
        finally
        {
            _output = outer;
        }
    }

    private string CallMacro(JinjaMacro macro, JinjaCallArguments arguments, Scope scope)
    {
        if (arguments.Positional.Length > macro.Parameters.Length)
            throw new JinjaException(macro.Line, $"the macro {Excerpt.Quote(macro.Name)} takes {macro.Parameters.Length} arguments; {arguments.Positional.Length} were given");
        Scope inner = new(scope);
        for (int i = 0; i < macro.Parameters.Length; i++)
        {
            (string name, JinjaExpression? absent) = macro.Parameters[i];
            if (i < arguments.Positional.Length) inner.Set(name, arguments.Positional[i]);
            else if (arguments.Named.TryGetValue(name, out object? value)) inner.Set(name, value);
            else inner.Set(name, absent is null ? new JinjaUndefined(name) : Evaluate(absent, inner));
        }

        if (arguments.Named.TryGetValue("caller", out object? caller)) inner.Set("caller", caller);
        string? unknown = arguments.Named.Keys.FirstOrDefault(name => name != "caller" && !macro.Parameters.Any(parameter => parameter.Name == name));
        if (unknown is not null) throw new JinjaException(macro.Line, $"the macro {Excerpt.Quote(macro.Name)} has no parameter {Excerpt.Quote(unknown)}");
        Jump before = _jump;
        string text = Captured(macro.Body, inner);
        _jump = before;
        return text;
    }

    private object? Evaluate(JinjaExpression node, Scope scope)
    {
        Step(node.Line);
        return node switch
        {
            JinjaConstant constant => constant.Value,
            JinjaName name => scope.Get(name.Name),
            JinjaListLiteral list => ListOf(list, scope),
            JinjaMapLiteral map => MapOf(map, scope),
            JinjaUnary unary => Unary(unary, scope),
            JinjaBinary binary => Binary(binary, scope),
            JinjaComparison comparison => Comparison(comparison, scope),
            JinjaConditional conditional => JinjaValues.IsTrue(Evaluate(conditional.Condition, scope)) ? Evaluate(conditional.Then, scope)
                : conditional.Else is { } otherwise ? Evaluate(otherwise, scope) : new JinjaUndefined("the inline if without else"),
            JinjaItem item => Item(Evaluate(item.Target, scope), Evaluate(item.Key, scope), item),
            JinjaSlice slice => Slice(slice, scope),
            JinjaCall call => Call(call, scope),
            JinjaFilter filter => Filter(filter, Evaluate(filter.Value!, scope), scope),
            JinjaTest test => Test(test, scope),
            _ => throw new JinjaException(node.Line, "an expression is not supported"),
        };
    }

    private List<object?> ListOf(JinjaListLiteral node, Scope scope)
    {
        IEnumerable<object?> items = node.Items.Select(item => Evaluate(item, scope));
        return node.Tuple ? new JinjaTuple(items) : [.. items];
    }

    private JinjaMap MapOf(JinjaMapLiteral node, Scope scope)
    {
        JinjaMap map = new();
        foreach ((JinjaExpression key, JinjaExpression value) in node.Items)
        {
            object? name = Evaluate(key, scope);
            if (name is List<object?> or JinjaMap or JinjaUndefined) throw new JinjaException(node.Line, $"{JinjaValues.Describe(name)} cannot be a key");
            map.Set(name, Evaluate(value, scope));
        }

        return map;
    }

    private object? Unary(JinjaUnary node, Scope scope)
    {
        object? value = Evaluate(node.Operand, scope);
        if (node.Operator == "not") return !JinjaValues.IsTrue(value);
        return value switch
        {
            long or bool => (object)(node.Operator == "-" ? -JinjaValues.Integer(value) : JinjaValues.Integer(value)),
            double number => node.Operator == "-" ? -number : number,
            _ => throw new JinjaException(node.Line, $"{node.Operator} needs a number; given is {JinjaValues.Describe(value)}"),
        };
    }

    private object? Binary(JinjaBinary node, Scope scope)
    {
        object? left = Evaluate(node.Left, scope);
        if (node.Operator == "and") return JinjaValues.IsTrue(left) ? Evaluate(node.Right, scope) : left;
        if (node.Operator == "or") return JinjaValues.IsTrue(left) ? left : Evaluate(node.Right, scope);
        object? right = Evaluate(node.Right, scope);
        if (node.Operator == "~") return Bounded(Str(left, node.Line) + Str(right, node.Line), node.Line);
        try
        {
            return JinjaValues.IsNumber(left) && JinjaValues.IsNumber(right) ? Arithmetic(node, left, right) : Joined(node, left, right);
        }
        catch (Exception e) when (e is OverflowException or DivideByZeroException)
        {
            throw new JinjaException(node.Line, e is DivideByZeroException ? "a number is divided by 0" : "a number becomes too large");
        }
    }

    private static object Arithmetic(JinjaBinary node, object? left, object? right)
    {
        bool integers = left is not double && right is not double;
        (double a, double b) = (JinjaValues.Number(left), JinjaValues.Number(right));
        (long m, long n) = integers ? (JinjaValues.Integer(left), JinjaValues.Integer(right)) : (0, 0);
        if (node.Operator is "/" or "//" or "%" && b == 0) throw new DivideByZeroException();
        return node.Operator switch
        {
            "+" => integers ? (object)checked(m + n) : a + b,
            "-" => integers ? (object)checked(m - n) : a - b,
            "*" => integers ? (object)checked(m * n) : a * b,
            "/" => a / b,
            "//" => integers ? (object)FloorDivide(m, n) : Math.Floor(a / b),
            "%" => integers ? (object)(m - checked(FloorDivide(m, n) * n)) : a - Math.Floor(a / b) * b,
            _ => integers && n >= 0 ? (object)Power(m, n) : Math.Pow(a, b),
        };
    }

    private static long FloorDivide(long a, long b)
    {
        long quotient = checked(a / b);
        return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
    }

    private static long Power(long value, long exponent)
    {
        if (value is 0 or 1) return exponent == 0 ? 1 : value;
        if (value == -1) return exponent % 2 == 0 ? 1 : -1;
        if (exponent > 63) throw new OverflowException();
        long result = 1;
        for (long i = 0; i < exponent; i++) result = checked(result * value);
        return result;
    }

    private object Joined(JinjaBinary node, object? left, object? right)
    {
        if (node.Operator == "+" && left is string a && right is string b) return Bounded(a + b, node.Line);
        if (node.Operator == "+" && left is List<object?> first && right is List<object?> second) return BoundedList([.. first, .. second], node.Line);
        if (node.Operator == "*" && left is string text && right is long count) return Repeated(text, count, node.Line);
        if (node.Operator == "*" && right is string other && left is long times) return Repeated(other, times, node.Line);
        throw new JinjaException(node.Line, $"{Excerpt.Quote(node.Operator)} cannot join {JinjaValues.Describe(left)} and {JinjaValues.Describe(right)}");
    }

    private string Repeated(string text, long count, int line)
    {
        if (count <= 0 || text.Length == 0) return "";
        if (count > MaxText / text.Length) throw new JinjaException(line, $"a text has more than {MaxText:N0} characters");
        return Bounded(string.Concat(Enumerable.Repeat(text, (int)count)), line);
    }

    private List<object?> BoundedList(List<object?> list, int line)
    {
        Charge(list.Count, line);
        return list.Count <= MaxItems ? list : throw new JinjaException(line, $"a list has more than {MaxItems:N0} items");
    }

    private object Comparison(JinjaComparison node, Scope scope)
    {
        object? left = Evaluate(node.First, scope);
        foreach ((string op, JinjaExpression operand) in node.Rest)
        {
            object? right = Evaluate(operand, scope);
            if (!Holds(op, left, right, node.Line)) return false;
            left = right;
        }

        return true;
    }

    /// <summary>Whether a comparison holds.</summary>
    public bool Holds(string op, object? left, object? right, int line)
    {
        Charge((left as string)?.Length ?? (left as List<object?>)?.Count ?? 1, line);
        switch (op)
        {
            case "==":
                return JinjaValues.AreEqual(left, right);
            case "!=":
                return !JinjaValues.AreEqual(left, right);
            case "in":
                return Contains(right, left, line);
            case "not in":
                return !Contains(right, left, line);
        }

        int order = JinjaValues.Compare(left, right) ?? throw new JinjaException(line, $"{JinjaValues.Describe(left)} and {JinjaValues.Describe(right)} cannot be compared");
        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    private bool Contains(object? container, object? item, int line)
    {
        if (container is string text)
        {
            Charge(text.Length, line);
            return item is string part ? text.Contains(part, StringComparison.Ordinal) : throw new JinjaException(line, $"a string cannot contain {JinjaValues.Describe(item)}");
        }

        if (container is JinjaMap map) return map.TryGet(item, out _);
        return Items(container, line).Exists(other => JinjaValues.AreEqual(other, item));
    }

    private object? Item(object? target, object? key, JinjaItem node)
    {
        if (target is JinjaUndefined undefined)
            throw new JinjaException(node.Line, $"{Excerpt.Quote(undefined.Name)} is undefined, so it has no {(key is string text ? Excerpt.Quote(text) : "items")}");
        if (node.Dotted && key is string method && JinjaMethods.Find(this, target, method, node.Line) is { } function) return function;
        if (target is JinjaMap map && map.TryGet(key, out object? value)) return value;
        if (target is List<object?> list && key is long at && (at < 0 ? at + list.Count : at) is var index && index >= 0 && index < list.Count) return list[(int)index];
        if (target is string characters && key is long place) return SliceOf(JinjaValues.Items(characters)!, place, node.Line) ?? new JinjaUndefined("a character");
        if (!node.Dotted && key is string name && JinjaMethods.Find(this, target, name, node.Line) is { } found) return found;
        return new JinjaUndefined(key as string ?? Str(key, node.Line));
    }

    private object? SliceOf(List<object?> items, long at, int line)
    {
        Charge(items.Count, line);
        long index = at < 0 ? at + items.Count : at;
        return index >= 0 && index < items.Count ? items[(int)index] : null;
    }

    private object Slice(JinjaSlice node, Scope scope)
    {
        object? target = Evaluate(node.Target, scope);
        List<object?> items = target is string or List<object?> ? Items(target, node.Line) : throw new JinjaException(node.Line, $"{JinjaValues.Describe(target)} has no slices");
        long? Bound(JinjaExpression? expression) => expression is null || Evaluate(expression, scope) is not { } value ? null
            : value as long? ?? throw new JinjaException(node.Line, $"a slice needs integers; given is {JinjaValues.Describe(value)}");
        long? from = Bound(node.From);
        long? to = Bound(node.To);
        long step = Bound(node.Step) ?? 1;
        if (step == 0) throw new JinjaException(node.Line, "the step of a slice is 0");
        long low = step > 0 ? 0 : -1;
        long high = step > 0 ? items.Count : items.Count - 1L;
        long Place(long? given, long absent) => given is not { } at ? absent : Math.Clamp(at < 0 ? Math.Max(at, -items.Count - 1L) + items.Count : at, low, high);
        List<object?> taken = [];
        long end = Place(to, step > 0 ? high : low);
        for (long i = Place(from, step > 0 ? low : high); step > 0 ? i < end : i > end; i += Math.Clamp(step, -items.Count - 1L, items.Count + 1L)) taken.Add(items[(int)i]);
        return target is string ? string.Concat(taken.Cast<string>()) : taken;
    }

    private object? Call(JinjaCall node, Scope scope, JinjaFunction? caller = null)
    {
        object? target = Evaluate(node.Target, scope);
        if (target is not JinjaFunction function)
            throw new JinjaException(node.Line, target is JinjaUndefined undefined ? $"there is no function {Excerpt.Quote(undefined.Name)}" : $"{JinjaValues.Describe(target)} cannot be called");
        try
        {
            JinjaCallArguments arguments = Arguments(node.Arguments, scope);
            return function.Invoke(caller is null ? arguments : arguments with { Named = new Dictionary<string, object?>(arguments.Named) { ["caller"] = caller } });
        }
        catch (FormatException e)
        {
            throw new JinjaException(node.Line, e.Message);
        }
    }

    private JinjaCallArguments Arguments(JinjaArguments arguments, Scope scope)
    {
        Dictionary<string, object?> named = new(StringComparer.Ordinal);
        foreach ((string name, JinjaExpression value) in arguments.Named) named[name] = Evaluate(value, scope);
        List<object?> positional = [.. arguments.Positional.Select(value => Evaluate(value, scope))];
        if (arguments.List is { } list) positional.AddRange(Items(Evaluate(list, scope), list.Line));
        if (arguments.Map is { } map)
        {
            if (Evaluate(map, scope) is not JinjaMap more) throw new JinjaException(map.Line, "** needs a mapping");
            foreach ((object name, object? value) in more.Items) named[name as string ?? throw new JinjaException(map.Line, "the keys behind ** must be strings")] = value;
        }

        return new JinjaCallArguments([.. positional], named);
    }

    private object? Filter(JinjaFilter node, object? value, Scope scope)
    {
        // A filter on top of another within a filter block or a set block.
        if (node.Value is JinjaFilter inner && IsBlockFilter(inner)) value = Filter(inner, value, scope);
        try
        {
            return JinjaFilters.Apply(this, node.Name, value, Arguments(node.Arguments, scope), node.Line);
        }
        catch (FormatException e)
        {
            throw new JinjaException(node.Line, e.Message);
        }
    }

    private static bool IsBlockFilter(JinjaFilter filter) => filter.Value is null || (filter.Value is JinjaFilter inner && IsBlockFilter(inner));

    private object Test(JinjaTest node, Scope scope) =>
        JinjaTests.Holds(this, node.Name, Evaluate(node.Value, scope), Arguments(node.Arguments, scope), node.Line) != node.Negated;

    private IEnumerable<JinjaFunction> Functions()
    {
        yield return new JinjaFunction("raise_exception", arguments => throw new JinjaException(0, Str(arguments.Get(0, "message"), 0), raised: true));
        yield return new JinjaFunction("namespace", arguments => Filled(new JinjaNamespace(), arguments));
        yield return new JinjaFunction("dict", arguments => Filled(new JinjaMap(), arguments));
        yield return new JinjaFunction("range", Range);
        yield return new JinjaFunction("strftime_now", arguments => JinjaMethods.FormatTime(_now, arguments.Get(0, "format") as string ?? throw new FormatException("strftime_now needs a format")));
    }

    private static JinjaMap Filled(JinjaMap map, JinjaCallArguments arguments)
    {
        if (arguments.Get(0, "") is JinjaMap other)
        {
            foreach ((object key, object? value) in other.Items) map.Set(JinjaValues.Key(key), value);
        }

        foreach ((string name, object? value) in arguments.Named) map.Set(name, value);
        return map;
    }

    private object Range(JinjaCallArguments arguments)
    {
        long[] bounds = [.. arguments.Positional.Select(value => value as long? ?? throw new FormatException($"range needs integers; given is {JinjaValues.Describe(value)}"))];
        if (bounds.Length is 0 or > 3) throw new FormatException("range needs one to three integers");
        long from = bounds.Length > 1 ? bounds[0] : 0;
        long to = bounds.Length > 1 ? bounds[1] : bounds[0];
        long step = bounds.Length > 2 ? bounds[2] : 1;
        if (step == 0) throw new FormatException("the step of range is 0");
        double count = Math.Ceiling(((double)to - from) / step);
        if (count > MaxItems) throw new FormatException($"range gives more than {MaxItems:N0} integers");
        Charge((long)Math.Max(count, 0), 0);
        return Enumerable.Range(0, (int)Math.Max(count, 0)).Select(i => (object?)(from + i * step)).ToList();
    }

    /// <summary>Variables, those of the scopes around included.</summary>
    private sealed class Scope(Scope? outer)
    {
        private Dictionary<string, object?>? _values;

        public void Set(string name, object? value) => (_values ??= new(StringComparer.Ordinal))[name] = value;

        public object? Get(string name)
        {
            for (Scope? scope = this; scope is not null; scope = scope._outer)
            {
                if (scope._values is not null && scope._values.TryGetValue(name, out object? value)) return value;
            }

            return new JinjaUndefined(name);
        }

        private readonly Scope? _outer = outer;
    }
}
