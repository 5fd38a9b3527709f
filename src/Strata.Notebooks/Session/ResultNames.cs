using System.Collections.Frozen;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Names of results: they become C# variables, so they are checked before any work is done for them.</summary>
public static class ResultNames
{
    private const int MaxLength = 100;

    // The reserved words of C#; contextual ones (var, record, await ...) are valid names.
    private static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
        ("abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern false finally "
        + "fixed float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out override params private protected public "
        + "readonly ref return sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using virtual void "
        + "volatile while").Split(' '));

    /// <summary>Returns a name that is valid in C#: ASCII letters, digits and <c>_</c>, not beginning with a digit, no reserved word.</summary>
    /// <exception cref="StrataException">The name is not valid.</exception>
    public static string Check(string name)
    {
        bool valid = name.Length is > 0 and <= MaxLength && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        if (!valid) throw new StrataException($"\"{Escape.Clip(name, 60)}\" cannot name a result: it becomes a C# variable. Use letters, digits and _, beginning with a letter.");
        if (Reserved.Contains(name)) throw new StrataException($"\"{name}\" cannot name a result: it is a reserved word of C#. Try \"{name}1\".");
        return name;
    }
}
