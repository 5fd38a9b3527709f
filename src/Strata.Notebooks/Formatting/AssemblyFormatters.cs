namespace Strata.Notebooks;

/// <summary>Formatters that an assembly brings along, for types of its own or of a package that it adapts. Needs a public constructor without parameters.</summary>
public interface IAssemblyFormatters
{
    /// <summary>Registers them (<see cref="Formatters.Register{T}"/>). Called again without harm.</summary>
    void Register();
}

/// <summary>
/// Put on an assembly, it names the assembly's formatters: hosts register them when a cell refers to the assembly (<c>#r</c>), so that its values are shown well
/// without a further step.
/// </summary>
/// <param name="registrar">A public type that implements <see cref="IAssemblyFormatters"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class AssemblyFormattersAttribute(Type registrar) : Attribute
{
    /// <summary>The type that registers the formatters.</summary>
    public Type Registrar => registrar;
}
