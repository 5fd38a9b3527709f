using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Models;

/// <summary>The value of a variable, an item or an argument that is not there: it prints as nothing, is false, has no items, and cannot be computed with.</summary>
internal sealed record JinjaUndefined(string Name);

/// <summary>Keys and values in the order in which they came.</summary>
internal class JinjaMap
{
    private readonly OrderedDictionary<object, object?> _items = new(JinjaValues.KeyComparer);

    /// <summary>The pairs.</summary>
    public IEnumerable<KeyValuePair<object, object?>> Items => _items;

    /// <summary>How many there are.</summary>
    public int Count => _items.Count;

    /// <summary>Sets a value.</summary>
    public void Set(object? key, object? value) => _items[key ?? JinjaValues.NoneKey] = value;

    /// <summary>Looks a value up.</summary>
    public virtual bool TryGet(object? key, out object? value) => _items.TryGetValue(key ?? JinjaValues.NoneKey, out value);
}

/// <summary>An object whose attributes a template may set, also from within a loop.</summary>
internal sealed class JinjaNamespace : JinjaMap;

/// <summary>A list that was written in parentheses or made of a mapping's pairs; only its text differs.</summary>
internal sealed class JinjaTuple(IEnumerable<object?> items) : List<object?>(items);

/// <summary>The variable <c>loop</c>: where the loop stands.</summary>
internal sealed class JinjaLoop(List<object?> items, int at) : JinjaMap
{
    /// <inheritdoc/>
    public override bool TryGet(object? key, out object? value)
    {
        value = key switch
        {
            "index" => at + 1L,
            "index0" => (long)at,
            "first" => at == 0,
            "last" => at == items.Count - 1,
            "length" => (long)items.Count,
            "revindex" => (long)items.Count - at,
            "revindex0" => items.Count - at - 1L,
            "previtem" when at > 0 => items[at - 1],
            "nextitem" when at + 1 < items.Count => items[at + 1],
            "depth" => 1L,
            "depth0" => 0L,
            "cycle" => new JinjaFunction("cycle", arguments => arguments.Positional.Length == 0 ? null : arguments.Positional[at % arguments.Positional.Length]),
            _ => this,
        };
        return value != this;
    }
}

/// <summary>Something that can be called.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Invoke">What it does.</param>
internal sealed record JinjaFunction(string Name, Func<JinjaCallArguments, object?> Invoke);

/// <summary>The values of a call's arguments.</summary>
internal sealed record JinjaCallArguments(object?[] Positional, IReadOnlyDictionary<string, object?> Named)
{
    /// <summary>An argument by its place or its name; the given value where it is absent.</summary>
    public object? Get(int at, string name, object? absent = null) => at < Positional.Length ? Positional[at] : Named.GetValueOrDefault(name, absent);
}

/// <summary>Values as Python has them: none, true and false, integers, floats, strings, lists, mappings; with Python's truth, equality, order and text.</summary>
internal static class JinjaValues
{
    /// <summary>Stands for none among the keys of a mapping.</summary>
    public static readonly object NoneKey = new();

    /// <summary>Equality of keys: 1, 1.0 and true are one key.</summary>
    public static IEqualityComparer<object> KeyComparer { get; } = EqualityComparer<object>.Create((a, b) => a == b || AreEqual(a, b), value => IsNumber(value) ? Number(value).GetHashCode() : value.GetHashCode());

    /// <summary>A value of JSON.</summary>
    public static object? Of(JsonNode? node) => node switch
    {
        null => null,
        JsonArray array => array.Select(Of).ToList(),
        JsonObject map => Map(map.Select(pair => (pair.Key, Of(pair.Value)))),
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.Number => long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? (object)number : double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture),
            _ => null,
        },
        _ => null,
    };

    /// <summary>A mapping of names to values.</summary>
    public static JinjaMap Map(IEnumerable<(string Key, object? Value)> items)
    {
        JinjaMap map = new();
        foreach ((string key, object? value) in items) map.Set(key, value);
        return map;
    }

    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        JinjaNamespace => true,
        JinjaMap map => map.Count > 0,
        _ => true,
    };

    /// <summary>Whether a value is a number; true and false are.</summary>
    public static bool IsNumber(object? value) => value is long or double or bool;

    /// <summary>A number as a float.</summary>
    public static double Number(object? value) => value switch { long number => number, double number => number, bool flag => flag ? 1 : 0, _ => double.NaN };

    /// <summary>Python's <c>==</c>.</summary>
    public static bool AreEqual(object? a, object? b)
    {
        if (a is long or bool && b is long or bool) return Integer(a) == Integer(b);
        if (IsNumber(a) && IsNumber(b)) return Number(a).Equals(Number(b));
        return (a, b) switch
        {
            (null, null) or (JinjaUndefined, JinjaUndefined) => true,
            (string left, string right) => left == right,
            (List<object?> left, List<object?> right) => left.Count == right.Count && left.Zip(right).All(pair => AreEqual(pair.First, pair.Second)),
            (JinjaNamespace, _) or (_, JinjaNamespace) => ReferenceEquals(a, b),
            (JinjaMap left, JinjaMap right) => left == right || (left.Count == right.Count && left.Items.All(item => right.TryGet(item.Key, out object? other) && AreEqual(item.Value, other))),
            _ => ReferenceEquals(a, b),
        };
    }

    /// <summary>An integer of an integer, true or false.</summary>
    public static long Integer(object? value) => value is bool flag ? (flag ? 1 : 0) : value as long? ?? 0;

    /// <summary>Python's order; null for values that have none.</summary>
    public static int? Compare(object? a, object? b)
    {
        if (a is long or bool && b is long or bool) return Integer(a).CompareTo(Integer(b));
        if (IsNumber(a) && IsNumber(b)) return Number(a).CompareTo(Number(b));
        if (a is string left && b is string right) return CompareCodePoints(left, right);
        if (a is not List<object?> first || b is not List<object?> second) return null;
        for (int i = 0; i < Math.Min(first.Count, second.Count); i++)
        {
            if (!AreEqual(first[i], second[i])) return Compare(first[i], second[i]);
        }

        return first.Count.CompareTo(second.Count);
    }

    /// <summary>The items of a list, the characters of a string, the keys of a mapping; null for what has none.</summary>
    public static List<object?>? Items(object? value) => value switch
    {
        JinjaUndefined => [],
        List<object?> list => list,
        string text => [.. Characters(text)],
        JinjaMap map => [.. map.Items.Select(item => Key(item.Key))],
        _ => null,
    };

    /// <summary>The code points of a text.</summary>
    public static IEnumerable<string> Characters(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at), out _, out int length);
            yield return text.Substring(at, length);
            at += length;
        }
    }

    /// <summary>A key as a value.</summary>
    public static object? Key(object key) => key == NoneKey ? null : key;

    /// <summary>The number of items or code points; null for what has none.</summary>
    public static long? Length(object? value) => value switch
    {
        JinjaUndefined => 0,
        string text => Characters(text).LongCount(),
        List<object?> list => list.Count,
        JinjaMap map => map.Count,
        _ => null,
    };

    /// <summary>What a value is, for messages.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "none",
        JinjaUndefined undefined => $"{Excerpt.Quote(undefined.Name)}, which is undefined",
        bool => "true or false",
        long => "an integer",
        double => "a float",
        string => "a string",
        List<object?> => "a list",
        JinjaMap => "a mapping",
        _ => "a function",
    };

    private static int CompareCodePoints(string a, string b)
    {
        // UTF-8 has the order of code points, UTF-16 has not.
        return Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));
    }
}
