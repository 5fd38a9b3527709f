using System.Text;
using System.Text.RegularExpressions;

namespace Strata.Models.Tests;

/// <summary>Damages valid files in the ways that hostile or broken ones are damaged. The same seed gives the same damage.</summary>
internal sealed partial class Mutator(int seed)
{
    private static readonly string[] Numbers =
    [
        "-1", "0", "1", "2", "255", "65536", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "99999999999999999999999999999999999999", "1.0", "1.5", "1e3", "1e999", "-0", "1E-400", "NaN", "01", "null", "true", "\"7\"", "[]", "{}",
    ];

    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "{}", "[]", "\"\"", "//", "/*", "\n", "\0", "\uFEFF", "{\"a\":1,\"a\":2}", "\"__metadata__\":{},", "(?:a|a)*", "(?<", "\\p{L}",
    ];

    private readonly Random _random = new(seed);

    /// <summary>A damaged copy: one to three changes.</summary>
    public byte[] Mutate(byte[] valid)
    {
        byte[] bytes = valid;
        for (int i = _random.Next(1, 4); i > 0; i--) bytes = Once(bytes);
        return bytes;
    }

    private byte[] Once(byte[] bytes) => _random.Next(9) switch
    {
        0 => FlipBits(bytes),
        1 => bytes[.._random.Next(bytes.Length + 1)],
        2 => Splice(bytes, Position(bytes), 0, Encoding.UTF8.GetBytes(Fragments[_random.Next(Fragments.Length)])),
        3 => Nest(bytes),
        4 => Duplicate(bytes),
        5 => Splice(bytes, Position(bytes), _random.Next(20), []),
        6 => Splice(bytes, Position(bytes), 1, [(byte)_random.Next(0x80, 0x100)]),
        _ => ReplaceNumber(bytes),
    };

    private int Position(byte[] bytes) => _random.Next(bytes.Length + 1);

    private byte[] FlipBits(byte[] bytes)
    {
        byte[] copy = [.. bytes];
        for (int i = _random.Next(1, 4); i > 0 && copy.Length > 0; i--) copy[_random.Next(copy.Length)] ^= (byte)(1 << _random.Next(8));
        return copy;
    }

    /// <summary>Wraps the rest of the file, from some opening bracket on, in many more.</summary>
    private byte[] Nest(byte[] bytes)
    {
        string bracket = _random.Next(2) == 0 ? "[" : "{\"x\":";
        return Splice(bytes, Position(bytes), 0, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(bracket, _random.Next(1, 300)))));
    }

    /// <summary>Repeats a member of an object or an element of an array: what stands between two commas.</summary>
    private byte[] Duplicate(byte[] bytes)
    {
        int[] commas = [.. Enumerable.Range(0, bytes.Length).Where(i => bytes[i] == (byte)',')];
        if (commas.Length < 2) return bytes;
        int first = _random.Next(commas.Length - 1);
        int last = Math.Min(commas.Length - 1, first + _random.Next(1, 6));
        return Splice(bytes, commas[last], 0, bytes[commas[first]..commas[last]]);
    }

    private byte[] ReplaceNumber(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        MatchCollection numbers = NumberPattern().Matches(text);
        if (numbers.Count == 0) return bytes;
        Match number = numbers[_random.Next(numbers.Count)];
        return Splice(bytes, number.Index, number.Length, Encoding.ASCII.GetBytes(Numbers[_random.Next(Numbers.Length)]));
    }

    private static byte[] Splice(byte[] bytes, int at, int remove, byte[] insert)
    {
        remove = Math.Min(remove, bytes.Length - at);
        return [.. bytes[..at], .. insert, .. bytes[(at + remove)..]];
    }

    [GeneratedRegex(@"(?<=[\[:,]\s*)-?\d+")]
    private static partial Regex NumberPattern();
}
