using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>How JSON is written.</summary>
/// <param name="Indent">Spaces of each level; null for one line.</param>
/// <param name="Comma">What stands between items.</param>
/// <param name="Colon">What stands between a key and its value.</param>
/// <param name="AsciiOnly">Whether other characters are escaped.</param>
/// <param name="SortKeys">Whether keys are sorted.</param>
internal sealed record JsonStyle(int? Indent, string Comma, string Colon, bool AsciiOnly, bool SortKeys);

/// <summary>Writes values as Python does (<c>str</c> and <c>repr</c>) and as JSON; stops where the text becomes too long.</summary>
internal sealed class JinjaWriter(int maxLength)
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>The text of a value as it is written out.</summary>
    public static string Str(object? value, int maxLength)
    {
        if (value is string text) return text;
        JinjaWriter writer = new(maxLength);
        writer.Repr(value);
        return writer._text.ToString();
    }

    /// <summary>A value as JSON, as Python's <c>json.dumps</c> writes it with <c>ensure_ascii=False</c>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="style">How it is written.</param>
    /// <param name="maxLength">Most characters.</param>
    /// <exception cref="FormatException">The value cannot be written as JSON, or becomes too long.</exception>
    public static string Json(object? value, JsonStyle style, int maxLength)
    {
        JinjaWriter writer = new(maxLength);
        writer.WriteJson(value, style);
        return writer._text.ToString();
    }

    private void Append(string text)
    {
        if (_text.Length + (long)text.Length > maxLength || _depth > 100) throw new FormatException("a value is too long or too deep to be written");
        _text.Append(text);
    }

    private void Repr(object? value)
    {
        switch (value)
        {
            case null:
                Append("None");
                break;
            case JinjaUndefined:
                break;
            case bool flag:
                Append(flag ? "True" : "False");
                break;
            case long number:
                Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                Append(Float(number));
                break;
            case string text:
                Append(Quoted(text));
                break;
            case JinjaTuple tuple:
                Sequence("(", tuple.Count == 1 ? ",)" : ")", tuple, Repr);
                break;
            case List<object?> list:
                Sequence("[", "]", list, Repr);
                break;
            case JinjaMap map:
                Sequence("{", "}", map.Items, item =>
                {
                    Repr(JinjaValues.Key(item.Key));
                    Append(": ");
                    Repr(item.Value);
                });
                break;
            default:
                Append("<function>");
                break;
        }
    }

    private void Sequence<T>(string open, string close, IEnumerable<T> items, Action<T> write)
    {
        _depth++;
        Append(open);
        bool first = true;
        foreach (T item in items)
        {
            if (!first) Append(", ");
            first = false;
            write(item);
        }

        Append(close);
        _depth--;
    }

    /// <summary>Python's shortest text of a float.</summary>
    private static string Float(double number)
    {
        if (double.IsNaN(number)) return "nan";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";
        double size = Math.Abs(number);
        string text = number.ToString(size is >= 1e16 or (< 1e-4 and > 0) ? "E16" : "R", CultureInfo.InvariantCulture);
        if (!text.Contains('E')) return text.Contains('.') ? text : text + ".0";
        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        string digits = shortest.Contains('E') ? shortest[..shortest.IndexOf('E')] : Mantissa(shortest);
        int exponent = int.Parse(text[(text.IndexOf('E') + 1)..], CultureInfo.InvariantCulture);
        return $"{digits}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}";
    }

    private static string Mantissa(string text)
    {
        string sign = text.StartsWith('-') ? "-" : "";
        string digits = text.TrimStart('-').Replace(".", "").TrimStart('0').TrimEnd('0');
        return digits.Length > 1 ? $"{sign}{digits[0]}.{digits[1..]}" : sign + digits;
    }

    private static string Quoted(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        StringBuilder result = new StringBuilder().Append(quote);
        foreach (Rune rune in text.EnumerateRunes())
        {
            int c = rune.Value;
            if (c == quote || c == '\\') result.Append('\\').Append((char)c);
            else if (c == '\n') result.Append("\\n");
            else if (c == '\r') result.Append("\\r");
            else if (c == '\t') result.Append("\\t");
            else if (c < 32 || c == 127) result.Append(CultureInfo.InvariantCulture, $"\\x{c:x2}");
            else if (IsPrintable(rune)) result.Append(rune.ToString());
            else result.Append(c < 0x100 ? $"\\x{c:x2}" : c < 0x10000 ? $"\\u{c:x4}" : $"\\U{c:x8}");
        }

        return result.Append(quote).ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private void WriteJson(object? value, JsonStyle style)
    {
        switch (value)
        {
            case null:
                Append("null");
                break;
            case bool flag:
                Append(flag ? "true" : "false");
                break;
            case double number when !double.IsFinite(number):
                Append(double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                break;
            case long or double:
                Repr(value);
                break;
            case string text:
                AppendJsonString(text, style);
                break;
            case List<object?> list:
                JsonSequence("[", "]", list, style, item => WriteJson(item, style));
                break;
            case JinjaMap map:
                List<(string Key, object? Value)> items = [.. map.Items.Select(item => (JsonKey(item.Key), item.Value))];
                if (style.SortKeys) items.Sort((a, b) => JinjaValues.Compare(a.Key, b.Key) ?? 0);
                JsonSequence("{", "}", items, style, item =>
                {
                    AppendJsonString(item.Key, style);
                    Append(style.Colon);
                    WriteJson(item.Value, style);
                });
                break;
            default:
                throw new FormatException($"{JinjaValues.Describe(value)} cannot be written as JSON");
        }
    }

    private string JsonKey(object key) => JinjaValues.Key(key) switch { string text => text, null => "null", bool flag => flag ? "true" : "false", var other => Str(other, maxLength) };

    private void JsonSequence<T>(string open, string close, List<T> items, JsonStyle style, Action<T> write)
    {
        Append(open);
        _depth++;
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) Append(style.Comma);
            NewLine(style.Indent);
            write(items[i]);
        }

        _depth--;
        if (items.Count > 0) NewLine(style.Indent);
        Append(close);
    }

    private void NewLine(int? indent)
    {
        if (indent is { } spaces) Append("\n" + new string(' ', Math.Min(spaces, 100) * _depth));
    }

    private void AppendJsonString(string text, JsonStyle style)
    {
        StringBuilder result = new("\"");
        foreach (char c in text)
        {
            result.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                _ when c < ' ' || (style.AsciiOnly && c > '~') => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        Append(result.Append('"').ToString());
    }
}
