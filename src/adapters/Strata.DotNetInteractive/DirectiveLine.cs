using Strata.Models;
using Strata.Notebooks;

namespace Strata.DotNetInteractive;

/// <summary>
/// The line of a magic command as the user wrote it. The host's own binding of parameters loses values (options that are given several times, arguments after the
/// first), so commands are registered without it, and the line is taken from the host's description of the command: <c>Directive: #!model data/othello</c>.
/// </summary>
internal static class DirectiveLine
{
    private const string Prefix = "Directive: ";

    /// <summary>The line.</summary>
    /// <exception cref="StrataException">The text is no such description.</exception>
    public static string Of(string? description)
    {
        string line = (description ?? "").StartsWith(Prefix, StringComparison.Ordinal) ? description![Prefix.Length..].Trim() : "";
        return line.StartsWith("#!", StringComparison.Ordinal)
            ? line
            : throw new StrataException($"This build of .NET Interactive describes a magic command as \"{Escape.Clip(description ?? "", 200)}\"; expected \"{Prefix}#!...\". Use Strata's own Jupyter kernel: strata jupyter install.");
    }
}
