using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>A parameter of measures as it is written in a command: <c>neighbours=10</c>.</summary>
/// <param name="Name">Written with hyphens: <c>variance-share</c>.</param>
/// <param name="What">One line.</param>
/// <param name="Default">The usual value.</param>
public sealed record MeasureParameter(string Name, string What, string Default);

/// <summary>The parameters of <see cref="MeasureOptions"/> as text.</summary>
public static class MeasureParameters
{
    private static readonly (PropertyInfo Property, MeasureParameter Parameter)[] Known = typeof(MeasureOptions).GetProperties()
        .Where(p => p.GetCustomAttribute<DescriptionAttribute>() is not null)
        .Select(p => (p, new MeasureParameter(Hyphens(p.Name), p.GetCustomAttribute<DescriptionAttribute>()!.Description, Text(p.GetValue(new MeasureOptions())))))
        .ToArray();

    /// <summary>Every parameter.</summary>
    public static IReadOnlyList<MeasureParameter> All { get; } = Known.Select(k => k.Parameter).ToArray();

    /// <summary>The parameters that change the value of a measure.</summary>
    public static IReadOnlyList<MeasureParameter> Of(Measure measure) => Known.Where(k => measure.About.Parameters.Contains(k.Property.Name)).Select(k => k.Parameter).ToArray();

    /// <summary>Options with parameters set by name.</summary>
    /// <param name="options">Where to start.</param>
    /// <param name="assignments">Each <c>name=value</c>.</param>
    /// <exception cref="StrataException">A name is unknown, a value cannot be read, or it is out of range.</exception>
    public static MeasureOptions With(MeasureOptions options, IEnumerable<string> assignments)
    {
        foreach (string assignment in assignments)
        {
            string[] parts = assignment.Split('=', 2, StringSplitOptions.TrimEntries);
            int index = Array.FindIndex(Known, k => k.Parameter.Name == parts[0]);
            if (index < 0) throw new StrataException($"There is no parameter \"{parts[0]}\" of measures. {NearestNames.Suggest(parts[0], All.Select(p => p.Name))}");
            if (parts.Length < 2) throw new StrataException($"\"{assignment}\": write {parts[0]}=VALUE, for example {parts[0]}={Known[index].Parameter.Default}.");
            MeasureOptions copy = options with { };
            Known[index].Property.SetValue(copy, Read(Known[index].Property.PropertyType, parts[0], parts[1]));
            options = copy;
        }

        options.Check();
        return options;
    }

    /// <summary>Name and value of every parameter that some of the measures use, for provenance.</summary>
    internal static IEnumerable<(string Name, string Value)> Used(IEnumerable<Measure> measures, MeasureOptions options)
    {
        HashSet<string> used = [.. measures.SelectMany(m => m.About.Parameters), nameof(MeasureOptions.Seed), .. options.RemoveTop > 0 ? [nameof(MeasureOptions.RemoveTop)] : Array.Empty<string>()];
        return Known.Where(k => used.Contains(k.Property.Name)).Select(k => (k.Parameter.Name, Text(k.Property.GetValue(options))));
    }

    private static object? Read(Type type, string name, string text)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain != type && text == "all") return null;
        if (plain == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int whole)) return whole;
        if (plain == typeof(double) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) return number;
        if (plain == typeof(bool) && bool.TryParse(text, out bool flag)) return flag;
        if (plain.IsEnum && Enum.GetValues(plain).Cast<object>().FirstOrDefault(v => Hyphens(v.ToString()!) == text) is object member) return member;
        string expected = plain.IsEnum ? string.Join(", ", Enum.GetNames(plain).Select(Hyphens)) : plain == typeof(bool) ? "true or false" : plain == typeof(int) ? "a whole number" : "a number";
        throw new StrataException($"{name}={text}: expected {expected}{(plain != type ? ", or all" : "")}.");
    }

    private static string Text(object? value) => value switch
    {
        null => "all",
        bool flag => flag ? "true" : "false",
        Enum member => Hyphens(member.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Hyphens(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
