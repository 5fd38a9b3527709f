using System.Reflection;
using System.Runtime.Loader;
using Strata.Notebooks;
using Verso.Abstractions;

namespace Strata.Verso;

/// <summary>
/// Shows Strata's values in Verso as in every host. An extension is loaded apart from what cells refer to, so a value may be of another copy of Strata than this one:
/// it is formatted by the copy that it belongs to, found by name.
/// </summary>
[VersoExtension]
public sealed class StrataFormatter : IDataFormatter
{
    private const string Notebooks = "Strata.Notebooks";

    /// <inheritdoc/>
    public string ExtensionId => "strata.formatter";

    /// <inheritdoc/>
    public string Name => "Strata formatter";

    /// <inheritdoc/>
    public string Version => typeof(StrataFormatter).Assembly.GetName().Version!.ToString(3);

    /// <inheritdoc/>
    public string? Author => "The Strata authors";

    /// <inheritdoc/>
    public string? Description => "Shows models, plans, activations, measures, tables and figures of Strata.";

    /// <inheritdoc/>
    public IReadOnlyList<Type> SupportedTypes { get; } = [typeof(object)];

    /// <summary>Above Verso's own formatter of values with a method <c>ToHtml</c>.</summary>
    public int Priority => 30;

    /// <inheritdoc/>
    public Task OnLoadedAsync(IExtensionHostContext context) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnUnloadedAsync() => Task.CompletedTask;

    /// <summary>Whether the value's type, or one that it derives from, is Strata's.</summary>
    public bool CanFormat(object value, IFormatterContext context) => Format(value.GetType()) is not null;

    /// <inheritdoc/>
    public Task<CellOutput> FormatAsync(object value, IFormatterContext context)
    {
        object bundle = Format(value.GetType())!.Invoke(null, [value])!;
        object renderings = bundle.GetType().GetProperty(nameof(MimeBundle.Renderings))!.GetValue(bundle)!;
        return Task.FromResult(VersoOutput.Of((IReadOnlyDictionary<string, string>)renderings));
    }

    /// <summary>The method <see cref="Formatters.Format"/> of the copy of Strata that a type belongs to; null where the type is not Strata's.</summary>
    private static MethodInfo? Format(Type type)
    {
        Type? ours = type;
        while (ours is not null && ours.Assembly.GetName().Name?.StartsWith("Strata.", StringComparison.Ordinal) != true) ours = ours.BaseType;
        if (ours is null) return null;
        try
        {
            Assembly notebooks = AssemblyLoadContext.GetLoadContext(ours.Assembly)!.LoadFromAssemblyName(new AssemblyName(Notebooks));
            return notebooks.GetType(typeof(Formatters).FullName!)?.GetMethod(nameof(Formatters.Format), [typeof(object)]);
        }
        catch (FileNotFoundException)
        {
            // A cell may refer to parts of Strata that show nothing.
            return null;
        }
    }
}
