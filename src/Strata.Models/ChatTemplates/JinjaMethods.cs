using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>The methods of strings, mappings and lists that templates may call: those that change nothing.</summary>
internal static class JinjaMethods
{
    /// <summary>A method of a value; null when it has none of that name.</summary>
    public static JinjaFunction? Find(JinjaInterpreter interpreter, object? target, string name, int line)
    {
        Func<JinjaCallArguments, object?>? method = target switch
        {
            string text => Text(interpreter, text, name, line),
            JinjaMap map => Map(map, name),
            List<object?> list => List(list, name),
            _ => null,
        };
        return method is null ? null : new JinjaFunction(name, method);
    }

    /// <summary>White space and given characters off the ends of a text.</summary>
    public static string Strip(string text, object? characters, bool left, bool right)
    {
        if (characters is not (null or string)) throw new FormatException("strip needs a string of characters");
        if (characters is not string set)
        {
            if (left) text = text.TrimStart();
            return right ? text.TrimEnd() : text;
        }

        List<string> parts = [.. JinjaValues.Characters(text)];
        HashSet<string> wanted = [.. JinjaValues.Characters(set)];
        int from = 0;
        int to = parts.Count;
        while (left && from < to && wanted.Contains(parts[from])) from++;
        while (right && to > from && wanted.Contains(parts[to - 1])) to--;
        return string.Concat(parts[from..to]);
    }

