using System.Reflection;

namespace Strata.Notebooks;

/// <summary>
/// Shows values of types that Strata does not know in the way that their own library provides: by the convention of notebook hosts
/// (<see cref="TypeFormatterSourceAttribute"/>, found by its name), or by a public <c>string ToHtml()</c>. What such a library makes is its own to escape.
/// </summary>
internal static class ForeignFormatter
{
    /// <summary>The formatter that a type provides; null where it provides none.</summary>
    public static Func<object, MimeBundle>? Of(Type type)
    {
        object? attribute = type.GetCustomAttributes(inherit: true).FirstOrDefault(a => a.GetType().Name == nameof(TypeFormatterSourceAttribute));
        if (attribute is not null && Get(attribute, nameof(TypeFormatterSourceAttribute.FormatterSourceType)) is Type source) return value => ByConvention(value, source);
        MethodInfo? method = type.GetMethod("ToHtml", BindingFlags.Public | BindingFlags.Instance, []);
        return method?.ReturnType == typeof(string) ? value => ByMethod(value, method) : null;
    }

    private static MimeBundle ByMethod(object value, MethodInfo method)
    {
        string? html = (string?)method.Invoke(value, BindingFlags.DoNotWrapExceptions, null, [], null);
        return WithText(html is null ? [] : new Dictionary<string, string> { [MimeBundle.Html] = html }, value);
    }

    private static MimeBundle ByConvention(object value, Type source)
    {
        Dictionary<string, string> renderings = [];
        object? formatters = Call(Activator.CreateInstance(source), nameof(FormatterSource.CreateTypeFormatters));
        foreach (object formatter in formatters as IEnumerable<object> ?? [])
        {
            using StringWriter writer = new();
            if (Get(formatter, nameof(FormatterByName.MimeType)) is string type && Call(formatter, nameof(FormatterByName.Format), value, writer) is true) renderings.TryAdd(type, writer.ToString());
        }

        return WithText(renderings, value);
    }

    private static MimeBundle WithText(Dictionary<string, string> renderings, object value)
    {
        renderings.TryAdd(MimeBundle.PlainText, ValueFormatters.Show(value));
        return new MimeBundle(renderings);
    }

    private static object? Get(object target, string property) => target.GetType().GetProperty(property)?.GetValue(target);

    private static object? Call(object? target, string name, params object[] arguments) => target?.GetType().GetMethods()
        .FirstOrDefault(method => method.Name == name && method.GetParameters().Length == arguments.Length)
        ?.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null);
}
