namespace Strata.Models;

/// <summary>Makes a tree of a template's tokens, by recursive descent in the order of Jinja's precedences.</summary>
internal sealed class JinjaParser
{
    private const int MaxDepth = 100;

    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private readonly List<JinjaToken> _tokens;
    private int _at;
    private int _depth;

    private JinjaParser(List<JinjaToken> tokens) => _tokens = tokens;

    /// <summary>The nodes of a template.</summary>
    /// <exception cref="JinjaException">It is not valid, or uses something that chat templates do not.</exception>
    public static JinjaNode[] Parse(string source)
    {
        JinjaParser parser = new(JinjaLexer.Tokenize(source));
        JinjaNode[] nodes = parser.Body();
        return parser.Current.Kind == JinjaTokenKind.End ? nodes : throw parser.Error($"\"{parser._tokens[parser._at + 1].Text}\" closes nothing");
    }

    private JinjaToken Current => _tokens[_at];

    private JinjaException Error(string problem) => new(Current.Line, problem);

    private JinjaException Unexpected(string expected) => Error($"{expected} is expected, {(Current.Kind == JinjaTokenKind.End ? Current.Text : Excerpt.Quote(Current.Text))} found");

    private bool Is(string text) => Current.Kind is JinjaTokenKind.Operator or JinjaTokenKind.Name && Current.Text == text;

    private bool Take(string text)
    {
        if (!Is(text)) return false;
        _at++;
        return true;
    }

    private void Expect(string text)
    {
        if (!Take(text)) throw Unexpected($"\"{text}\"");
    }

    private string Name()
    {
        if (Current.Kind != JinjaTokenKind.Name) throw Unexpected("a name");
        return _tokens[_at++].Text;
    }

