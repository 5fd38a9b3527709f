using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>
/// Translates a regular expression from the dialect of tokenizer.json (Oniguruma, Ruby syntax) into .NET's. What means the same in both is passed through, possessive
/// quantifiers become atomic groups, <c>\w</c> gets Unicode's definition; whatever would mean something else in .NET is refused rather than guessed.
/// </summary>
internal sealed class OnigurumaPattern
{
    private const int MaxLength = 4096;
    private const int MaxGroups = 200;
    private const string WordCharacters = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200c\u200d\u24b6-\u24e9";
    private const string Escapes = "dDsSbBAzZnrtfvae";

    private static readonly HashSet<string> Categories = new(
        ["L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
         "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn"], StringComparer.Ordinal);

    private readonly string _pattern;
    private readonly StringBuilder _result = new();
    private readonly Stack<int> _groups = new();
    private int _at;
    private int _atom = -1;

    private OnigurumaPattern(string pattern) => _pattern = pattern;

    /// <summary>The pattern in .NET's dialect, for use with <see cref="System.Text.RegularExpressions.RegexOptions.Multiline"/>.</summary>
    /// <exception cref="FormatException">The pattern uses something that is not translated; the message says what and where.</exception>
    public static string Translate(string pattern)
    {
        if (pattern.Length > MaxLength) throw new FormatException($"has {pattern.Length} characters; at most {MaxLength} are read");
        int surrogate = pattern.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (surrogate >= 0) throw new FormatException($"has a character beyond U+FFFF at position {surrogate}, which is not supported");
        return new OnigurumaPattern(pattern).Translate();
    }

    private string Translate()
    {
        while (_at < _pattern.Length)
        {
            char c = _pattern[_at];
            switch (c)
            {
                case '\\':
                    BeginAtom();
                    Escape(inClass: false);
                    break;
                case '[':
                    BeginAtom();
                    Class();
                    break;
                case '(':
                    OpenGroup();
                    break;
                case ')':
                    if (_groups.Count == 0) throw Unsupported("a closing parenthesis without an opening one");
                    _atom = _groups.Pop();
                    Copy(1);
                    break;
                case '*' or '+' or '?':
                    Quantifier(1, possessive: true);
                    break;
                case '{':
                    Brace();
                    break;
                default:
                    BeginAtom();
                    Copy(1);
                    break;
            }
        }

        return _result.ToString();
    }

    private void BeginAtom() => _atom = _result.Length;

    private void Copy(int length)
    {
        _result.Append(_pattern, _at, length);
        _at += length;
    }

    private bool Next(string text) => string.CompareOrdinal(_pattern, _at, text, 0, text.Length) == 0;

    private FormatException Unsupported(string what) => new($"uses {what} at position {_at}, which is not supported");

    /// <summary>Groups do not capture: nothing refers back to them.</summary>
    private void OpenGroup()
    {
        if (_groups.Count == MaxGroups) throw Unsupported($"more than {MaxGroups} nested groups");
        if (_at == 0 && Next("(?i)"))
        {
            Copy(4);
            return;
        }

        string? prefix = Array.Find(["(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!", "(?i:", "(?-i:"], Next);
        if (prefix is null && Next("(?")) throw Unsupported("a group of another kind than (?: (?= (?! (?> (?<= (?<! (?i: (?-i:");
        _groups.Push(_result.Length);
        if (prefix is not null) Copy(prefix.Length);
        else _result.Append("(?:");
        if (prefix is null) _at++;
    }

    /// <summary>A quantifier of the given length; <c>+</c> behind it means that nothing it took is given back.</summary>
    private void Quantifier(int length, bool possessive)
    {
        if (_atom < 0) throw Unsupported("a quantifier with nothing before it");
        Copy(length);
        if (_at >= _pattern.Length || _pattern[_at] != '+') return;
        // In this dialect a + behind braces repeats them; behind the short forms it makes them possessive.
        _result.Insert(_atom, possessive ? "(?>" : "(?:");
        _result.Append(possessive ? ")" : ")+");
        _at++;
    }

