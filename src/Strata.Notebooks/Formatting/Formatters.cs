using System.Collections;
using System.Collections.Concurrent;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>Turns values into notebook output: one formatter per type, found for derived types and implementations as well.</summary>
public static class Formatters
{
    private static readonly ConcurrentDictionary<Type, Func<object, MimeBundle>> Registered = new();

    static Formatters()
    {
        Register<Table>(TableFormatter.Format);
        Register<Figure>(figure => figure.ToMimeBundle());
        Register<Activations>(ActivationsFormatter.Format);
        Register<Provenance>(ProvenanceFormatter.Format);
        Register<Exception>(ExceptionFormatter.Format);
        Register<string>(ValueFormatters.Text);
        Register<IEnumerable>(ValueFormatters.Sequence);
        Register<MimeBundle>(bundle => bundle);
        Register<Html>(html => html.ToMimeBundle());
        Register<Markdown>(markdown => markdown.ToMimeBundle());
        Register<LaTeX>(formula => formula.ToMimeBundle());
        Register<Svg>(picture => picture.ToMimeBundle());
        Register<Json>(json => json.ToMimeBundle());
        Register<Image>(picture => picture.ToMimeBundle());
        ResultFormatters.Register();
    }

    /// <summary>Sets how values of a type, and of types derived from it or implementing it, are shown. The latest registration of a type counts.</summary>
    /// <typeparam name="T">A class or an interface.</typeparam>
    /// <param name="formatter">Makes the renderings; must escape text from models and data (<see cref="Escape"/>).</param>
    public static void Register<T>(Func<T, MimeBundle> formatter) where T : notnull => Registered[typeof(T)] = value => formatter((T)value);

    /// <summary>The types that have a formatter, for hosts that must name what they show; values of derived types are shown as well.</summary>
    public static IReadOnlyCollection<Type> Types => [.. Registered.Keys];

    /// <summary>The renderings of a value (HTML, plain text and Markdown at least) with its provenance.</summary>
    /// <param name="value">Any value, null included.</param>
    public static MimeBundle Format(object? value)
    {
        if (value is null) return ValueFormatters.Plain("null");
        MimeBundle bundle = Find(value.GetType()) is { } formatter ? formatter(value) : ValueFormatters.Plain(ValueFormatters.Show(value));
        return ResultProvenance.Of(value) is { } provenance ? bundle with { Provenance = provenance } : bundle;
    }

    /// <summary>The formatter of the type itself, else of its nearest base class, else the one that the type brings, else of the most derived interface that has one.</summary>
    private static Func<object, MimeBundle>? Find(Type type)
    {
        for (Type? t = type; t is not null; t = t.BaseType)
        {
            if (Registered.TryGetValue(t, out Func<object, MimeBundle>? formatter)) return formatter;
        }

        if (ForeignFormatter.Of(type) is { } foreign) return foreign;
        Type? best = null;
        foreach (Type candidate in type.GetInterfaces())
        {
            if (Registered.ContainsKey(candidate) && (best is null || best.IsAssignableFrom(candidate))) best = candidate;
        }

        return best is null ? null : Registered[best];
    }
}