    /// <summary>A time in the form that C's strftime describes.</summary>
    public static string FormatTime(DateTime time, string format)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            bool bare = format[i + 1] == '-' && i + 2 < format.Length;
            if (bare) i++;
            string part = format[++i] switch
            {
                'Y' => "yyyy",
                'y' => "yy",
                'm' => "MM",
                'd' => "dd",
                'B' => "MMMM",
                'b' => "MMM",
                'A' => "dddd",
                'a' => "ddd",
                'H' => "HH",
                'I' => "hh",
                'M' => "mm",
                'S' => "ss",
                'p' => "tt",
                'F' => "yyyy-MM-dd",
                'T' => "HH:mm:ss",
                'j' => "j",
                '%' => "%",
                char other => throw new FormatException($"strftime_now does not know %{other}"),
            };
            string value = part switch { "%" => "%", "j" => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture), _ => time.ToString(part, CultureInfo.InvariantCulture) };
            text.Append(bare ? value.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0" : value);
        }

        return text.ToString();
    }

    /// <summary>A text whose first character is upper case and whose others are lower case.</summary>
    public static string Capitalize(string text) => text.Length == 0 ? "" : text[..1].ToUpperInvariant() + text[1..].ToLowerInvariant();

    /// <summary>A text in which each run of letters is capitalized.</summary>
    public static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        bool inWord = false;
        foreach (char c in text)
        {
            result.Append(inWord ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c));
            inWord = char.IsLetter(c);
        }

        return result.ToString();
    }

    private static Func<JinjaCallArguments, object?>? Text(JinjaInterpreter interpreter, string text, string name, int line)
    {
        interpreter.Charge(text.Length, line);
        return name switch
        {
            "strip" => arguments => Strip(text, arguments.Get(0, "chars"), left: true, right: true),
            "lstrip" => arguments => Strip(text, arguments.Get(0, "chars"), left: true, right: false),
            "rstrip" => arguments => Strip(text, arguments.Get(0, "chars"), left: false, right: true),
            "split" => arguments => Split(text, arguments, fromEnd: false),
            "rsplit" => arguments => Split(text, arguments, fromEnd: true),
            "splitlines" => _ => text.Split('\n').Select(part => (object?)part.TrimEnd('\r')).SkipLast(text.EndsWith('\n') || text.Length == 0 ? 1 : 0).ToList(),
            "startswith" => arguments => Any(arguments, part => text.StartsWith(part, StringComparison.Ordinal)),
            "endswith" => arguments => Any(arguments, part => text.EndsWith(part, StringComparison.Ordinal)),
            "upper" => _ => text.ToUpperInvariant(),
            "lower" => _ => text.ToLowerInvariant(),
            "title" => _ => Title(text),
            "capitalize" => _ => Capitalize(text),
            "replace" => arguments => Replace(interpreter, text, arguments, line),
            "removeprefix" => arguments => Argument(arguments, 0) is var part && text.StartsWith(part, StringComparison.Ordinal) ? text[part.Length..] : text,
            "removesuffix" => arguments => Argument(arguments, 0) is { Length: > 0 } part && text.EndsWith(part, StringComparison.Ordinal) ? text[..^part.Length] : text,
            "find" => arguments => Place(text, text.IndexOf(Argument(arguments, 0), StringComparison.Ordinal)),
            "rfind" => arguments => Place(text, text.LastIndexOf(Argument(arguments, 0), StringComparison.Ordinal)),
            "count" => arguments => Argument(arguments, 0) is { Length: > 0 } part ? text.Split(part).Length - 1L : JinjaValues.Length(text) + 1,
            "join" => arguments => JinjaFilters.Join(interpreter, interpreter.Items(arguments.Get(0, "iterable"), line), text, line),
            "isdigit" => _ => text.Length > 0 && text.All(char.IsDigit),
            "isalpha" => _ => text.Length > 0 && text.All(char.IsLetter),
            "isalnum" => _ => text.Length > 0 && text.All(char.IsLetterOrDigit),
            "isspace" => _ => text.Length > 0 && text.All(char.IsWhiteSpace),
            "isupper" => _ => text.Any(char.IsLetter) && text == text.ToUpperInvariant(),
            "islower" => _ => text.Any(char.IsLetter) && text == text.ToLowerInvariant(),
            _ => null,
        };
    }

    /// <summary>A text with a part in place of another, at most so often as asked.</summary>
    public static string Replace(JinjaInterpreter interpreter, string text, JinjaCallArguments arguments, int line)
    {
        string old = Argument(arguments, 0);
        string with = Argument(arguments, 1);
        long count = arguments.Get(2, "count") as long? ?? -1;
        if (old.Length == 0) throw new FormatException("replace needs a text to look for");
        StringBuilder result = new();
        int done = 0;
        for (int at; count != 0 && (at = text.IndexOf(old, done, StringComparison.Ordinal)) >= 0; count--)
        {
            result.Append(text, done, at - done).Append(with);
            done = at + old.Length;
            if (result.Length > JinjaInterpreter.MaxText) throw new FormatException("replace makes a text that is too long");
        }

        return interpreter.Bounded(result.Append(text, done, text.Length - done).ToString(), line);
    }

    private static Func<JinjaCallArguments, object?>? Map(JinjaMap map, string name) => name switch
    {
        _ when map is JinjaNamespace => null,
        "items" => _ => map.Items.Select(item => (object?)new JinjaTuple([JinjaValues.Key(item.Key), item.Value])).ToList(),
        "keys" => _ => map.Items.Select(item => JinjaValues.Key(item.Key)).ToList(),
        "values" => _ => map.Items.Select(item => item.Value).ToList(),
        "get" => arguments => map.TryGet(arguments.Get(0, "key"), out object? value) ? value : arguments.Get(1, "default"),
        _ => null,
    };

    private static Func<JinjaCallArguments, object?>? List(List<object?> list, string name) => name switch
    {
        "index" => arguments => list.FindIndex(item => JinjaValues.AreEqual(item, arguments.Get(0, "value"))) is >= 0 and int at ? (long)at : throw new FormatException("the list does not hold the value that is looked for"),
        "count" => arguments => list.LongCount(item => JinjaValues.AreEqual(item, arguments.Get(0, "value"))),
        _ => null,
    };

    private static string Argument(JinjaCallArguments arguments, int at) =>
        at < arguments.Positional.Length && arguments.Positional[at] is string text ? text : throw new FormatException($"argument {at + 1} must be a string");

    private static object Any(JinjaCallArguments arguments, Func<string, bool> holds) =>
        arguments.Get(0, "prefix") is List<object?> several ? several.OfType<string>().Any(holds) : holds(Argument(arguments, 0));

    private static object Place(string text, int at) => at < 0 ? -1L : JinjaValues.Length(text[..at])!;

    private static List<object?> Split(string text, JinjaCallArguments arguments, bool fromEnd)
    {
        object? separator = arguments.Get(0, "sep");
        long most = arguments.Get(1, "maxsplit") as long? ?? -1;
        if (separator is null) return SplitWords(text, most, fromEnd);
        if (separator is not string { Length: > 0 } cut) throw new FormatException("split needs a text to cut at");
        string[] parts = text.Split(cut);
        if (most < 0 || parts.Length - 1 <= most) return [.. parts];
        int kept = (int)most;
        return fromEnd
            ? [string.Join(cut, parts[..^kept]), .. parts[^kept..]]
            : [.. parts[..kept], string.Join(cut, parts[kept..])];
    }

    private static List<object?> SplitWords(string text, long most, bool fromEnd)
    {
        if (most >= 0 && fromEnd) throw new FormatException("rsplit at white space with a limit is not supported");
        List<object?> words = [];
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart();
        while (!rest.IsEmpty)
        {
            int end = 0;
            while (end < rest.Length && !char.IsWhiteSpace(rest[end])) end++;
            if (most >= 0 && words.Count == most) end = rest.Length;
            words.Add(rest[..end].ToString());
            rest = rest[end..].TrimStart();
        }

        return words;
    }
}
