using System.Globalization;
using System.Text.RegularExpressions;
using Strata.Models;

namespace Strata.Research;

/// <summary>The parameters written in a name such as <c>cka-kernel=rbf-hsic=song</c>: a family, then <c>-key=value</c> in any order.</summary>
internal sealed partial class ComparisonName
{
    private readonly string _text;
    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _known = [];

    private ComparisonName(string text, string family)
    {
        _text = text;
        Family = family;
    }

    /// <summary>What stands before the first parameter.</summary>
    public string Family { get; }

    /// <summary>Splits a name.</summary>
    /// <exception cref="StrataException">A parameter is given twice.</exception>
    public static ComparisonName Parse(string text)
    {
        string[] parts = Separator().Split(text);
        ComparisonName name = new(text, parts[0]);
        foreach (string part in parts.Skip(1))
        {
            int equals = part.IndexOf('=');
            if (!name._values.TryAdd(part[..equals], part[(equals + 1)..])) throw new StrataException($"\"{text}\" gives \"{part[..equals]}\" twice.");
        }

        return name;
    }

    /// <summary>One of some words; the first by default.</summary>
    public string Word(string key, params string[] words)
    {
        if (Value(key) is not string value) return words[0];
        return words.Contains(value) ? value : throw new StrataException($"\"{_text}\": {key} is \"{value}\". {NearestNames.Suggest(value, words)}");
    }

    /// <summary>A number within bounds, both included.</summary>
    public double Number(string key, double usual, double least, double most)
    {
        if (Value(key) is not string value) return usual;
        return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new StrataException(string.Create(CultureInfo.InvariantCulture, $"\"{_text}\": {key} is \"{value}\"; give a number from {least} to {most}."));
    }

    /// <summary>A whole number of at least some size.</summary>
    public int Count(string key, int usual, int least)
    {
        if (Value(key) is not string value) return usual;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number
            : throw new StrataException($"\"{_text}\": {key} is \"{value}\"; give a whole number of at least {least}.");
    }

    /// <summary>A value as it was written; null when it was not.</summary>
    public string? Value(string key)
    {
        _known.Add(key);
        return _values.GetValueOrDefault(key);
    }

    /// <summary>Refuses parameters that nothing asked for.</summary>
    public void CheckAllRead()
    {
        string? unknown = _values.Keys.FirstOrDefault(k => !_known.Contains(k));
        if (unknown is not null) throw new StrataException($"\"{_text}\": \"{Family}\" has no parameter \"{unknown}\". {NearestNames.Suggest(unknown, _known)}");
    }

    /// <summary>A number as names write it.</summary>
    public static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    [GeneratedRegex("-(?=[a-z]+=)", RegexOptions.CultureInvariant)]
    private static partial Regex Separator();
}
