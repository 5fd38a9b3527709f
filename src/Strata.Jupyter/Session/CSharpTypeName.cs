using Microsoft.CodeAnalysis.CSharp;

namespace Strata.Jupyter.Session;

/// <summary>Spells types as C# source does, for generated declarations.</summary>
internal static class CSharpTypeName
{
    /// <summary>
    /// The most specific type under which code in another assembly can hold the value: its own type when that is public, else the nearest public base class,
    /// else a public interface that no other of its interfaces extends (generic ones first), else <c>object</c>.
    /// </summary>
    public static string ForValue(object value)
    {
        Type type = value.GetType();
        for (Type? candidate = type; candidate is not null && candidate != typeof(object) && candidate != typeof(ValueType); candidate = candidate.BaseType)
            if (IsNameable(candidate)) return Of(candidate);

        Type[] interfaces = type.GetInterfaces().Where(IsNameable).ToArray();
        Type? best = interfaces
            .Where(i => !interfaces.Any(other => other != i && i.IsAssignableFrom(other)))
            .OrderByDescending(i => i.IsGenericType)
            .ThenBy(i => i.FullName, StringComparer.Ordinal)
            .FirstOrDefault();
        return best is null || IsNameable(type) ? "object" : Of(best);
    }

    /// <summary>Whether source code outside the type's assembly can name it; types declared in cells live in a class whose name no source can spell.</summary>
    private static bool IsNameable(Type type)
    {
        if (type.IsArray) return IsNameable(type.GetElementType()!);
        if (!type.IsVisible || type.IsPointer || type.IsByRef) return false;
        for (Type? part = type; part is not null; part = part.DeclaringType)
            if (!SyntaxFacts.IsValidIdentifier(BareName(part))) return false;
        return type.GenericTypeArguments.All(IsNameable);
    }

    private static string Of(Type type)
    {
        if (type.IsArray)
        {
            // C# writes the outer rank first: int[][,] is an array of two-dimensional arrays.
            string ranks = "";
            Type element = type;
            for (; element.IsArray; element = element.GetElementType()!) ranks += $"[{new string(',', element.GetArrayRank() - 1)}]";
            return Of(element) + ranks;
        }

        // A nested type's generic arguments include those of the types around it.
        Queue<Type> arguments = new(type.GenericTypeArguments);
        List<string> parts = [];
        foreach (Type part in Nesting(type))
        {
            int own = part.GetGenericArguments().Length - (part.DeclaringType?.GetGenericArguments().Length ?? 0);
            string list = string.Join(", ", Enumerable.Range(0, own).Select(_ => Of(arguments.Dequeue())));
            parts.Add($"@{BareName(part)}{(own > 0 ? $"<{list}>" : "")}");
        }

        string space = type.Namespace is null ? "" : string.Concat(type.Namespace.Split('.').Select(name => $"@{name}."));
        return $"global::{space}{string.Join('.', parts)}";
    }

    private static IEnumerable<Type> Nesting(Type type) => type.DeclaringType is null ? [type] : Nesting(type.DeclaringType).Append(type);

    private static string BareName(Type type) => type.Name.Split('`')[0];
}