    private void EndBlock()
    {
        if (Current.Kind != JinjaTokenKind.BlockEnd) throw Unexpected("%}");
        _at++;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth) throw Error($"it is nested more than {MaxDepth} deep");
    }

    /// <summary>Nodes up to a statement that closes or divides what is around them, which is left at its beginning.</summary>
    private JinjaNode[] Body()
    {
        Enter();
        List<JinjaNode> nodes = [];
        while (Current.Kind != JinjaTokenKind.End)
        {
            JinjaToken token = Current;
            if (token.Kind == JinjaTokenKind.BlockBegin && _tokens[_at + 1].Text is var name && (name.StartsWith("end", StringComparison.Ordinal) || name is "else" or "elif")) break;
            _at++;
            if (token.Kind == JinjaTokenKind.Text)
            {
                nodes.Add(new JinjaText(token.Text, token.Line));
            }
            else if (token.Kind == JinjaTokenKind.OutputBegin)
            {
                nodes.Add(new JinjaOutput(ExpressionOrTuple(), token.Line));
                if (Current.Kind != JinjaTokenKind.OutputEnd) throw Unexpected("}}");
                _at++;
            }
            else
            {
                nodes.Add(Statement(token.Line));
            }
        }

        _depth--;
        return [.. nodes];
    }

    private JinjaNode Statement(int line)
    {
        string name = Name();
        return name switch
        {
            "if" => If(line),
            "for" => For(line),
            "set" => Set(line),
            "macro" => Macro(line),
            "call" => CallBlock(line),
            "with" => With(line),
            "filter" => FilterBlock(line),
            "generation" => new JinjaScopeBlock([], Enclosed("endgeneration"), line),
            "break" or "continue" => Jump(name == "break", line),
            _ => throw new JinjaException(line, $"the statement {Excerpt.Quote(name)} is not supported; chat templates use if, for, set, macro, call, with, filter, break and continue"),
        };
    }

    /// <summary>The end of this statement, its body and its closing statement.</summary>
    private JinjaNode[] Enclosed(string close)
    {
        EndBlock();
        JinjaNode[] body = Body();
        Close(close);
        return body;
    }

    private void Close(string close)
    {
        if (Current.Kind == JinjaTokenKind.End) throw Unexpected($"{{% {close} %}}");
        _at++;
        Expect(close);
        // The name of a macro may be repeated at its end.
        if (close == "endmacro" && Current.Kind == JinjaTokenKind.Name) _at++;
        EndBlock();
    }

    private JinjaJump Jump(bool isBreak, int line)
    {
        EndBlock();
        return new JinjaJump(isBreak, line);
    }

    private JinjaIf If(int line)
    {
        List<(JinjaExpression?, JinjaNode[])> branches = [];
        JinjaExpression? condition = ExpressionOrTuple();
        while (true)
        {
            EndBlock();
            branches.Add((condition, Body()));
            if (Current.Kind == JinjaTokenKind.End) throw Unexpected("{% endif %}");
            _at++;
            if (Take("elif") && condition is not null) condition = ExpressionOrTuple();
            else if (Take("else") && condition is not null) condition = null;
            else break;
        }

        Expect("endif");
        EndBlock();
        return new JinjaIf([.. branches], line);
    }

    private JinjaFor For(int line)
    {
        string[] targets = Targets();
        Expect("in");
        JinjaExpression items = Or();
        if (Is(","))
        {
            List<JinjaExpression> tuple = [items];
            while (Take(",")) tuple.Add(Or());
            items = new JinjaListLiteral([.. tuple], Tuple: true, line);
        }

        JinjaExpression? condition = Take("if") ? Expression() : null;
        if (Is("recursive")) throw Error("recursive loops are not supported");
        EndBlock();
        JinjaNode[] body = Body();
        JinjaNode[] otherwise = [];
        if (Current.Kind == JinjaTokenKind.BlockBegin && _tokens[_at + 1].Text == "else")
        {
            _at += 2;
            EndBlock();
            otherwise = Body();
        }

        Close("endfor");
        return new JinjaFor(targets, items, condition, body, otherwise, line);
    }

    private string[] Targets()
    {
        bool parenthesis = Take("(");
        List<string> names = [Name()];
        while (Take(",")) names.Add(Name());
        if (parenthesis) Expect(")");
        return [.. names];
    }

    private JinjaSet Set(int line)
    {
        string[] targets = Targets();
        string? attribute = Take(".") ? Name() : null;
        if (Take("="))
        {
            JinjaExpression value = ExpressionOrTuple();
            EndBlock();
            return new JinjaSet(targets, attribute, value, [], null, line);
        }

        JinjaFilter? filter = Is("|") ? Filters(null) as JinjaFilter : null;
        return new JinjaSet(targets, attribute, null, Enclosed("endset"), filter, line);
    }

    private JinjaMacro Macro(int line)
    {
        string name = Name();
        (string, JinjaExpression?)[] parameters = Parameters();
        return new JinjaMacro(name, parameters, Enclosed("endmacro"), line);
    }

    private JinjaCallBlock CallBlock(int line)
    {
        (string, JinjaExpression?)[] parameters = Is("(") ? Parameters() : [];
        if (Postfix(Primary()) is not JinjaCall call) throw Error("a call block needs a call");
        return new JinjaCallBlock(call, new JinjaMacro("caller", parameters, Enclosed("endcall"), line), line);
    }

    private (string Name, JinjaExpression? Default)[] Parameters()
    {
        Expect("(");
        List<(string, JinjaExpression?)> parameters = [];
        while (!Is(")"))
        {
            if (parameters.Count > 0) Expect(",");
            string parameter = Name();
            JinjaExpression? absent = Take("=") ? Expression() : null;
            if (absent is null && parameters.Exists(other => other.Item2 is not null)) throw Error($"parameter {Excerpt.Quote(parameter)} without a default stands behind one with a default");
            parameters.Add((parameter, absent));
        }

        Expect(")");
        return [.. parameters];
    }

    private JinjaScopeBlock With(int line)
    {
        List<(string, JinjaExpression)> variables = [];
        while (Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (variables.Count > 0) Expect(",");
            string name = Name();
            Expect("=");
            variables.Add((name, Expression()));
        }

        return new JinjaScopeBlock([.. variables], Enclosed("endwith"), line);
    }

    private JinjaFilterBlock FilterBlock(int line)
    {
        JinjaFilter filter = FilterCall(null);
        if (Is("|")) filter = (JinjaFilter)Filters(filter);
        return new JinjaFilterBlock(filter, Enclosed("endfilter"), line);
    }

    private JinjaExpression ExpressionOrTuple()
    {
        int line = Current.Line;
        JinjaExpression first = Expression();
        if (!Is(",")) return first;
        List<JinjaExpression> items = [first];
        while (Take(",") && Current.Kind is not (JinjaTokenKind.BlockEnd or JinjaTokenKind.OutputEnd)) items.Add(Expression());
        return new JinjaListLiteral([.. items], Tuple: true, line);
    }

    private JinjaExpression Expression()
    {
        Enter();
        JinjaExpression value = Or();
        while (Is("if"))
        {
            int line = Current.Line;
            _at++;
            JinjaExpression condition = Or();
            value = new JinjaConditional(condition, value, Take("else") ? Expression() : null, line);
        }

        _depth--;
        return value;
    }

    private JinjaExpression Or() => Chain(And, "or");

    private JinjaExpression And() => Chain(Not, "and");

    private JinjaExpression Not()
    {
        int line = Current.Line;
        if (!Take("not")) return Comparison();
        Enter();
        JinjaUnary result = new("not", Not(), line);
        _depth--;
        return result;
    }

    private JinjaExpression Comparison()
    {
        int line = Current.Line;
        JinjaExpression first = Sum();
        List<(string, JinjaExpression)> rest = [];
        while (true)
        {
            if (Current.Kind == JinjaTokenKind.Operator && Array.IndexOf(Comparisons, Current.Text) >= 0) rest.Add((_tokens[_at++].Text, Sum()));
            else if (Take("in")) rest.Add(("in", Sum()));
            else if (Is("not") && _tokens[_at + 1] is { Kind: JinjaTokenKind.Name, Text: "in" }) rest.Add(("not in", SkipTwo(Sum)));
            else break;
        }

        return rest.Count == 0 ? first : new JinjaComparison(first, [.. rest], line);
    }

    private JinjaExpression SkipTwo(Func<JinjaExpression> next)
    {
        _at += 2;
        return next();
    }

    private JinjaExpression Sum() => Chain(Concatenation, "+", "-");

    private JinjaExpression Concatenation() => Chain(Product, "~");

    private JinjaExpression Product() => Chain(Power, "*", "/", "//", "%");

    private JinjaExpression Power() => Chain(() => Unary(filtered: true), "**");

    private JinjaExpression Chain(Func<JinjaExpression> operand, params ReadOnlySpan<string> operators)
    {
        JinjaExpression value = operand();
        while (Current.Kind is JinjaTokenKind.Operator or JinjaTokenKind.Name && operators.Contains(Current.Text))
        {
            JinjaToken op = _tokens[_at++];
            value = new JinjaBinary(op.Text, value, operand(), op.Line);
        }

        return value;
    }

    private JinjaExpression Unary(bool filtered)
    {
        Enter();
        int line = Current.Line;
        JinjaExpression value = Is("-") || Is("+") ? new JinjaUnary(_tokens[_at++].Text, Unary(filtered: false), line) : Postfix(Primary());
        if (filtered) value = Filters(value);
        _depth--;
        return value;
    }

    private JinjaExpression Primary()
    {
        JinjaToken token = Current;
        _at++;
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new JinjaConstant(true, token.Line),
                    "false" or "False" => new JinjaConstant(false, token.Line),
                    "none" or "None" => new JinjaConstant(null, token.Line),
                    _ => new JinjaName(token.Text, token.Line),
                };
            case JinjaTokenKind.Number:
                return new JinjaConstant(token.Value, token.Line);
            case JinjaTokenKind.String:
                string text = (string)token.Value!;
                while (Current.Kind == JinjaTokenKind.String) text += (string)_tokens[_at++].Value!;
                return new JinjaConstant(text, token.Line);
            case JinjaTokenKind.Operator when token.Text == "[":
                return new JinjaListLiteral(Items("]"), Tuple: false, token.Line);
            case JinjaTokenKind.Operator when token.Text == "(":
                return Parenthesis(token.Line);
            case JinjaTokenKind.Operator when token.Text == "{":
                return Map(token.Line);
            default:
                _at--;
                throw Unexpected("a value");
        }
    }

    private JinjaExpression[] Items(string close)
    {
        List<JinjaExpression> items = [];
        while (!Is(close))
        {
            if (items.Count > 0) Expect(",");
            if (Is(close)) break;
            items.Add(Expression());
        }

        _at++;
        return [.. items];
    }

    private JinjaExpression Parenthesis(int line)
    {
        if (Take(")")) return new JinjaListLiteral([], Tuple: true, line);
        JinjaExpression first = Expression();
        if (Take(")")) return first;
        Expect(",");
        return new JinjaListLiteral([first, .. Items(")")], Tuple: true, line);
    }

    private JinjaMapLiteral Map(int line)
    {
        List<(JinjaExpression, JinjaExpression)> items = [];
        while (!Is("}"))
        {
            if (items.Count > 0) Expect(",");
            if (Is("}")) break;
            JinjaExpression key = Expression();
            Expect(":");
            items.Add((key, Expression()));
        }

        _at++;
        return new JinjaMapLiteral([.. items], line);
    }

    private JinjaExpression Postfix(JinjaExpression value)
    {
        while (true)
        {
            int line = Current.Line;
            if (Take("."))
                value = new JinjaItem(value, new JinjaConstant(Current.Kind == JinjaTokenKind.Number ? _tokens[_at++].Value : Name(), line), Dotted: true, line);
            else if (Take("["))
                value = Subscript(value, line);
            else if (Is("("))
                value = new JinjaCall(value, Arguments(), line);
            else
                return value;
        }
    }

    private JinjaExpression Subscript(JinjaExpression value, int line)
    {
        JinjaExpression? from = Is(":") ? null : Expression();
        if (from is not null && Take("]")) return new JinjaItem(value, from, Dotted: false, line);
        Expect(":");
        JinjaExpression? to = Is(":") || Is("]") ? null : Expression();
        JinjaExpression? step = Take(":") && !Is("]") ? Expression() : null;
        Expect("]");
        return new JinjaSlice(value, from, to, step, line);
    }

    private JinjaArguments Arguments()
    {
        Expect("(");
        List<JinjaExpression> positional = [];
        List<(string, JinjaExpression)> named = [];
        JinjaExpression? list = null;
        JinjaExpression? map = null;
        while (!Is(")"))
        {
            if (positional.Count + named.Count > 0 || list is not null || map is not null) Expect(",");
            if (Is(")")) break;
            if (list is null && Take("*"))
            {
                list = Expression();
            }
            else if (map is null && Take("**"))
            {
                map = Expression();
            }
            else if (Current.Kind == JinjaTokenKind.Name && _tokens[_at + 1] is { Kind: JinjaTokenKind.Operator, Text: "=" })
            {
                string name = Name();
                _at++;
                named.Add((name, Expression()));
            }
            else
            {
                positional.Add(Expression());
            }
        }

        _at++;
        return new JinjaArguments([.. positional], [.. named], list, map);
    }

    /// <summary>Filters, tests and calls of their results behind a value.</summary>
    private JinjaExpression Filters(JinjaExpression? value)
    {
        while (true)
        {
            if (Take("|")) value = FilterCall(value);
            else if (value is not null && Is("is")) value = Test(value);
            else if (value is not null && Is("(")) value = new JinjaCall(value, Arguments(), Current.Line);
            else return value ?? throw Unexpected("a filter");
        }
    }

    private JinjaFilter FilterCall(JinjaExpression? value)
    {
        int line = Current.Line;
        string name = Name();
        return new JinjaFilter(value, name, Is("(") ? Arguments() : JinjaArguments.None, line);
    }

    private JinjaTest Test(JinjaExpression value)
    {
        int line = Current.Line;
        _at++;
        bool negated = Take("not");
        string name = Name();
        JinjaArguments arguments = JinjaArguments.None;
        bool begins = Current.Kind is JinjaTokenKind.String or JinjaTokenKind.Number || Is("[") || Is("{") || (Current.Kind == JinjaTokenKind.Name && Current.Text is not ("else" or "or" or "and" or "is" or "if" or "in" or "not"));
        if (Is("(")) arguments = Arguments();
        else if (begins) arguments = new JinjaArguments([Postfix(Primary())], []);
        return new JinjaTest(value, name, arguments, negated, line);
    }
}