    /// <summary><c>{n}</c>, <c>{n,}</c>, <c>{n,m}</c> and <c>{,m}</c>; any other brace is a plain character.</summary>
    private void Brace()
    {
        int close = _pattern.IndexOf('}', _at);
        string inside = close < 0 ? "" : _pattern[(_at + 1)..close];
        string[] bounds = inside.Split(',');
        bool valid = bounds.Length <= 2 && bounds.All(bound => bound.Length <= 5 && bound.All(char.IsAsciiDigit)) && inside.Any(char.IsAsciiDigit);
        if (!valid)
        {
            BeginAtom();
            _result.Append(@"\{");
            _at++;
        }
        else if (bounds[0].Length == 0)
        {
            throw Unsupported("a repetition without a lower bound");
        }
        else
        {
            Quantifier(close + 1 - _at, possessive: false);
        }
    }

    private void Class()
    {
        Copy(1);
        if (_at < _pattern.Length && _pattern[_at] == '^') Copy(1);
        if (_at < _pattern.Length && _pattern[_at] == ']') throw Unsupported("an empty character class");
        ClassMembers(nested: false);
        Copy(1);
    }

    /// <summary>What stands in a class up to its end; a class within it that is not inverted adds its members to it.</summary>
    private void ClassMembers(bool nested)
    {
        while (_at < _pattern.Length && _pattern[_at] != ']')
        {
            if (_pattern[_at] == '[') NestedClass(nested);
            else if (Next("&&")) throw Unsupported("an intersection of classes");
            else if (_pattern[_at] == '\\') Escape(inClass: true);
            else Copy(1);
        }

        if (_at == _pattern.Length) throw Unsupported("a character class that does not end");
    }

    private void NestedClass(bool nested)
    {
        if (nested || Next("[:") || Next("[^") || Next("[]")) throw Unsupported("a class within a class, other than a plain one");
        _at++;
        ClassMembers(nested: true);
        _at++;
    }

    private void Escape(bool inClass)
    {
        if (_at + 1 == _pattern.Length) throw Unsupported("a backslash with nothing behind it");
        char c = _pattern[_at + 1];
        if (c is 'p' or 'P') Category();
        else if (c is 'w') Replace(inClass ? WordCharacters : $"[{WordCharacters}]");
        else if (c is 'W' && !inClass) Replace($"[^{WordCharacters}]");
        else if (c is 'u' or 'x') CodePoint(c == 'u' ? 4 : 2);
        else if (Escapes.Contains(c) && !(inClass && "BAzZ".Contains(c))) Copy(2);
        else if (!char.IsAsciiLetterOrDigit(c)) Copy(2);
        else throw Unsupported($"the escape \\{c}");
    }

    private void Replace(string with)
    {
        _result.Append(with);
        _at += 2;
    }

    /// <summary><c>\p{L}</c>, <c>\P{L}</c>, <c>\p{^L}</c>.</summary>
    private void Category()
    {
        int close = _pattern.IndexOf('}', _at);
        if (close < 0 || _pattern[_at + 2] != '{') throw Unsupported("a property without a name in braces");
        string name = _pattern[(_at + 3)..close];
        bool inverted = name.StartsWith('^');
        if (inverted) name = name[1..];
        if (!Categories.Contains(name)) throw Unsupported($"the property {Excerpt.Quote(name)} (general categories are, such as L, Lu, N)");
        _result.Append(_pattern[_at + 1] == 'P' ^ inverted ? @"\P{" : @"\p{").Append(name).Append('}');
        _at = close + 1;
    }

    /// <summary><c>\uHHHH</c>, <c>\xHH</c>, <c>\x{H...}</c>.</summary>
    private void CodePoint(int digits)
    {
        int start = _at + 2;
        int end = start + digits;
        if (digits == 2 && start < _pattern.Length && _pattern[start] == '{')
        {
            start++;
            end = _pattern.IndexOf('}', start);
        }

        if (end < start || end > _pattern.Length || !int.TryParse(_pattern.AsSpan(start, end - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) || value is < 0 or > 0xFFFF)
            throw Unsupported("a code point that is not given by hexadecimal digits or lies beyond U+FFFF");
        _result.Append(CultureInfo.InvariantCulture, $"\\u{value:x4}");
        _at = end + (start - _at - 2);
    }
}
