using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>What a stretch of a template's source is.</summary>
internal enum JinjaTokenKind
{
    /// <summary>Text outside of tags.</summary>
    Text,

    /// <summary>The beginning of an expression that is written out.</summary>
    OutputBegin,

    /// <summary>Its end.</summary>
    OutputEnd,

    /// <summary>The beginning of a statement.</summary>
    BlockBegin,

    /// <summary>Its end.</summary>
    BlockEnd,

    /// <summary>A name or a keyword.</summary>
    Name,

    /// <summary>A string.</summary>
    String,

    /// <summary>An integer or a float.</summary>
    Number,

    /// <summary>An operator or a bracket.</summary>
    Operator,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A token of a template: its kind, its text, the value of a literal, its line.</summary>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, object? Value, int Line);

/// <summary>
/// Cuts a template into tokens, with white space as chat templates expect it: the line end behind a statement and the spaces before one that begins a line are dropped
/// (<c>trim_blocks</c>, <c>lstrip_blocks</c>), <c>-</c> within a tag drops all white space on its side, <c>+</c> keeps it.
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Operators = ["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ":", "|", ",", ";", "(", ")", "[", "]", "{", "}"];

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _counted;

    private JinjaLexer(string source) => _source = source;

    /// <summary>The tokens of a template.</summary>
    /// <exception cref="JinjaException">A tag does not end or holds a character that means nothing.</exception>
    public static List<JinjaToken> Tokenize(string source)
    {
        // Jinja reads all line ends alike and drops one at the end of the template.
        string text = source.Replace("\r\n", "\n").Replace('\r', '\n');
        JinjaLexer lexer = new(text.EndsWith('\n') ? text[..^1] : text);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        bool stripNext = false;
        while (_at < _source.Length)
        {
            int tag = NextTag();
            string text = _source[_at..tag];
            if (stripNext) text = text.TrimStart();
            stripNext = false;
            if (tag == _source.Length)
            {
                AddText(text);
                _at = tag;
                break;
            }

            char kind = _source[tag + 1];
            char sign = tag + 2 < _source.Length ? _source[tag + 2] : ' ';
            AddText(Before(text, tag, kind, sign));
            _at = tag + (sign is '-' or '+' ? 3 : 2);
            stripNext = kind switch
            {
                '#' => SkipComment(),
                '{' => Expression(JinjaTokenKind.OutputBegin, JinjaTokenKind.OutputEnd, "}}", trimLine: false),
                _ when RawBegins(out int body) => Raw(body),
                _ => Expression(JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd, "%}", trimLine: true),
            };
        }

        Add(JinjaTokenKind.End, "the end of the template");
    }

    private int NextTag()
    {
        for (int at = _at; ; at++)
        {
            at = _source.IndexOf('{', at);
            if (at < 0 || at + 1 == _source.Length) return _source.Length;
            if (_source[at + 1] is '{' or '%' or '#') return at;
        }
    }

    /// <summary>The text before a tag without the white space that the tag drops.</summary>
    private string Before(string text, int tag, char kind, char sign)
    {
        if (sign == '-') return text.TrimEnd();
        if (sign == '+' || kind == '{') return text;
        int lineStart = text.LastIndexOf('\n') + 1;
        bool beginsLine = lineStart > 0 || tag == text.Length || _source[tag - text.Length - 1] == '\n';
        return beginsLine && string.IsNullOrWhiteSpace(text[lineStart..]) ? text[..lineStart] : text;
    }

    private void AddText(string text)
    {
        if (text.Length > 0) Add(JinjaTokenKind.Text, text);
    }

    private void Add(JinjaTokenKind kind, string text, object? value = null)
    {
        for (; _counted < _at; _counted++)
        {
            if (_source[_counted] == '\n') _line++;
        }

        _tokens.Add(new JinjaToken(kind, text, value, _line));
    }

    /// <summary>Passes a comment; whether white space behind it goes.</summary>
    private bool SkipComment()
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw Error("a comment does not end");
        bool strip = _source[end - 1] == '-' && end > _at;
        bool keep = _source[end - 1] == '+' && end > _at;
        _at = end + 2;
        if (!strip && !keep) TrimLine();
        return strip;
    }

    private void TrimLine()
    {
        if (_at < _source.Length && _source[_at] == '\n') _at++;
    }

    private bool RawBegins(out int body)
    {
        body = _at;
        SkipSpace(ref body);
        if (string.CompareOrdinal(_source, body, "raw", 0, 3) != 0) return false;
        body += 3;
        SkipSpace(ref body);
        if (body < _source.Length && _source[body] is '-' or '+') body++;
        return string.CompareOrdinal(_source, body, "%}", 0, 2) == 0;
    }

    /// <summary>Takes everything up to <c>endraw</c> as text; whether white space behind it goes.</summary>
    private bool Raw(int bodyEnd)
    {
        bool strip = _source[bodyEnd - 1] == '-';
        bool keep = _source[bodyEnd - 1] == '+';
        _at = bodyEnd + 2;
        if (!strip && !keep) TrimLine();
        for (int open = _at; (open = _source.IndexOf("{%", open, StringComparison.Ordinal)) >= 0; open += 2)
        {
            int name = open + 2;
            char sign = name < _source.Length ? _source[name] : ' ';
            if (sign is '-' or '+') name++;
            SkipSpace(ref name);
            if (string.CompareOrdinal(_source, name, "endraw", 0, 6) != 0) continue;
            string text = Before(_source[_at..open], open, '%', sign);
            AddText(strip ? text.TrimStart() : text);
            _at = name + 6;
            SkipSpace(ref _at);
            return EndTag("%}", trimLine: true) ?? throw Error("\"endraw\" is not followed by %}");
        }

        throw Error("a raw block does not end");
    }

    private void SkipSpace(ref int at)
    {
        while (at < _source.Length && char.IsWhiteSpace(_source[at])) at++;
    }

    /// <summary>Takes the tokens of a tag; whether white space behind it goes.</summary>
    private bool Expression(JinjaTokenKind begin, JinjaTokenKind end, string close, bool trimLine)
    {
        Add(begin, begin == JinjaTokenKind.BlockBegin ? "{%" : "{{");
        int depth = 0;
        while (true)
        {
            SkipSpace(ref _at);
            if (_at == _source.Length) throw Error($"a tag does not end with {close}");
            if (depth == 0 && EndTag(close, trimLine) is { } strip)
            {
                Add(end, close);
                return strip;
            }

            char c = _source[_at];
            if (c is '(' or '[' or '{') depth++;
            if (c is ')' or ']' or '}') depth--;
            if (c is '"' or '\'') Text(c);
            else if (char.IsAsciiDigit(c)) Number();
            else if (char.IsLetter(c) || c == '_') Name();
            else Operator();
        }
    }

    /// <summary>Passes the end of a tag; whether white space behind it goes. Null where the tag goes on.</summary>
    private bool? EndTag(string close, bool trimLine)
    {
        if (_at == _source.Length) return null;
        bool signed = _source[_at] == '-' || (_source[_at] == '+' && trimLine);
        if (string.CompareOrdinal(_source, _at + (signed ? 1 : 0), close, 0, 2) != 0) return null;
        bool strip = _source[_at] == '-';
        _at += signed ? 3 : 2;
        if (trimLine && !signed) TrimLine();
        return strip;
    }

    private void Text(char quote)
    {
        StringBuilder text = new();
        for (_at++; _at < _source.Length && _source[_at] != quote; _at++)
        {
            if (_source[_at] == '\\' && _at + 1 < _source.Length) Escape(text);
            else text.Append(_source[_at]);
        }

        if (_at == _source.Length) throw Error("a string does not end");
        _at++;
        Add(JinjaTokenKind.String, "a string", text.ToString());
    }

    private void Escape(StringBuilder text)
    {
        char c = _source[++_at];
        int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            if (_at + digits >= _source.Length || !int.TryParse(_source.AsSpan(_at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) || value is < 0 or > 0x10FFFF)
                throw Error($"\\{c} is not followed by {digits} hexadecimal digits of a character");
            text.Append(Rune.IsValid(value) ? new Rune(value).ToString() : ((char)value).ToString());
            _at += digits;
            return;
        }

        text.Append(c switch { 'n' => "\n", 't' => "\t", 'r' => "\r", 'b' => "\b", 'f' => "\f", 'v' => "\v", 'a' => "\a", '0' => "\0", '\n' => "", '\\' or '\'' or '"' => c.ToString(), _ => "\\" + c });
    }

    private void Number()
    {
        int start = _at;
        while (_at < _source.Length && (char.IsAsciiDigit(_source[_at]) || _source[_at] == '_')) _at++;
        bool isFloat = Digits(".");
        isFloat |= Digits("e+") || Digits("e-") || Digits("E+") || Digits("E-") || Digits("e") || Digits("E");

        string digits = _source[start.._at].Replace("_", "");
        object? value = isFloat ? double.Parse(digits, CultureInfo.InvariantCulture) : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        Add(JinjaTokenKind.Number, digits, value ?? throw Error("a number is too large"));
    }

    /// <summary>Passes digits behind a mark, if both are there.</summary>
    private bool Digits(string mark)
    {
        int digits = _at + mark.Length;
        if (string.CompareOrdinal(_source, _at, mark, 0, mark.Length) != 0 || digits >= _source.Length || !char.IsAsciiDigit(_source[digits])) return false;
        while (digits < _source.Length && char.IsAsciiDigit(_source[digits])) digits++;
        _at = digits;
        return true;
    }

    private void Name()
    {
        int start = _at;
        while (_at < _source.Length && (char.IsLetterOrDigit(_source[_at]) || _source[_at] == '_')) _at++;
        Add(JinjaTokenKind.Name, _source[start.._at]);
    }

    private void Operator()
    {
        string found = Array.Find(Operators, op => string.CompareOrdinal(_source, _at, op, 0, op.Length) == 0) ?? throw Error($"{Excerpt.Quote(_source[_at].ToString())} means nothing in a tag");
        _at += found.Length;
        Add(JinjaTokenKind.Operator, found);
    }

    private JinjaException Error(string problem) => new(_line + _source.AsSpan(_counted, _at - _counted).Count('\n'), problem);
}

/// <summary>A problem in a chat template, with its line; <see cref="ChatTemplate"/> makes a message of it.</summary>
internal sealed class JinjaException(int line, string problem, bool raised = false) : Exception(problem)
{
    /// <summary>The line in the template, from 1 on.</summary>
    public int Line => line;

    /// <summary>Whether the template itself refused with <c>raise_exception</c>.</summary>
    public bool Raised => raised;
}
