namespace Strata.Notebooks;

/// <summary>
/// Says who formats a type's values. Notebook hosts that follow this convention find the attribute by its name, and the members of what it names by theirs:
/// no reference goes either way.
/// </summary>
/// <param name="formatterSourceType">A type with a parameterless constructor and a method <c>CreateTypeFormatters</c>; see <see cref="FormatterSource"/>.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    /// <summary>Makes the formatters.</summary>
    public Type FormatterSourceType { get; } = formatterSourceType;

    /// <summary>The renderings that make up one output.</summary>
    public string[] PreferredMimeTypes { get; init; } = [];
}

/// <summary>The formatters of the types that carry <see cref="TypeFormatterSourceAttribute"/>.</summary>
internal sealed class FormatterSource
{
    /// <summary>One formatter per MIME type. Hosts call it by its name.</summary>
    public IEnumerable<object> CreateTypeFormatters() =>
        new[] { MimeBundle.Plotly, MimeBundle.Html, MimeBundle.Svg, MimeBundle.Markdown, MimeBundle.PlainText }.Select(type => new FormatterByName(type));
}

/// <summary>Writes one rendering of a value. Hosts find the members by their names.</summary>
/// <param name="mimeType">Which rendering.</param>
internal sealed class FormatterByName(string mimeType)
{
    /// <summary>Which rendering.</summary>
    public string MimeType => mimeType;

    /// <summary>Writes it.</summary>
    /// <returns>Whether the value has this rendering.</returns>
    public bool Format(object value, TextWriter writer)
    {
        if (!Formatters.Format(value).Renderings.TryGetValue(mimeType, out string? text)) return false;
        writer.Write(text);
        return true;
    }
}
