namespace Strata.DotNetInteractive;

/// <summary>Types under which results can be declared in code.</summary>
internal static class PublicType
{
    /// <summary>The value's type, or the nearest base class of it that code can name.</summary>
    public static Type Of(object value)
    {
        Type type = value.GetType();
        while (!type.IsVisible) type = type.BaseType!;
        return type;
    }
}
